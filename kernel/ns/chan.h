// SPDX-License-Identifier: MIT
/*
 * Chans and devices: every file is a chan of some device.
 *
 * A chan stands for a place in a device's tree (walked to), and once opened for
 * an open file.  Devices are in-kernel file servers: a table of short functions
 * (struct dev), registered in a linker set.  A function that is NULL means that
 * the device does not do that: the caller returns the right error.
 *
 * CH1  A chan is private to its walker until chan_open(); an open chan's dev,
 *      node, qid, mode and mnt are fixed; offset and flags are atomic.
 * CH2  dev->close() runs exactly once, with the last reference, whether or not
 *      the chan was opened (CHAN_OPEN tells); it drops what walk/attach took.
 * CH3  c->mnt, if any, is the mount that the chan lies in; counted.
 * CH4  A function of a device is called with no lock held but what ns documents
 *      at it; it may sleep.
 * Permissions: ns checks nothing; a device checks by perm_check() in open,
 * create, remove ... (the tree devices do it all in ns/tree.c).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <io/tap.h>
#include <io/uio.h>
#include <lib/compiler.h>
#include <proc/cred.h>
#include <ros/fs.h>
#include <sync/kref.h>
#include <sync/lockdep.h>
#include <core/rcu.h>
#include <vm/vm.h>

struct mount;
struct chan;

#define QTDIR	 0x80
#define QTAPPEND 0x40
#define QTSYMLINK 0x02
#define QTFILE	 0x00

struct qid {
	uint64_t path;
	uint32_t vers;
	uint8_t type;
};

/* chan.flags */
#define CHAN_OPEN     0x01
#define CHAN_NONBLOCK 0x02
#define CHAN_APPEND   0x04
#define CHAN_RCLOSE   0x08 /* remove on close */
#define CHAN_PATH     0x10 /* O_PATH: no I/O */
#define CHAN_SYNC     0x20
#define CHAN_STREAM   0x40 /* no offset: pipes, consoles; set by the device */
#define CHAN_SHARED   0x80 /* readers without a reference: freed by RCU */

struct chan {
	struct kref ref;
	_Atomic uint32_t flags;
	uint16_t mode; /* O_READ | O_WRITE | O_EXEC, once open */
	const struct dev *dev;
	void *node;    /* the device's */
	struct qid qid;
	struct mount *mnt;
	_Atomic uint64_t offset; /* the top two bits: ns/chan_io.c */
	void *aux;     /* the device's, for an open chan */
	char *path;    /* a name to show instead of a walked one; NULL: none */
	union {
		struct vm_file vmf; /* so that a mapping keeps the chan */
		struct rcu_head rcu;
	};
};

#define WSTAT_MODE  0x01
#define WSTAT_UID   0x02
#define WSTAT_GID   0x04
#define WSTAT_SIZE  0x08
#define WSTAT_ATIME 0x10
#define WSTAT_MTIME 0x20
#define WSTAT_ATIME_NOW 0x40
#define WSTAT_MTIME_NOW 0x80

struct wstat {
	uint32_t valid; /* WSTAT_* */
	uint32_t mode, uid, gid;
	uint64_t size;
	struct ros_timespec atime, mtime;
};

/* create() kinds: mode & ROS_S_IFMT says which; target for symlinks. */
struct create_args {
	const char *name;
	size_t len;
	int omode;	     /* O_ACCMODE bits; ignored unless a regular file */
	bool excl;
	uint32_t mode;	     /* type and permissions, umask applied */
	uint64_t rdev;
	const char *target;  /* symlink */
	const struct cred *cred;
};

