// SPDX-License-Identifier: MIT
/* Kernel self tests of names: a storm on all cores, and what walks cost. */
#include <ns/ns.h>

#include <arch/percpu.h>
#include <core/rcu.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <ns/fd.h>
#include <ns/tree.h>
#include <ros/errno.h>
#include <test/ktest.h>

#define TOP    "/kt"
#define ROUNDS 1500
#define LIST_BYTES 2048

/* A process as far as names go. */
static struct proc *actor_new(struct proc *parent)
{
	struct proc *p = kzalloc(sizeof(*p), MM_WAIT);

	spin_init(&p->lock);
	p->cred = &root_cred;
	p->rlimit[ROS_RLIMIT_NOFILE].cur = 1024;
	p->rlimit[ROS_RLIMIT_FSIZE].cur = ROS_RLIM_INFINITY;
	KT_CHECK(!ns_proc_create(p, parent, 0));
	KT_CHECK(!fds_proc_create(p, parent, 0));
	return p;
}

static void actor_free(struct proc *p)
{
	fds_proc_destroy(p);
	ns_proc_destroy(p);
	kfree(p);
}

struct storm {
	struct proc *p;
	_Atomic uint32_t core;
};

static void random_path(uint64_t *seed, char *path)
{
	size_t at = strlcpy(path, TOP, 32);

	for (int d = 1 + kt_random(seed) % 3; d; d--)
		at += scnprintf(path + at, 32 - at, "/%c",
				"abc"[kt_random(seed) % 3]);
}

static void one_step(struct proc *p, uint64_t *seed)
{
	struct chan *c;
	char a[32], b[32];

	random_path(seed, a);
	random_path(seed, b);
	switch (kt_random(seed) % 6) {
	case 0:
		ns_mkdir(p, NULL, a, 0755);
		break;
	case 1:
		if (!ns_open(p, NULL, a, ROS_O_CREAT | O_WRITE, 0644, &c))
			chan_put(c);
		break;
	case 2:
		ns_unlink(p, NULL, a, kt_random(seed) & 1);
		break;
	case 3:
		ns_link(p, NULL, a, NULL, b);
		break;
	default:
		ns_rename(p, NULL, a, NULL, b);
	}
}

static void storm_core(void *arg)
{
	struct storm *s = arg;
	uint64_t seed = atomic_fetch_add(&s->core, 1) * 31 + 7;

	for (int i = 0; i < ROUNDS; i++) {
		one_step(s->p, &seed);
		/* Callbacks want a pass through core_loop() now and then. */
		if (i % 100 == 99)
			KT_CHECK(!kthread_usleep(10));
	}
}

/* One pass over the tree below dir: what is wrong is told; then it is removed.
 * With a list of directories instead of recursion, for they may lie deep. */
static void check_dir(struct proc *p, struct chan *dir, char *buf,
		      unsigned int *nr_sub)
{
	struct ros_stat st, up;
	struct chan *c, *dd;
	long n;

	KT_CHECK(!chan_stat(dir, &st));
	*nr_sub = 0;
	while ((n = chan_readdir(dir, buf, LIST_BYTES)) > 0) {
		for (long i = 0; i < n;) {
			struct ros_dirent *d = (void *)(buf + i);

			i += d->d_reclen;
			if (d->d_name[0] == '.')
				continue;
			KT_CHECK(!ns_walk(p, dir, d->d_name, 0, NULL, &c));
			if (c->qid.type & QTDIR) {
				(*nr_sub)++;
				KT_CHECK(!ns_walk(p, c, "..", 0, NULL, &dd));
				KT_CHECK(!chan_stat(dd, &up));
				KT_CHECK_EQ(up.st_ino, st.st_ino);
				chan_put(dd);
			}
			chan_put(c);
		}
	}
	KT_CHECK_EQ(n, 0);
	KT_CHECK_EQ(st.st_nlink, 2 + *nr_sub);
}

