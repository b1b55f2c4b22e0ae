// SPDX-License-Identifier: MIT
/* #proc: the device itself.  Rules: dev_proc.h */
#include "dev_proc.h"

#include <dev/flat.h>
#include <lib/log.h>
#include <lib/string.h>
#include <ns/ns.h>
#include <ros/errno.h>

/* ---- places ---- */

struct place place_of(const struct chan *c)
{
	uint64_t v = c->qid.path;

	return (struct place){
		.file = v & 0xff,
		.dir = v >> 8 & 0xf,
		.fd = v >> 12 & 0xfffff,
		.pid = v >> 32,
	};
}

_Static_assert(NR_PROC_DIRS <= 16 && NR_FILE_DESC_MAX <= 1 << 20,
	       "places are packed");

static uint64_t place_pack(const struct place *at)
{
	return at->file | at->dir << 8 | (uint64_t)at->fd << 12 |
	       (uint64_t)at->pid << 32;
}

const struct proc_file *file_of(const struct place *at)
{
	const struct proc_dir *d = &proc_dirs[at->dir];

	if (at->file == FILE_SELF)
		return d->self;
	return at->file == FILE_NUMBERED ? d->numbered : &d->files[at->file];
}

static void become(struct chan *c, const struct place *at)
{
	uint32_t type = file_of(at)->mode & ROS_S_IFMT;

	c->qid.path = place_pack(at);
	c->qid.vers = 0;
	c->qid.type = type == ROS_S_IFDIR ? QTDIR :
		      type == ROS_S_IFLNK ? QTSYMLINK : QTFILE;
}

int place_proc(const struct place *at, struct proc **out)
{
	*out = NULL;
	if (!at->pid)
		return 0;
	*out = proc_lookup(at->pid);
	return *out ? 0 : -ESRCH;
}

void place_proc_put(struct proc *p)
{
	if (p)
		proc_put(p);
}

/* The place of entry number n, or of static entry i, in a directory. */
static struct place entry_place(const struct place *dir, int i, int n)
{
	const struct proc_dir *d = &proc_dirs[dir->dir];
	const struct proc_file *f = i >= 0 ? &d->files[i] : d->numbered;
	struct place at = *dir;

	at.file = i >= 0 ? (uint32_t)i : FILE_NUMBERED;
	if (i < 0 && dir->dir == DIR_ROOT)
		at.pid = n;
	else if (i < 0 && dir->dir != DIR_TASK)
		at.fd = n;
	if ((f->mode & ROS_S_IFMT) == ROS_S_IFDIR) {
		at.dir = f->subdir;
		at.file = FILE_SELF;
	}
	return at;
}

bool proc_may_look(struct proc *p)
{
	struct proc *me = cur_proc();
	struct cred *c;
	uint32_t uid;
	bool may;

	if (!me || me == p)
		return true;
	c = proc_cred_get(me);
	uid = c->euid;
	cred_put(c);
	if (!uid)
		return true;
	c = proc_cred_get(p);
	may = c->uid == uid && c->euid == uid && c->suid == uid;
	cred_put(c);
	return may;
}

int check_look(const struct proc_file *f, struct proc *p)
{
	if (!(f->flags & PF_PRIVATE) || !p || proc_may_look(p))
		return 0;
	return fail(EACCES, "process %d is another user's", p->pid);
}

/* ---- walking ---- */

static int proc_attach(struct chan *c, const char *spec)
{
	struct place root = { .dir = DIR_ROOT, .file = FILE_SELF };

	if (*spec)
		return fail(ENOENT, "#proc takes no name, not '%s'", spec);
	become(c, &root);
	return 0;
}

/* A number as it is listed, or -1. */
static int number_of(const char *name, size_t len)
{
	int n = 0;

	if (!len || len > 7 || (name[0] == '0' && len > 1))
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return -1;
		n = n * 10 + name[i] - '0';
	}
	return n;
}

static bool has_number(const struct place *dir, struct proc *p, int n)
{
	const struct proc_dir *d = &proc_dirs[dir->dir];

	return n >= 0 && d->next && d->next(p, n) == n;
}

static int static_entry(const struct proc_dir *d, const char *name, size_t len)
{
	for (uint32_t i = 0; i < d->nr; i++)
		if (!strncmp(d->files[i].name, name, len) &&
		    !d->files[i].name[len])
			return i;
	return -1;
}

static int proc_walk(struct chan *c, const char *name, size_t len,
		     const struct cred *cred)
{
	struct place dir = place_of(c), to;
	int i, n, err;
	struct proc *p;

	if (dir.file != FILE_SELF)
		return -ENOTDIR;
	err = place_proc(&dir, &p);
	if (err)
		return -ENOENT;
	err = check_look(file_of(&dir), p);
	i = static_entry(&proc_dirs[dir.dir], name, len);
	n = i < 0 ? number_of(name, len) : -1;
	if (!err && i < 0 && !has_number(&dir, p, n))
		err = -ENOENT;
	place_proc_put(p);
	if (err)
		return err;
	to = entry_place(&dir, i, n);
	become(c, &to);
	return 0;
}