struct dev {
	const char *name; /* as in #name */
	/* c->node, qid for the device's root (spec after the name). */
	int (*attach)(struct chan *c, const char *spec);
	/* Moves c to its child `name` (not "." or ".."); -ENOENT, -ENOTDIR,
	 * -EACCES.  On failure c is unchanged. */
	int (*walk)(struct chan *c, const char *name, size_t len,
		    const struct cred *cred);
	/* Moves c to its parent; at the device's root stays. */
	int (*parent)(struct chan *c);
	/*
	 * Walking without references, for devices whose nodes outlive an RCU
	 * section: as walk, and ".." as parent, but with no count dropped or
	 * taken, and without sleeping.  hold() then takes the count, or fails
	 * when the node is going away.  Both or neither; such a device's
	 * readlink and stat do not sleep either, nor want a count.
	 */
	int (*peek)(struct chan *c, const char *name, size_t len,
		    const struct cred *cred);
	bool (*hold)(struct chan *c);
	/* c's name in its parent, not terminated: length; -ENOENT: it has none
	 * any more.  NULL: ns looks through the parent's entries. */
	long (*name_of)(struct chan *c, char *buf, size_t len);
	/* nc (zeroed but for dev) becomes a second chan for c's place. */
	void (*clone)(const struct chan *c, struct chan *nc);
	/* oflags: the access bits and ROS_O_*; a device that keeps files does
	 * O_TRUNC here.  c may become another device's chan. */
	int (*open)(struct chan *c, int oflags, const struct cred *cred);
	/* Creates in directory c; c becomes the new file's chan, not opened. */
	int (*create)(struct chan *c, const struct create_args *a);
	void (*close)(struct chan *c);
	long (*read)(struct chan *c, struct uio *u, uint64_t off);
	long (*write)(struct chan *c, struct uio *u, uint64_t off);
	/* Entries from *pos on, as struct ros_dirent, into kernel buffer buf;
	 * bytes, 0 at the end; advances *pos. */
	long (*readdir)(struct chan *c, void *buf, size_t len,
			   uint64_t *pos);
	int (*stat)(struct chan *c, struct ros_stat *st);
	/* WSTAT_SIZE: c is open for writing, or the device checks. */
	int (*wstat)(struct chan *c, const struct wstat *w,
		     const struct cred *cred);
	/* Directory operations; both chans are of this device. */
	int (*unlink)(struct chan *dir, const char *name, size_t len,
		      bool rmdir, const struct cred *cred);
	int (*rename)(struct chan *odir, const char *oname, size_t olen,
		      struct chan *ndir, const char *nname, size_t nlen,
		      const struct cred *cred);
	int (*link)(struct chan *old, struct chan *ndir, const char *name,
		    size_t len, const struct cred *cred);
	/* The target, not terminated; length. */
	long (*readlink)(struct chan *c, char *buf, size_t len);
	/* For a link that leads to a file, whatever that is called now: a chan
	 * of it, counted.  -EAGAIN: go by the target's name.  NULL: always. */
	int (*follow)(struct chan *c, struct chan **out);
	/* FDTAP_FILT_* that hold now; NULL: always readable and writable. */
	uint32_t (*ready)(struct chan *c);
	/* The list to hang taps on, with the filters it can fire; NULL:
	 * -ENOSYS. */
	struct tap_list *(*taps)(struct chan *c, uint32_t *filters);
	int (*ioctl)(struct chan *c, uint32_t req, uint64_t arg);
	/* The page cache behind a regular file (counted for the caller). */
	struct pagecache *(*pagecache)(struct chan *c);
	int (*sync)(struct chan *c);
	/* SEEK_END, SEEK_DATA, SEEK_HOLE: the offset.  NULL: by stat's size. */
	int64_t (*seek)(struct chan *c, int64_t off, int whence);
	int (*statfs)(struct chan *c, struct ros_statfs *sf);
	/* Number of the device for st_dev; set at registration. */
	uint32_t id;
};

#define DEVICE(d)                                                              \
	static struct dev *const dev_reg_##d                                   \
		__attribute__((section("set_dev"), used)) = &(d)

void dev_init(void); /* numbers them */
struct dev *dev_lookup(const char *name, size_t len);
/*
 * Makes fresh chan c (zeroed) the place that "#name", "#name.spec" or either
 * with "/path" behind it names.  -ENODEV, -ENOENT ...; then c is as it was.
 */
int __must_check dev_attach(struct chan *c, const char *name, size_t len,
			    const struct cred *cred);

struct chan *chan_new(struct dev *d); /* refs 1; NULL: no memory */
struct chan *chan_clone(const struct chan *c);
static inline void chan_get(struct chan *c)
{
	kref_get(&c->ref);
}
void chan_put(struct chan *c); /* may sleep */

int perm_check(const struct cred *cr, uint32_t uid, uint32_t gid, uint32_t mode,
	       unsigned int rwx); /* 0 or -EACCES; K6 */

/* Open chans.  Offsets: `off` NULL means the chan's own, moved on (atomically
 * with the transfer for regular files). */
int __must_check chan_open(struct chan *c, int oflags, const struct cred *cr);
/* The mode of the open file is the caller's to check (fd_get_mode). */
long chan_read(struct chan *c, struct uio *u, const uint64_t *off);
long chan_write(struct chan *c, struct uio *u, const uint64_t *off);
/* Directory entries from the chan's offset on, over all members of a union,
 * into kernel memory.  Bytes; 0 at the end; -EINVAL if not one fits. */
long chan_readdir(struct chan *c, void *buf, size_t len);
int64_t chan_seek(struct chan *c, int64_t off, int whence);
int chan_stat(struct chan *c, struct ros_stat *st);
int chan_truncate(struct chan *c, uint64_t size);
int chan_wstat(struct chan *c, const struct wstat *w, const struct cred *cr);
/* FDTAP_FILT_* that hold now. */
uint32_t chan_ready(struct chan *c);
/* Reads from a file into kernel memory (ELF loading). */
long chan_read_kernel(struct chan *c, void *buf, size_t len, uint64_t off);