/* Removes files in dir; moves subdirectories up to TOP under fresh names. */
static unsigned int flatten(struct proc *p, struct chan *dir, bool top,
			    char *buf, unsigned int next)
{
	struct chan *t;
	char name[32];
	long n;

	KT_CHECK(!ns_walk(p, NULL, TOP, 0, NULL, &t));
	KT_CHECK_EQ(chan_seek(dir, 0, ROS_SEEK_SET), 0);
	n = chan_readdir(dir, buf, LIST_BYTES);
	for (long i = 0; i < n;) {
		struct ros_dirent *d = (void *)(buf + i);

		i += d->d_reclen;
		if (d->d_name[0] == '.' ||
		    !ns_unlink(p, dir, d->d_name, false) || top)
			continue;
		scnprintf(name, sizeof(name), "x%u", next++);
		KT_CHECK(!ns_rename(p, dir, d->d_name, t, name));
	}
	chan_put(t);
	return next;
}

static bool take_first(struct proc *p, char *buf, unsigned int *next)
{
	struct chan *top, *dir;
	struct ros_dirent *d;
	unsigned int nr_sub;
	char name[32];
	long n;

	KT_CHECK(!ns_open(p, NULL, TOP, O_READ, 0, &top));
	KT_CHECK_EQ(chan_seek(top, 2, ROS_SEEK_SET), 2);
	n = chan_readdir(top, buf, LIST_BYTES);
	d = (void *)buf;
	if (n > 0) {
		strlcpy(name, d->d_name, sizeof(name));
		KT_CHECK(!ns_open(p, top, name, O_READ, 0, &dir));
		check_dir(p, dir, buf, &nr_sub);
		*next = flatten(p, dir, false, buf, *next);
		chan_put(dir);
		KT_CHECK_EQ(ns_unlink(p, top, name, true), 0);
	}
	chan_put(top);
	return n > 0;
}

KTEST(ns_storm)
{
	struct storm s = { .p = actor_new(NULL) };
	char *buf = kmalloc(LIST_BYTES, MM_WAIT);
	struct chan *top;
	unsigned int nr_sub, next = 0;

	KT_CHECK(!ns_mkdir(s.p, NULL, TOP, 0755));
	kt_on_each_core(storm_core, &s);
	KT_CHECK(!ns_open(s.p, NULL, TOP, O_READ, 0, &top));
	check_dir(s.p, top, buf, &nr_sub);
	flatten(s.p, top, true, buf, 0);
	chan_put(top);
	while (take_first(s.p, buf, &next))
		;
	KT_CHECK_EQ(ns_unlink(s.p, NULL, TOP, true), 0);
	kfree(buf);
	actor_free(s.p);
	rcu_barrier();
}

/* FDs of one process, from all cores.  Few turns: cores of a guest that share
 * the host's hand a contended lock on slowly. */
#define FD_TURNS 1800

static void fd_core(void *arg)
{
	struct storm *s = arg;
	uint64_t seed = atomic_fetch_add(&s->core, 1);
	struct chan *c;

	for (unsigned int i = 0; i < FD_TURNS / nr_cores; i++) {
		int fd = kt_random(&seed) % 6;

		if (i % 3 == 0 && !ns_open(s->p, NULL, "/", O_READ, 0, &c)) {
			if (fd_install_at(s->p, c, fd, 0) != fd)
				kt_fail(__FILE__, __LINE__, "install %d", fd);
		} else if (i % 3 == 1) {
			fd_close(s->p, fd);
		} else if (!fd_get(s->p, fd, &c)) {
			KT_CHECK(c->qid.type & QTDIR);
			chan_put(c);
		}
		if (i % 50 == 49)
			KT_CHECK(!kthread_usleep(10));
	}
}

KTEST(ns_fd_storm)
{
	struct storm s = { .p = actor_new(NULL) };

	kt_on_each_core(fd_core, &s);
	actor_free(s.p);
	rcu_barrier();
}

/* ---------------------------------------------------------------- costs */

#define TIMES 200
#define FILE_NAME "/tmp/ktdir/file"

static char *page;

static struct chan *opened(struct proc *p, const char *path, int oflags)
{
	struct chan *c = NULL;

	KT_CHECK(!ns_open(p, NULL, path, oflags, 0600, &c));
	return c;
}

static void do_walk(struct proc *p)
{
	struct chan *c;

	KT_CHECK(!ns_walk(p, NULL, FILE_NAME, WALK_FOLLOW, NULL, &c));
	chan_put(c);
}

static void do_walk_none(struct proc *p)
{
	struct chan *c;

	KT_CHECK(ns_walk(p, NULL, "/tmp/ktdir/none", 0, NULL, &c) < 0);
}

