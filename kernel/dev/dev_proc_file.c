// SPDX-License-Identifier: MIT
/* Files of #proc: attributes, links, reading and writing.  Rules: dev_proc.h */
#include "dev_proc.h"

#include <dev/flat.h>
#include <lib/log.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <ns/fd.h>
#include <proc/time.h>
#include <ros/errno.h>

#define NS_PER_SEC 1000000000UL
#define WRITE_MAX  128

/* ---- attributes ---- */

static struct ros_timespec timespec_of(uint64_t ns)
{
	return (struct ros_timespec){ ns / NS_PER_SEC, ns % NS_PER_SEC };
}

/* An FD's link has the permissions of the open file. */
static int mode_of(const struct place *at, struct proc *p, uint32_t *mode)
{
	struct chan *c;

	*mode = file_of(at)->mode;
	if (at->file != FILE_NUMBERED)
		return 0;
	if (fd_get(p, at->fd, &c))
		return -ENOENT;
	*mode &= ROS_S_IFMT;
	*mode |= (c->mode & O_READ ? 0500 : 0) | (c->mode & O_WRITE ? 0300 : 0);
	chan_put(c);
	return 0;
}

int proc_stat(struct chan *c, struct ros_stat *st)
{
	struct place at = place_of(c);
	uint64_t ns = time_wall_ns();
	struct cred *cred;
	struct proc *p;

	if (place_proc(&at, &p))
		return -ENOENT;
	if (mode_of(&at, p, &st->st_mode)) {
		place_proc_put(p);
		return -ENOENT;
	}
	st->st_ino = c->qid.path;
	st->st_nlink = c->qid.type & QTDIR ? 2 : 1;
	st->st_blksize = 1024;
	if (p) {
		cred = proc_cred_get(p);
		st->st_uid = cred->euid;
		st->st_gid = cred->egid;
		cred_put(cred);
		ns -= MIN(time_mono_ns() - p->start_ns, ns);
		proc_put(p);
	}
	st->st_atim = st->st_mtim = st->st_ctim = timespec_of(ns);
	return 0;
}

int proc_statfs(struct chan *c, struct ros_statfs *sf)
{
	*sf = (struct ros_statfs){
		.f_type = 0x9fa0, .f_bsize = PGSIZE, .f_frsize = PGSIZE,
		.f_namelen = ROS_NAME_MAX,
	};
	return 0;
}

/* ---- links ---- */

/* The chan that a process's link stands for, counted. */
static int link_chan(const struct place *at, struct chan **out)
{
	const struct proc_file *f = file_of(at);
	struct proc *p;
	int err;

	if (place_proc(at, &p))
		return -ENOENT;
	err = check_look(f, p);
	if (!err)
		err = f->link(p, at->fd, out);
	place_proc_put(p);
	return err;
}

/* What was opened by a name that stands for a device's file goes by it. */
int proc_follow(struct chan *c, struct chan **out)
{
	struct place at = place_of(c);
	int err;

	if (!file_of(&at)->link)
		return -EAGAIN;
	err = link_chan(&at, out);
	if (err || !(*out)->path)
		return err;
	chan_put(*out);
	return -EAGAIN;
}

long proc_readlink(struct chan *c, char *buf, size_t len)
{
	struct place at = place_of(c);
	const struct proc_file *f = file_of(&at);
	struct chan *target;
	long n;

	if (f->target) {
		f->target(buf, len);
		return *buf ? (long)strlen(buf) : -ENOENT;
	}
	n = link_chan(&at, &target);
	if (n)
		return n;
	n = link_text(target, buf, len);
	chan_put(target);
	return n;
}

/* ---- open files ---- */

struct open_text {
	struct mutex lock; /* held while it is copied out, too */
	struct text text;
	bool made;
};

int proc_open(struct chan *c, int oflags, const struct cred *cred)
{
	struct place at = place_of(c);
	const struct proc_file *f = file_of(&at);
	struct open_text *o;
	struct ros_stat st;
	int err = proc_stat(c, &st);
	struct proc *p;

	if (!err)
		err = perm_check(cred, st.st_uid, st.st_gid, st.st_mode,
				 ros_omode_to_rwx(oflags));
	if (!err)
		err = place_proc(&at, &p);
	if (err)
		return err;
	err = check_look(f, p);
	place_proc_put(p);
	if (err || (c->qid.type & QTDIR))
		return err;
	if ((oflags & O_WRITE) && !f->write)
		return fail(EACCES, "%s is not for writing", f->name);
	o = kzalloc(sizeof(*o), MM_WAIT);
	if (!o)
		return -ENOMEM;
	mutex_init(&o->lock);
	c->aux = o;
	return 0;
}

void proc_close(struct chan *c)
{
	struct open_text *o = c->aux;

	if (!o)
		return;
	text_free(&o->text);
	kfree(o);
}

static int text_make(const struct place *at, struct text *t)
{
	const struct proc_file *f = file_of(at);
	struct proc *p;
	int err = place_proc(at, &p);

	if (err)
		return fail(ESRCH, "process %d has gone", at->pid);
	err = check_look(f, p);
	if (!err && f->show)
		err = f->show(t, p);
	place_proc_put(p);
	/* What is too long is cut off. */
	if (!err && t->err && t->err != -EFBIG)
		err = t->err;
	return err;
}

long proc_read(struct chan *c, struct uio *u, uint64_t off)
{
	struct place at = place_of(c);
	struct open_text *o = c->aux;
	int err;

	guard_mutex(&o->lock);
	if (!off || !o->made) {
		text_free(&o->text);
		o->made = false;
		err = text_make(&at, &o->text);
		if (err)
			return err;
		o->made = true;
	}
	return text_read(u, off, o->text.buf, o->text.len);
}

long proc_write(struct chan *c, struct uio *u, uint64_t off)
{
	struct place at = place_of(c);
	const struct proc_file *f = file_of(&at);
	size_t len = u->resid, whole = len;
	char words[WRITE_MAX];
	struct proc *p;
	long err;

	if (!f->write)
		return -EINVAL;
	if (len >= sizeof(words))
		return fail(EINVAL, "%lu bytes at once", len);
	err = uio_read_from(u, words, len);
	if (err)
		return err;
	while (len && words[len - 1] == '\n')
		len--;
	words[len] = 0;
	if (place_proc(&at, &p))
		return fail(ESRCH, "process %d has gone", at.pid);
	err = f->write(p, words);
	place_proc_put(p);
	return err ? err : (long)whole;
}
