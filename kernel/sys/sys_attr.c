// SPDX-License-Identifier: MIT
/* What stands about a file: stat, permissions, owners, times, size by name. */
#include <sys/sys_priv.h>

static int64_t do_stat(struct proc *p, const struct sys_args *u,
		       unsigned int walk_flags)
{
	struct ros_stat st;
	struct chan *c;
	int64_t ret = path_walk(p, u->a[3], u->a[0], u->a[1], walk_flags, &c);

	if (ret)
		return ret;
	ret = chan_stat(c, &st);
	chan_put(c);
	if (!ret && copy_to_user((void *)u->a[2], &st, sizeof(st)))
		ret = fail_addr(u->a[2]);
	return ret;
}

SYS_FN(stat)
{
	return do_stat(p, u, WALK_FOLLOW);
}

SYS_FN(lstat)
{
	return do_stat(p, u, 0);
}

/* access() asks for the real ids, unless told otherwise. */
static int check_access(const struct cred *cred, const struct ros_stat *st,
			unsigned int rwx, bool effective)
{
	struct cred *real;
	int err;

	if (effective || (cred->uid == cred->euid && cred->gid == cred->egid))
		return perm_check(cred, st->st_uid, st->st_gid, st->st_mode,
				  rwx);
	real = cred_dup(cred);
	if (!real)
		return fail(ENOMEM, "no memory for credentials");
	real->euid = real->uid;
	real->egid = real->gid;
	err = perm_check(real, st->st_uid, st->st_gid, st->st_mode, rwx);
	cred_put(real);
	return err;
}

SYS_FN(access)
{
	uint64_t rwx = u->a[3], flags = u->a[4];
	struct ros_stat st;
	struct chan *c;
	int64_t ret;

	if (rwx & ~7UL)
		return fail(EINVAL, "access mode 0x%lx", rwx);
	ret = path_walk(p, u->a[0], u->a[1], u->a[2], at_follow(flags), &c);
	if (ret)
		return ret;
	ret = chan_stat(c, &st);
	chan_put(c);
	if (ret || !rwx)
		return ret;
	return check_access(p->cred, &st, rwx, flags & ROS_AT_EACCESS);
}

static int64_t do_wstat(struct proc *p, struct chan *c, const struct wstat *w)
{
	int64_t ret;

	if (c->dev->wstat)
		ret = c->dev->wstat(c, w, p->cred);
	else
		ret = fail(EPERM, "a file of #%s cannot be changed",
			   c->dev->name);
	chan_put(c);
	return ret;
}

SYS_FN(chmod)
{
	struct wstat w = { .valid = WSTAT_MODE, .mode = u->a[3] & 07777 };
	struct chan *c;
	int64_t ret = at_walk(p, u->a[0], u->a[1], u->a[2], at_follow(u->a[4]),
			      &c);

	return ret ? ret : do_wstat(p, c, &w);
}

SYS_FN(chown)
{
	struct wstat w = { .uid = u->a[3], .gid = u->a[4] };
	struct chan *c;
	int64_t ret = at_walk(p, u->a[0], u->a[1], u->a[2], at_follow(u->a[5]),
			      &c);

	if (ret)
		return ret;
	if (w.uid != -1U)
		w.valid |= WSTAT_UID;
	if (w.gid != -1U)
		w.valid |= WSTAT_GID;
	return do_wstat(p, c, &w);
}

/* Linux's marks in tv_nsec. */
#define UTIME_NOW  0x3fffffff
#define UTIME_OMIT 0x3ffffffe

static int time_arg(struct wstat *w, const struct ros_timespec *ts,
		    uint32_t set, uint32_t now)
{
	if (ts->tv_nsec == UTIME_OMIT)
		return 0;
	if (ts->tv_nsec == UTIME_NOW) {
		w->valid |= now;
		return 0;
	}
	if (ts->tv_nsec < 0 || ts->tv_nsec >= 1000000000)
		return fail(EINVAL, "%ld nanoseconds", ts->tv_nsec);
	w->valid |= set;
	return 0;
}

SYS_FN(utimens)
{
	struct ros_timespec ts[2] = { { 0, UTIME_NOW }, { 0, UTIME_NOW } };
	struct wstat w = { 0 };
	struct chan *c;
	int64_t ret = 0;

	if (u->a[3] && copy_from_user(ts, (const void *)u->a[3], sizeof(ts)))
		return fail_addr(u->a[3]);
	ret = time_arg(&w, &ts[0], WSTAT_ATIME, WSTAT_ATIME_NOW);
	if (!ret)
		ret = time_arg(&w, &ts[1], WSTAT_MTIME, WSTAT_MTIME_NOW);
	if (ret)
		return ret;
	w.atime = ts[0];
	w.mtime = ts[1];
	ret = at_walk(p, u->a[0], u->a[1], u->a[2], at_follow(u->a[4]), &c);
	return ret ? ret : do_wstat(p, c, &w);
}

/* By name: opened for writing like any writer, so that permissions hold. */
SYS_FN(truncate)
{
	struct chan *c;
	struct at a;
	int64_t ret;

	if ((int64_t)u->a[3] < 0)
		return fail(EINVAL, "negative length %ld", (long)u->a[3]);
	ret = at_get(p, u->a[0], u->a[1], u->a[2], &a);
	if (ret)
		return ret;
	ret = ns_open(p, a.dir, a.path, O_WRITE, 0, &c);
	at_put(&a);
	if (ret)
		return ret;
	ret = chan_truncate(c, u->a[3]);
	chan_put(c);
	return ret;
}

SYS_FN(statfs)
{
	struct ros_statfs sf = { 0 };
	struct chan *c;
	int64_t ret = at_walk(p, u->a[0], u->a[1], u->a[2], WALK_FOLLOW, &c);

	if (ret)
		return ret;
	if (c->dev->statfs) {
		ret = c->dev->statfs(c, &sf);
	} else {
		sf.f_bsize = sf.f_frsize = PGSIZE;
		sf.f_namelen = ROS_NAME_MAX;
	}
	chan_put(c);
	if (!ret && copy_to_user((void *)u->a[3], &sf, sizeof(sf)))
		ret = fail_addr(u->a[3]);
	return ret;
}

SYS_FN(umask)
{
	uint32_t old = p->umask;

	p->umask = u->a[0] & 0777;
	p->pi->umask = p->umask;
	return old;
}