static void do_stat(struct proc *p)
{
	struct ros_stat st;

	KT_CHECK(!ns_stat(p, NULL, FILE_NAME, WALK_FOLLOW, &st));
}

static void do_open(struct proc *p)
{
	int fd = fd_install(p, opened(p, FILE_NAME, O_READ), 0, 0);

	KT_CHECK(!fd_close(p, fd));
}

static void do_fd_get(struct proc *p)
{
	struct chan *c;

	KT_CHECK(!fd_get_mode(p, 0, O_READ, &c));
	chan_put(c);
}

static void do_move(struct chan *c, bool write, const uint64_t *off)
{
	struct uio u;

	uio_init_one(&u, page, PGSIZE, false);
	KT_CHECK_EQ(write ? chan_write(c, &u, off) : chan_read(c, &u, off),
		    PGSIZE);
}

static void do_pread(struct proc *p)
{
	struct chan *c;
	uint64_t off = 0;

	KT_CHECK(!fd_get_mode(p, 0, O_READ, &c));
	do_move(c, false, &off);
	chan_put(c);
}

static void do_pwrite(struct proc *p)
{
	struct chan *c;
	uint64_t off = 0;

	KT_CHECK(!fd_get_mode(p, 0, O_READ, &c));
	do_move(c, true, &off);
	chan_put(c);
}

static void do_create(struct proc *p)
{
	struct chan *c = opened(p, "/tmp/ktdir/new", ROS_O_CREAT | ROS_O_EXCL |
				O_RDWR);

	do_move(c, true, NULL);
	KT_CHECK_EQ(chan_seek(c, 0, ROS_SEEK_SET), 0);
	do_move(c, false, NULL);
	chan_put(c);
	KT_CHECK(!ns_unlink(p, NULL, "/tmp/ktdir/new", false));
}

static void do_list(struct proc *p)
{
	struct chan *c = opened(p, "/tmp/ktdir", O_READ);

	while (chan_readdir(c, page, PGSIZE) > 0)
		;
	chan_put(c);
}

static void do_rename(struct proc *p)
{
	KT_CHECK(!ns_rename(p, NULL, FILE_NAME, NULL, "/tmp/ktdir/x"));
	KT_CHECK(!ns_rename(p, NULL, "/tmp/ktdir/x", NULL, FILE_NAME));
}

static void cost(struct proc *p, const char *what, void (*fn)(struct proc *p))
{
	uint64_t start;

	fn(p);
	start = read_tsc();
	for (int i = 0; i < TIMES; i++)
		fn(p);
	kt_note("%s: %lu", what, (read_tsc() - start) / TIMES);
}

static void hundred(struct proc *p, bool make)
{
	char name[32];

	for (int i = 0; i < 100; i++) {
		scnprintf(name, sizeof(name), "/tmp/ktdir/file%03d", i);
		if (make)
			chan_put(opened(p, name, ROS_O_CREAT));
		else
			KT_CHECK(!ns_unlink(p, NULL, name, false));
	}
}

/* In ticks, which are instructions under -icount shift=0. */
KTEST(ns_cost)
{
	struct proc *p = actor_new(NULL);

	page = page_alloc(MM_WAIT);
	KT_CHECK(!ns_mkdir(p, NULL, "/tmp/ktdir", 0755));
	KT_CHECK_EQ(fd_install(p, opened(p, FILE_NAME, ROS_O_CREAT | O_RDWR), 0,
			       0), 0);
	cost(p, "walk and drop", do_walk);
	cost(p, "walk to nothing", do_walk_none);
	cost(p, "stat", do_stat);
	cost(p, "open, install, close", do_open);
	cost(p, "fd_get and put", do_fd_get);
	cost(p, "pwrite 4K", do_pwrite);
	cost(p, "pread 4K", do_pread);
	cost(p, "create, write, read, unlink", do_create);
	cost(p, "rename, twice", do_rename);
	hundred(p, true);
	cost(p, "list 100", do_list);
	hundred(p, false);
	KT_CHECK(!ns_unlink(p, NULL, FILE_NAME, false));
	KT_CHECK(!ns_unlink(p, NULL, "/tmp/ktdir", true));
	actor_free(p);
	page_free(page);
	rcu_barrier();
}
