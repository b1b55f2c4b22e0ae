// SPDX-License-Identifier: MIT
/*
 * Flat devices: one directory with a fixed table of files, which is what most
 * small devices are.  A device gives the table and, per file, the functions;
 * the walk, attach, readdir and stat below do the rest.
 *
 * A chan's node is the struct flat_file, or the struct flat_dir itself for the
 * directory.  attach() with a file's name as its spec gives that file at once
 * ("#mem/null").
 */
#pragma once

#include <ns/chan.h>

struct flat_file {
	const char *name;
	uint32_t mode; /* type and permissions */
	long (*read)(struct chan *c, struct uio *u, uint64_t off);
	long (*write)(struct chan *c, struct uio *u, uint64_t off);
	uint64_t rdev; /* as Linux numbers it, where tools look at it */
	uint32_t flags; /* CHAN_STREAM where there is no offset */
};

struct flat_dir {
	const char *name;
	const struct flat_file *files;
	unsigned int nr;
};

/* For a device's attach(): its table and the spec it got. */
int flat_attach(struct chan *c, const struct flat_dir *dir, const char *spec);

#define FLAT_DEV_OPS                                                           \
	.walk = flat_walk, .parent = flat_parent, .clone = flat_clone,         \
	.open = flat_open, .read = flat_read, .write = flat_write,             \
	.readdir = flat_readdir, .stat = flat_stat, .wstat = flat_wstat

int flat_walk(struct chan *c, const char *name, size_t len,
	      const struct cred *cred);
int flat_parent(struct chan *c);
void flat_clone(const struct chan *c, struct chan *nc);
int flat_open(struct chan *c, int omode, const struct cred *cred);
long flat_read(struct chan *c, struct uio *u, uint64_t off);
long flat_write(struct chan *c, struct uio *u, uint64_t off);
long flat_readdir(struct chan *c, void *buf, size_t len, uint64_t *pos);
int flat_stat(struct chan *c, struct ros_stat *st);
int flat_wstat(struct chan *c, const struct wstat *w, const struct cred *cred);
const struct flat_file *flat_file_of(const struct chan *c);

/* One struct ros_dirent into buf at *at; false if it does not fit. */
bool dirent_put(void *buf, size_t len, size_t *at, uint64_t ino, int64_t next,
		uint32_t mode, const char *name);

/* What remains of a text of `total` bytes at `off`, into the request. */
long text_read(struct uio *u, uint64_t off, const char *text, size_t total);
