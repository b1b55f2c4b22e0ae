// SPDX-License-Identifier: MIT
/* #mem: null, zero, full, random, urandom, kmsg; failalloc for tests. */
#include <core/console.h>
#include <dev/dev.h>
#include <dev/flat.h>
#include <lib/log.h>
#include <lib/string.h>
#include <mm/frame.h>
#include <mm/slab.h>
#include <ns/ns.h>
#include <ros/errno.h>

#define MAKEDEV(major, minor) ((uint64_t)(major) << 8 | (minor))
#define RANDOM_CHUNK 256
#define KMSG_CHUNK   1024
/* A device gives at most so much a call, so that no call keeps its core
 * long. */
#define MAX_READ     (1UL << 20)

static long null_read(struct chan *c, struct uio *u, uint64_t off)
{
	return 0;
}

static long null_write(struct chan *c, struct uio *u, uint64_t off)
{
	size_t n = u->resid;

	u->resid = 0;
	return n;
}

static long zero_read(struct chan *c, struct uio *u, uint64_t off)
{
	size_t n = MIN(u->resid, MAX_READ);
	int err = uio_zero(u, n);

	return err ? err : (long)n;
}

static long full_write(struct chan *c, struct uio *u, uint64_t off)
{
	return u->resid ? -ENOSPC : 0;
}

static long random_read(struct chan *c, struct uio *u, uint64_t off)
{
	uint8_t buf[RANDOM_CHUNK];
	size_t done = 0;

	while (u->resid && done < MAX_READ) {
		size_t n = MIN(u->resid, sizeof(buf));
		int err;

		random_bytes(buf, n);
		err = uio_write_to(u, buf, n);
		if (err)
			return done ? (long)done : err;
		done += n;
	}
	return done;
}

/* Reads the log from the chan's own position on; 0 at its end. */
static long kmsg_read(struct chan *c, struct uio *u, uint64_t off)
{
	uint64_t pos = off;
	size_t want = MIN(u->resid, KMSG_CHUNK), n;
	char *buf = kmalloc(want ? want : 1, MM_WAIT);
	int err;

	if (!buf)
		return -ENOMEM;
	n = log_read(&pos, buf, want);
	err = uio_write_to(u, buf, n);
	kfree(buf);
	return err ? err : (long)n;
}

/* One line of the log a write. */
static long kmsg_write(struct chan *c, struct uio *u, uint64_t off)
{
	char line[256];
	size_t n = MIN(u->resid, sizeof(line) - 1), whole = u->resid;
	int err = uio_read_from(u, line, n);

	if (err)
		return err;
	while (n && line[n - 1] == '\n')
		n--;
	line[n] = 0;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ' && line[i] != '\t')
			line[i] = '?';
	log("%s", line);
	return whole;
}

#if CONFIG_FAULT_INJECT
/* A number: the so-manieth allocation from now on fails (0: none).  For tests:
 * only checked kernels have it. */
static long failalloc_write(struct chan *c, struct uio *u, uint64_t off)
{
	char text[24] = { 0 };
	size_t whole = u->resid;
	int err = uio_read_from(u, text, MIN(whole, sizeof(text) - 1));

	if (err)
		return err;
	mm_fail_nth(parse_ulong(text, NULL, 10));
	return whole;
}
#endif

static const struct flat_file mem_files[] = {
	{ "null", ROS_S_IFCHR | 0666, null_read, null_write, MAKEDEV(1, 3), 0 },
	{ "zero", ROS_S_IFCHR | 0666, zero_read, null_write, MAKEDEV(1, 5), 0 },
	{ "full", ROS_S_IFCHR | 0666, zero_read, full_write, MAKEDEV(1, 7), 0 },
	{ "random", ROS_S_IFCHR | 0666, random_read, null_write, MAKEDEV(1, 8),
	  0 },
	{ "urandom", ROS_S_IFCHR | 0666, random_read, null_write,
	  MAKEDEV(1, 9), 0 },
	{ "kmsg", ROS_S_IFCHR | 0644, kmsg_read, kmsg_write, MAKEDEV(1, 11),
	  0 },
#if CONFIG_FAULT_INJECT
	{ "failalloc", ROS_S_IFCHR | 0600, zero_read, failalloc_write, 0, 0 },
#endif
};
static const struct flat_dir mem_dir = { "mem", mem_files,
					 ARRAY_SIZE(mem_files) };

static int mem_attach(struct chan *c, const char *spec)
{
	return flat_attach(c, &mem_dir, spec);
}

static struct dev mem_dev = {
	.name = "mem",
	.attach = mem_attach,
	FLAT_DEV_OPS,
};
DEVICE(mem_dev);
DEV_NODE(null, "null", 0666, "#mem/null");
DEV_NODE(zero, "zero", 0666, "#mem/zero");
DEV_NODE(full, "full", 0666, "#mem/full");
DEV_NODE(random, "random", 0666, "#mem/random");
DEV_NODE(urandom, "urandom", 0666, "#mem/urandom");
DEV_NODE(kmsg, "kmsg", 0644, "#mem/kmsg");