static struct place parent_place(const struct place *at)
{
	struct place up = *at;

	up.fd = 0;
	if (at->file == FILE_SELF)
		up.dir = proc_dirs[at->dir].parent;
	if (up.dir == DIR_ROOT)
		up.pid = 0;
	up.file = FILE_SELF;
	return up;
}

static int proc_parent(struct chan *c)
{
	struct place at = place_of(c), up = parent_place(&at);

	become(c, &up);
	return 0;
}

static void proc_clone(const struct chan *c, struct chan *nc)
{
	nc->qid = c->qid;
}

static long proc_name_of(struct chan *c, char *buf, size_t len)
{
	struct place at = place_of(c);

	if (at.file == FILE_NUMBERED)
		return scnprintf(buf, len, "%d", at.fd);
	if (at.file == FILE_SELF && (at.dir == DIR_PID || at.dir == DIR_TID))
		return scnprintf(buf, len, "%d", at.pid);
	return scnprintf(buf, len, "%s", file_of(&at)->name);
}

/* ---- listing ---- */

#define POS_FIRST  2	 /* static entries, after the dots */
#define POS_NUMBER 0x100 /* entry n lies at POS_NUMBER + n */

struct listing {
	void *buf;
	size_t len, at;
};

static bool list_one(struct listing *l, const struct place *at, uint64_t next,
		     const char *name)
{
	return dirent_put(l->buf, l->len, &l->at, place_pack(at), next,
			  file_of(at)->mode, name);
}

static bool list_static(struct listing *l, const struct place *dir,
			uint64_t *pos)
{
	const struct proc_dir *d = &proc_dirs[dir->dir];
	struct place at = *dir;
	const char *name;

	for (; *pos < d->nr + POS_FIRST; ++*pos) {
		if (*pos == 0) {
			name = ".";
		} else if (*pos == 1) {
			at = parent_place(dir);
			name = "..";
		} else {
			at = entry_place(dir, *pos - POS_FIRST, 0);
			name = d->files[*pos - POS_FIRST].name;
		}
		if (!list_one(l, &at, *pos + 1, name))
			return false;
	}
	return true;
}

static void list_numbers(struct listing *l, const struct place *dir,
			 struct proc *p, uint64_t *pos)
{
	const struct proc_dir *d = &proc_dirs[dir->dir];
	struct place at;
	char name[16];
	int n;

	if (*pos < POS_NUMBER)
		*pos = POS_NUMBER;
	while ((n = d->next(p, *pos - POS_NUMBER)) >= 0) {
		at = entry_place(dir, -1, n);
		snprintf(name, sizeof(name), "%d", n);
		if (!list_one(l, &at, POS_NUMBER + n + 1, name))
			break;
		*pos = POS_NUMBER + n + 1;
	}
}

static long proc_readdir(struct chan *c, void *buf, size_t len, uint64_t *pos)
{
	struct listing l = { .buf = buf, .len = len };
	struct place dir = place_of(c);
	uint64_t start = *pos;
	struct proc *p;
	bool all;
	int err = place_proc(&dir, &p);

	if (err)
		return -ENOENT;
	err = check_look(file_of(&dir), p);
	if (!err) {
		all = list_static(&l, &dir, pos);
		if (all && proc_dirs[dir.dir].next)
			list_numbers(&l, &dir, p, pos);
		if (!all && *pos == start)
			err = -EINVAL;
	}
	place_proc_put(p);
	return err ? err : (long)l.at;
}

static struct dev proc_dev = {
	.name = "proc",
	.attach = proc_attach,
	.walk = proc_walk,
	.parent = proc_parent,
	.name_of = proc_name_of,
	.clone = proc_clone,
	.open = proc_open,
	.close = proc_close,
	.read = proc_read,
	.write = proc_write,
	.readdir = proc_readdir,
	.stat = proc_stat,
	.wstat = flat_wstat, /* nothing can be set */
	.statfs = proc_statfs,
	.readlink = proc_readlink,
	.follow = proc_follow,
};
DEVICE(proc_dev);
DEV_NODE(fd, "fd", ROS_S_IFLNK | 0777, "/proc/self/fd");
DEV_NODE(stdin, "stdin", ROS_S_IFLNK | 0777, "/proc/self/fd/0");
DEV_NODE(stdout, "stdout", ROS_S_IFLNK | 0777, "/proc/self/fd/1");
DEV_NODE(stderr, "stderr", ROS_S_IFLNK | 0777, "/proc/self/fd/2");
