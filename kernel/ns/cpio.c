// SPDX-License-Identifier: MIT
/*
 * Boot archives: cpio in its "newc" form, one or several behind each other,
 * each padded to whole pages (tools/mkboot.py).  Data stays where it is: the
 * files' page caches borrow its pages.
 *
 * An entry is a header of 110 characters, fields of 8 hexadecimal digits; the
 * name, with its zero (and perhaps more of them); and the data; the last two
 * are padded to multiples of 4.  The archive is not trusted to be whole.
 */
#include <ns/ns_priv.h>

#include <lib/log.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <ns/tree.h>
#include <ros/errno.h>

#define HEADER	110
#define MAGIC	"070701"
#define TRAILER "TRAILER!!!"

#define FIELD_MODE	1
#define FIELD_MTIME	5
#define FIELD_FILESIZE	6
#define FIELD_NAMESIZE	11
#define NR_FIELDS	13

struct cpio_entry {
	const char *name; /* terminated */
	const char *data;
	size_t size;
	uint32_t mode, mtime;
	size_t next; /* offset of what follows */
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool header_fields(const char *h, uint32_t *field)
{
	int d;

	for (int i = 0; i < NR_FIELDS; i++) {
		field[i] = 0;
		for (int k = 0; k < 8; k++) {
			d = hex_digit(h[6 + 8 * i + k]);
			if (d < 0)
				return false;
			field[i] = field[i] << 4 | d;
		}
	}
	return true;
}

/* The entry at offset `at` of the archive. */
static int entry_read(const char *base, size_t len, size_t at,
		      struct cpio_entry *e)
{
	uint32_t field[NR_FIELDS];
	size_t name_len, data_at;

	if (len - at < HEADER || memcmp(base + at, MAGIC, 6) ||
	    !header_fields(base + at, field))
		return fail(EINVAL, "no cpio entry at offset %lu of the boot "
			    "archive", at);
	name_len = field[FIELD_NAMESIZE];
	e->name = base + at + HEADER;
	if (!name_len || len - at - HEADER < name_len ||
	    e->name[name_len - 1])
		return fail(EINVAL, "a bad name at offset %lu of the boot "
			    "archive", at);
	data_at = ROUND_UP(at + HEADER + name_len, 4UL);
	e->size = field[FIELD_FILESIZE];
	if (data_at > len || len - data_at < e->size)
		return fail(EINVAL, "the boot archive ends within '%s'",
			    e->name);
	e->data = base + data_at;
	e->mode = field[FIELD_MODE];
	e->mtime = field[FIELD_MTIME];
	e->next = ROUND_UP(data_at + e->size, 4UL);
	return 0;
}

static int add_link(struct tree_fs *fs, const struct cpio_entry *e)
{
	char text[256];
	char *long_text = text;
	int err;

	if (e->size >= ROS_PATH_MAX)
		return fail(EINVAL, "the link '%s' is too long", e->name);
	if (e->size >= sizeof(text))
		long_text = kmalloc(e->size + 1, MM_WAIT);
	if (!long_text)
		return -ENOMEM;
	memcpy(long_text, e->data, e->size);
	long_text[e->size] = 0;
	err = tree_add(fs, e->name, e->mode, 0, 0, e->mtime, long_text, NULL);
	if (long_text != text)
		kfree(long_text);
	return err;
}

/* Other kinds have no place in a boot archive, and are left out. */
static int entry_add(struct tree_fs *fs, const struct cpio_entry *e)
{
	struct tree_file *f;
	int err;

	switch (e->mode & ROS_S_IFMT) {
	case ROS_S_IFDIR:
		return tree_add(fs, e->name, e->mode, 0, 0, e->mtime, NULL,
				NULL);
	case ROS_S_IFLNK:
		return add_link(fs, e);
	case ROS_S_IFREG:
		err = tree_add(fs, e->name, e->mode, 0, 0, e->mtime, NULL, &f);
		if (!err && e->size)
			err = tree_set_lent_data(f, e->data, e->size);
		return err;
	default:
		return 0;
	}
}

/* One archive; *used: how far it reaches, whole pages. */
static int unpack_one(struct tree_fs *fs, const char *base, size_t len,
		      size_t *used)
{
	struct cpio_entry e = { 0 };
	size_t at = 0;
	int err;

	for (;; at = e.next) {
		err = entry_read(base, len, MIN(at, len), &e);
		if (err)
			return err;
		if (!strcmp(e.name, TRAILER))
			break;
		err = entry_add(fs, &e);
		if (err)
			log("boot archive: '%s' is left out (error %d)",
			    e.name, -err);
	}
	*used = MIN(ROUND_UP(e.next, PGSIZE), len);
	return 0;
}

static bool only_zeros(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i])
			return false;
	return true;
}

int cpio_unpack(struct tree_fs *fs, const void *data, size_t len)
{
	const char *base = data;
	size_t used;
	int err;

	do {
		err = unpack_one(fs, base, len, &used);
		if (err)
			return err;
		base += used;
		len -= used;
	} while (len && !only_zeros(base, MIN(len, 6UL)));
	return 0;
}
