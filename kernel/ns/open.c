// SPDX-License-Identifier: MIT
/* Opening and creating files by name. */
#include <ns/ns_priv.h>

#include <lib/assert.h>
#include <lib/log.h>
#include <lib/string.h>
#include <ros/errno.h>

static int flags_check(int oflags)
{
	if (oflags & ROS_O_TMPFILE)
		return fail(EOPNOTSUPP, "files without a name are not made; "
			    "create one and unlink it");
	if ((oflags & ROS_O_CREAT) && (oflags & ROS_O_DIRECTORY))
		return fail(EINVAL, "open does not create directories");
	return 0;
}

static int open_place(struct walk *w, int oflags, struct chan **out)
{
	struct chan *c = place_chan(&w->at);
	int err;

	if (!c)
		return fail(ENOMEM, "no memory for a chan");
	err = chan_open(c, oflags, w->cred);
	if (err)
		chan_put(c);
	else
		*out = c;
	return err;
}

/* w->at is the directory, in a union the member that takes new files. */
static int create_in(struct walk *w, int oflags, uint32_t mode,
		     struct chan **out)
{
	struct create_args a = {
		.name = w->last.name, .len = w->last.len,
		.omode = oflags & O_ACCMODE, .excl = oflags & ROS_O_EXCL,
		.mode = ROS_S_IFREG | mode, .cred = w->cred,
	};
	struct chan *c;
	int err;

	if (w->last.trailing_slash)
		return fail(EISDIR, "a name that ends in / is a directory's");
	err = place_for_new(w);
	if (err)
		return err;
	if (!w->at.dev->create)
		return fail_unsupported(&w->at, "new files", EPERM);
	err = w->at.dev->create(&w->at, &a);
	if (err)
		return err;
	c = place_chan(&w->at);
	if (!c)
		return fail(ENOMEM, "no memory for a chan");
	err = chan_open_created(c, oflags);
	if (err)
		chan_put(c);
	else
		*out = c;
	return err;
}

#define CREATE_TRIES 100

/* Another may create the file between our look and our create: look again. */
static int open_or_create(struct proc *p, struct chan *dir, const char *path,
			  int oflags, uint32_t mode, struct chan **out)
{
	unsigned int flags = WALK_CREATE, tries = 0;
	struct walk w;
	int err;

	if (!(oflags & (ROS_O_EXCL | ROS_O_NOFOLLOW)))
		flags |= WALK_FOLLOW;
	do {
		err = walk_start(&w, p, dir, path, flags);
		if (err)
			return err;
		if (w.missing)
			err = create_in(&w, oflags, mode, out);
		else if (oflags & ROS_O_EXCL)
			err = fail(EEXIST, "the file exists");
		else
			err = open_place(&w, oflags, out);
		walk_end(&w);
	} while (err == -EEXIST && !(oflags & ROS_O_EXCL) &&
		 ++tries < CREATE_TRIES);
	return err;
}

int ns_open(struct proc *p, struct chan *dir, const char *path, int oflags,
	    uint32_t mode, struct chan **out)
{
	unsigned int flags = oflags & ROS_O_NOFOLLOW ? 0 : WALK_FOLLOW;
	struct walk w;
	int err;

	err = flags_check(oflags);
	if (err)
		return err;
	if ((oflags & ROS_O_CREAT) && !(oflags & ROS_O_PATH))
		return open_or_create(p, dir, path, oflags,
				      mode & 07777 & ~p->umask, out);
	if (oflags & ROS_O_DIRECTORY)
		flags |= WALK_DIR;
	err = walk_start(&w, p, dir, path, flags);
	if (err)
		return err;
	err = open_place(&w, oflags, out);
	walk_end(&w);
	return err;
}
