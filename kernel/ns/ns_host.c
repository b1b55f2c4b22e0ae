// SPDX-License-Identifier: MIT
/* What ns's host tests share; see ns/ns_host.h */
#include <ns/ns_host.h>

#include <arch/machine.h>
#include <proc/time.h>
#include <ros/fdtap.h>

struct tree_fs ram_tree, slow_tree;
struct boot_info boot_info;
struct proc me;
struct cred nobody = { .ref = { 1 }, 1000, 1000, 1000, 1000, 1000, 1000 };
struct event_msg last_event;
_Atomic int nr_events;

/* ------------------------------------------- what proc and vm would give */

uint64_t time_wall_ns(void)
{
	static _Atomic uint64_t ticks;

	return 1700000000000000000UL + ++ticks;
}

int evq_post_deferred(struct proc *p, struct event_queue *ev_q,
		      const struct event_msg *msg, uint32_t hint_vcore)
{
	last_event = *msg;
	nr_events++;
	return 0;
}

void vm_unmap_object(struct pagecache *pc, uint64_t start, uint64_t end)
{
}

/* -------------------------------------------------------------- devices */

static int ram_attach(struct chan *c, const char *spec)
{
	tree_attach_root(&ram_tree, c);
	return 0;
}

static struct dev ram_dev = { .name = "ram", .attach = ram_attach,
			      TREE_DEV_OPS };
DEVICE(ram_dev);

static int slow_attach(struct chan *c, const char *spec)
{
	tree_attach_root(&slow_tree, c);
	return 0;
}

static struct dev slow_dev = { .name = "slow", .attach = slow_attach,
			       TREE_DEV_OPS };
DEVICE(slow_dev);

static int null_attach(struct chan *c, const char *spec)
{
	c->qid.path = 7;
	return spec[0] ? -ENOENT : 0;
}

static long null_read(struct chan *c, struct uio *u, uint64_t off)
{
	return 0;
}

static struct dev null_dev = { .name = "null", .attach = null_attach,
			       .read = null_read };
DEVICE(null_dev);
DEV_NODE(null, "null", 0666, "#null");

void ns_host_begin(void)
{
	if (boot_root) {
		me.cred = &root_cred;
		empty_("/tmp");
		empty_("#slow");
		return;
	}
	slow_dev.peek = NULL;
	slow_dev.hold = NULL;
	slow_dev.name_of = NULL;
	dev_init();
	CHECK(!tree_fs_init(&ram_tree, &ram_dev, "ram", 01777));
	CHECK(!tree_fs_init(&slow_tree, &slow_dev, "slow", 0777));
	ns_init();
	me.cred = &root_cred;
	me.rlimit[ROS_RLIMIT_NOFILE].cur = 65536;
	me.rlimit[ROS_RLIMIT_FSIZE].cur = ROS_RLIM_INFINITY;
	spin_init(&me.lock);
	CHECK(!ns_proc_create(&me, NULL, 0));
	CHECK(!fds_proc_create(&me, NULL, 0));
	cur_kthread_get()->proc = &me;
	CHECK(!mkdir_("/tmp"));
	CHECK(!bind_("#ram", "/tmp", MREPL));
}

/* ---------------------------------------------------------- short forms */

int mkdir_(const char *path)
{
	return ns_mkdir(&me, NULL, path, 0755);
}

int open_(const char *path, int oflags)
{
	struct chan *c;
	int err;

	err = ns_open(&me, NULL, path, oflags, 0644, &c);
	if (!err)
		chan_put(c);
	return err;
}

struct chan *chan_(const char *path, int oflags)
{
	struct chan *c = NULL;
	int err;

	err = ns_open(&me, NULL, path, oflags, 0644, &c);
	if (err)
		host_check_failed(__FILE__, __LINE__, "open %s: %d, %s", path,
				  err, host_errstr);
	return c;
}

int write_(const char *path, const char *text)
{
	struct chan *c = chan_(path, O_WRITE | ROS_O_CREAT | ROS_O_TRUNC);
	struct uio u;
	long n;

	uio_init_one(&u, (void *)text, strlen(text), false);
	n = chan_write(c, &u, NULL);
	chan_put(c);
	return n == (long)strlen(text) ? 0 : -EIO;
}

int symlink_(const char *target, const char *path)
{
	return ns_symlink(&me, target, NULL, path);
}

static struct chan *walk_(const char *path, unsigned int flags)
{
	struct chan *c = NULL;
	int err = ns_walk(&me, NULL, path, flags, NULL, &c);

	if (err)
		host_check_failed(__FILE__, __LINE__, "walk %s: %d, %s", path,
				  err, host_errstr);
	return c;
}

int bind_(const char *src, const char *onto, int flags)
{
	struct chan *s = walk_(src, WALK_FOLLOW);
	struct chan *o = walk_(onto, WALK_FOLLOW | WALK_NOMOUNT);
	int err = ns_bind(&me, s, o, flags);

	chan_put(s);
	chan_put(o);
	return err;
}

struct ros_stat stat_(const char *path)
{
	struct chan *c = walk_(path, 0);
	struct ros_stat st;

	CHECK(!chan_stat(c, &st));
	chan_put(c);
	return st;
}

const char *path_of(const char *path)
{
	static char buf[ROS_PATH_MAX];
	struct chan *c = walk_(path, WALK_FOLLOW);
	long n = ns_path(&me, c, buf, sizeof(buf));

	chan_put(c);
	if (n < 0)
		snprintf(buf, sizeof(buf), "error %ld", n);
	return buf;
}

/* Calls fn for each name but the dots. */
static void each_name(const char *path, void (*fn)(const char *name, void *arg),
		      void *arg)
{
	struct chan *c = chan_(path, O_READ | ROS_O_DIRECTORY);
	static __thread char buf[400];
	char names[100][12];
	int nr = 0;
	long n;

	while ((n = chan_readdir(c, buf, sizeof(buf))) > 0)
		for (long i = 0; i < n;) {
			struct ros_dirent *d = (void *)(buf + i);

			if (strcmp(d->d_name, ".") && strcmp(d->d_name, "..")) {
				CHECK(nr < 100);
				strcpy(names[nr++], d->d_name);
			}
			i += d->d_reclen;
		}
	CHECK_EQ(n, 0);
	chan_put(c);
	for (int i = 0; i < nr; i++)
		fn(names[i], arg);
}

static void add_name(const char *name, void *arg)
{
	char *s = arg;

	sprintf(s + strlen(s), "%s%s", *s ? " " : "", name);
}

const char *list_(const char *path)
{
	static char buf[4096];

	buf[0] = 0;
	each_name(path, add_name, buf);
	return buf;
}

static void remove_name(const char *name, void *arg)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", (const char *)arg, name);
	if (!ns_unlink(&me, NULL, path, false))
		return;
	empty_(path);
	CHECK_EQ(ns_unlink(&me, NULL, path, true), 0);
}

void empty_(const char *path)
{
	each_name(path, remove_name, (void *)path);
}
