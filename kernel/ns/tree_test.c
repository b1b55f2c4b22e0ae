// SPDX-License-Identifier: MIT
/* Host test: tree files: random operations against a model, storms of them on
 * several cores, data. */
#include <ns/ns_host.h>

#include <ros/fdtap.h>
#include <stdlib.h>

#define CREATE (ROS_O_CREAT | O_RDWR)

/* ------------------------------------------------------------ the model */

#define NAMES "abcd"
#define NR    4
#define NODES 4096
#define DEPTH 4

struct mnode {
	char type; /* 0: free, 'd', 'f' */
	int nlink, parent, child[NR]; /* 0: none */
};
static struct mnode node[NODES]; /* 1 is the root */
static uint64_t seed;

struct mpath {
	char text[32];
	int name[DEPTH], nr;
};

static void random_path(struct mpath *p)
{
	p->nr = 1 + test_random(&seed) % (DEPTH - 1);
	strcpy(p->text, "/tmp");
	for (int i = 0; i < p->nr; i++) {
		p->name[i] = test_random(&seed) % NR;
		sprintf(p->text + strlen(p->text), "/%c", NAMES[p->name[i]]);
	}
}

/* The node, or -errno. */
static int resolve(const struct mpath *p, int nr)
{
	int n = 1;

	for (int i = 0; i < nr; i++) {
		if (node[n].type != 'd')
			return -ENOTDIR;
		n = node[n].child[p->name[i]];
		if (!n)
			return -ENOENT;
	}
	return n;
}

static int parent_of(const struct mpath *p)
{
	int n = resolve(p, p->nr - 1);

	return n > 0 && node[n].type != 'd' ? -ENOTDIR : n;
}

static int last(const struct mpath *p)
{
	return p->name[p->nr - 1];
}

static bool empty(int n)
{
	for (int i = 0; i < NR; i++)
		if (node[n].child[i])
			return false;
	return true;
}

static int m_make(const struct mpath *p, char type, bool excl)
{
	int dir = parent_of(p), n;

	if (dir < 0)
		return dir;
	n = node[dir].child[last(p)];
	if (n)
		return excl ? -EEXIST : node[n].type == 'd' ? -EISDIR : 0;
	for (n = 2; node[n].type; n++)
		CHECK(n < NODES - 1);
	node[n] = (struct mnode){ .type = type, .parent = dir,
				  .nlink = type == 'd' ? 2 : 1 };
	node[dir].child[last(p)] = n;
	node[dir].nlink += type == 'd';
	return 0;
}

static void m_drop(int dir, int name)
{
	int n = node[dir].child[name];

	node[dir].child[name] = 0;
	if (node[n].type == 'd') {
		node[dir].nlink--;
		node[n].type = 0;
	} else if (!--node[n].nlink) {
		node[n].type = 0;
	}
}

static int m_remove(const struct mpath *p, bool rmdir)
{
	int dir = parent_of(p), n;

	if (dir < 0)
		return dir;
	n = node[dir].child[last(p)];
	if (!n)
		return -ENOENT;
	if (!rmdir && node[n].type == 'd')
		return -EISDIR;
	if (rmdir && node[n].type != 'd')
		return -ENOTDIR;
	if (rmdir && !empty(n))
		return -ENOTEMPTY;
	m_drop(dir, last(p));
	return 0;
}

static int m_link(const struct mpath *o, const struct mpath *p)
{
	int n = resolve(o, o->nr), dir;

	if (n < 0)
		return n;
	dir = parent_of(p);
	if (dir < 0)
		return dir;
	if (node[n].type == 'd')
		return -EPERM;
	if (node[dir].child[last(p)])
		return -EEXIST;
	node[dir].child[last(p)] = n;
	node[n].nlink++;
	return 0;
}

static bool below(int n, int top)
{
	for (; n != 1; n = node[n].parent)
		if (n == top)
			return true;
	return false;
}

static int m_rename(const struct mpath *o, const struct mpath *p)
{
	int odir = parent_of(o), dir, n, v;

	if (odir < 0)
		return odir;
	dir = parent_of(p);
	if (dir < 0)
		return dir;
	n = node[odir].child[last(o)];
	v = node[dir].child[last(p)];
	if (!n)
		return -ENOENT;
	if (n == v)
		return 0;
	if (node[n].type == 'd' && below(dir, n))
		return -EINVAL;
	if (v && node[n].type == 'd' && node[v].type != 'd')
		return -ENOTDIR;
	if (v && node[n].type != 'd' && node[v].type == 'd')
		return -EISDIR;
	if (v && node[v].type == 'd' && !empty(v))
		return -ENOTEMPTY;
	if (v)
		m_drop(dir, last(p));
	node[odir].child[last(o)] = 0;
	node[dir].child[last(p)] = n;
	if (node[n].type == 'd') {
		node[odir].nlink--;
		node[dir].nlink++;
		node[n].parent = dir;
	}
	return 0;
}

/* ------------------------------------------------------------ comparison */

static void compare(int n, const char *path)
{
	struct ros_stat st = stat_(path);
	char sub[64], names[64];
	int nr = 0;

	CHECK_EQ((st.st_mode & ROS_S_IFMT) == ROS_S_IFDIR, node[n].type == 'd');
	CHECK_EQ(st.st_nlink, node[n].nlink);
	if (node[n].type != 'd')
		return;
	strcpy(names, list_(path));
	for (int i = 0; i < NR; i++) {
		if (!node[n].child[i])
			continue;
		nr++;
		CHECK(strchr(names, NAMES[i]));
		sprintf(sub, "%s/%c", path, NAMES[i]);
		compare(node[n].child[i], sub);
		if (node[n].type == 'd')
			CHECK_STR(path_of(path), path);
	}
	CHECK_EQ(strlen(names), nr ? 2 * nr - 1 : 0);
}

static int real_open(const char *path, int flags)
{
	struct chan *c;
	int err = ns_open(&me, NULL, path, flags, 0644, &c);

	if (!err)
		chan_put(c);
	return err;
}

static void one_op(int i)
{
	struct mpath a, b;
	int want, got;

	random_path(&a);
	random_path(&b);
	switch (test_random(&seed) % 8) {
	case 0:
	case 1:
		want = m_make(&a, 'd', true);
		got = mkdir_(a.text);
		break;
	case 2:
		want = m_make(&a, 'f', false);
		got = real_open(a.text, CREATE);
		break;
	case 3:
		want = m_make(&a, 'f', true);
		got = real_open(a.text, CREATE | ROS_O_EXCL);
		break;
	case 4:
		want = m_remove(&a, false);
		got = ns_unlink(&me, NULL, a.text, false);
		break;
	case 5:
		want = m_remove(&a, true);
		got = ns_unlink(&me, NULL, a.text, true);
		break;
	case 6:
		want = m_link(&a, &b);
		got = ns_link(&me, NULL, a.text, NULL, b.text);
		break;
	default:
		want = m_rename(&a, &b);
		got = ns_rename(&me, NULL, a.text, NULL, b.text);
	}
	if (want != got)
		host_check_failed(__FILE__, __LINE__,
				  "step %d, %s %s: want %d, got %d", i, a.text,
				  b.text, want, got);
}

static size_t settled_memory(void)
{
	host_rcu_run();
	host_rcu_run();
	return host_mm_in_use();
}

TEST(tree_model)
{
	size_t before;

	ns_host_begin();
	before = settled_memory();
	for (seed = 1; seed < 5; seed++) {
		uint64_t keep = seed;

		memset(node, 0, sizeof(node));
		node[1] = (struct mnode){ .type = 'd', .nlink = 2,
					  .parent = 1 };
		for (int i = 0; i < 8000; i++) {
			one_op(i);
			if (i % 400 == 0)
				compare(1, "/tmp");
			if (i % 100 == 0)
				host_rcu_run();
		}
		compare(1, "/tmp");
		empty_("/tmp");
		seed = keep;
	}
	CHECK_EQ(stat_("/tmp").st_nlink, 2);
	/* The root's table stays. */
	CHECK(settled_memory() <= before + 8192);
	CHECK_EQ(atomic_load(&ram_tree.nr_files), 1);
}

/* ------------------------------------------------------------- big, storm */

TEST(tree_large_directory)
{
	static char buf[8192];
	struct chan *c;
	char path[32];
	long n, nr = 0;

	ns_host_begin();
	CHECK_EQ(mkdir_("/tmp/big"), 0);
	for (int i = 0; i < 5000; i++) {
		sprintf(path, "/tmp/big/%d", i);
		CHECK_EQ(open_(path, CREATE | ROS_O_EXCL), 0);
		if (i % 50 == 0)
			host_rcu_run();
	}
	c = chan_("/tmp/big", O_READ);
	while ((n = chan_readdir(c, buf, sizeof(buf))) > 0)
		for (long i = 0; i < n; i += ((struct ros_dirent *)
					      (buf + i))->d_reclen, nr++) {
			struct ros_dirent *d = (void *)(buf + i);

			/* What is removed meanwhile moves nothing. */
			if (d->d_name[0] != '.' && atoi(d->d_name) % 3 == 0) {
				sprintf(path, "/tmp/big/%s", d->d_name);
				CHECK_EQ(ns_unlink(&me, NULL, path, false), 0);
			}
		}
	CHECK_EQ(nr, 5002);
	CHECK_EQ(chan_seek(c, 0, ROS_SEEK_SET), 0);
	CHECK_EQ(chan_readdir(c, buf, 10), -EINVAL);
	for (nr = 0; (n = chan_readdir(c, buf, sizeof(buf))) > 0;)
		for (long i = 0; i < n; i += ((struct ros_dirent *)
					      (buf + i))->d_reclen)
			nr++;
	CHECK_EQ(nr, 5002 - 1667);
	chan_put(c);
	for (int i = 0; i < 5000; i++) {
		sprintf(path, "/tmp/big/%d", i);
		CHECK_EQ(ns_unlink(&me, NULL, path, false),
			 i % 3 ? 0 : -ENOENT);
	}
	CHECK_EQ(ns_unlink(&me, NULL, "/tmp/big", true), 0);
}

static struct proc other[4];

static void storm(void *arg, unsigned int core)
{
	struct proc *p = &other[core];
	uint64_t s = core + 77;
	char a[32], b[32];
	struct chan *c;

	cur_kthread_get()->proc = p;
	for (int i = 0; i < 4000; i++) {
		char *path[2] = { a, b };

		for (int k = 0; k < 2; k++) {
			strcpy(path[k], "/tmp");
			for (int d = 1 + test_random(&s) % 3; d; d--)
				sprintf(path[k] + strlen(path[k]), "/%c",
					NAMES[test_random(&s) % 3]);
		}
		switch (test_random(&s) % 6) {
		case 0:
			ns_mkdir(p, NULL, a, 0755);
			break;
		case 1:
			if (!ns_open(p, NULL, a, CREATE, 0644, &c))
				chan_put(c);
			break;
		case 2:
			ns_unlink(p, NULL, a, test_random(&s) & 1);
			break;
		case 3:
			ns_link(p, NULL, a, NULL, b);
			break;
		default:
			ns_rename(p, NULL, a, NULL, b);
		}
	}
}

/* nlink of directories is right, "..", names and counts agree. */
static void check_tree(const char *path, int depth)
{
	struct ros_stat st = stat_(path), sub_st, up_st;
	char names[64], sub[1024], *save, *nm;
	int subdirs = 0;

	CHECK(depth < 400);
	strcpy(names, list_(path));
	for (nm = strtok_r(names, " ", &save); nm;
	     nm = strtok_r(NULL, " ", &save)) {
		sprintf(sub, "%s/%s", path, nm);
		sub_st = stat_(sub);
		CHECK(sub_st.st_nlink > 0);
		if ((sub_st.st_mode & ROS_S_IFMT) != ROS_S_IFDIR)
			continue;
		subdirs++;
		check_tree(sub, depth + 1);
		strcat(sub, "/..");
		up_st = stat_(sub);
		CHECK_EQ(up_st.st_ino, st.st_ino);
	}
	CHECK_EQ(st.st_nlink, 2 + subdirs);
}

TEST(tree_storm)
{
	ns_host_begin();
	for (int i = 0; i < 4; i++) {
		other[i] = me;
		CHECK(!ns_proc_create(&other[i], &me, 0));
	}
	for (int round = 0; round < 5; round++) {
		host_run_cores(4, storm, NULL);
		cur_kthread_get()->proc = &me;
		check_tree("/tmp", 0);
		host_rcu_run();
	}
	for (int i = 0; i < 4; i++)
		ns_proc_destroy(&other[i]);
	empty_("/tmp");
	settled_memory();
	CHECK_EQ(atomic_load(&ram_tree.nr_files), 1);
}

/* ----------------------------------------------------------------- data */

static long write_at(struct chan *c, const void *s, size_t n, const uint64_t *o)
{
	struct uio u;

	uio_init_one(&u, (void *)s, n, true);
	return chan_write(c, &u, o);
}

static long read_at(struct chan *c, void *s, size_t n, const uint64_t *off)
{
	struct uio u;

	uio_init_one(&u, s, n, true);
	return chan_read(c, &u, off);
}

TEST(tree_data)
{
	char buf[64] = { 0 };
	struct chan *c, *d;
	uint64_t off = 3;

	ns_host_begin();
	c = chan_("/tmp/f", CREATE);
	CHECK_EQ(write_at(c, "hello", 5, NULL), 5);
	CHECK_EQ(write_at(c, " you", 4, NULL), 4);
	CHECK_EQ(read_at(c, buf, 9, NULL), 0);
	CHECK_EQ(chan_seek(c, -4, ROS_SEEK_END), 5);
	CHECK_EQ(read_at(c, buf, 9, NULL), 4);
	CHECK(!memcmp(buf, " you", 4));
	CHECK_EQ(chan_seek(c, 0, ROS_SEEK_CUR), 9);
	CHECK_EQ(chan_seek(c, -10, ROS_SEEK_CUR), -EINVAL);
	CHECK_EQ(read_at(c, buf, 3, &off), 3);
	CHECK(!memcmp(buf, "lo ", 3));
	/* Removed, it stays for who has it open. */
	CHECK_EQ(ns_unlink(&me, NULL, "/tmp/f", false), 0);
	CHECK_EQ(read_at(c, buf, 3, &off), 3);
	CHECK_EQ(chan_truncate(c, 2), 0);
	CHECK_EQ(read_at(c, buf, 3, &off), 0);
	chan_put(c);
	c = chan_("/tmp/log", CREATE | ROS_O_APPEND);
	d = chan_("/tmp/log", CREATE | ROS_O_APPEND);
	CHECK_EQ(write_at(c, "one ", 4, NULL), 4);
	CHECK_EQ(write_at(d, "two ", 4, NULL), 4);
	CHECK_EQ(write_at(c, "three", 5, &off), 5);
	CHECK_EQ(chan_seek(c, 0, ROS_SEEK_CUR), 4);
	CHECK_EQ(write_at(c, "!", 1, NULL), 1);
	CHECK_EQ(chan_seek(c, 0, ROS_SEEK_CUR), 14);
	CHECK_EQ(chan_seek(c, 0, ROS_SEEK_SET), 0);
	CHECK_EQ(read_at(c, buf, 64, NULL), 14);
	CHECK(!memcmp(buf, "one two three!", 14));
	chan_put(c);
	chan_put(d);
	CHECK_EQ(write_("/tmp/log", "x"), 0); /* truncates */
	CHECK_EQ(stat_("/tmp/log").st_size, 1);
}

TEST(tree_holes_and_limit)
{
	struct chan *c;
	uint64_t off = 10 * PGSIZE;
	static char buf[8 * PGSIZE];

	ns_host_begin();
	c = chan_("/tmp/h", CREATE);
	CHECK_EQ(write_at(c, "x", 1, &off), 1);
	CHECK_EQ(stat_("/tmp/h").st_blocks, 8);
	CHECK_EQ(chan_seek(c, 0, ROS_SEEK_DATA), 10 * PGSIZE);
	CHECK_EQ(chan_seek(c, 0, ROS_SEEK_HOLE), 0);
	CHECK_EQ(chan_seek(c, off, ROS_SEEK_HOLE), off + 1);
	CHECK_EQ(chan_seek(c, off + 1, ROS_SEEK_DATA), -ENXIO);
	CHECK_EQ(atomic_load(&ram_tree.used_bytes), PGSIZE);
	ram_tree.max_bytes = 4 * PGSIZE;
	CHECK_EQ(chan_seek(c, 100, ROS_SEEK_SET), 100);
	CHECK_EQ(write_at(c, buf, 8 * PGSIZE, NULL), 3 * PGSIZE - 100);
	CHECK_EQ(write_at(c, buf, 1, NULL), -ENOSPC);
	off = 0;
	CHECK_EQ(write_at(c, buf, 3 * PGSIZE, &off), 3 * PGSIZE);
	CHECK_EQ(chan_truncate(c, 0), 0);
	CHECK_EQ(atomic_load(&ram_tree.used_bytes), 0);
	CHECK_EQ(write_at(c, buf, 8 * PGSIZE, &off), 4 * PGSIZE);
	chan_put(c);
	ram_tree.max_bytes = 0;
	empty_("/tmp");
	CHECK_EQ(atomic_load(&ram_tree.used_bytes), 0);
}

static struct chan *shared;

static void append_lines(void *arg, unsigned int core)
{
	char line[32];

	for (int i = 0; i < 3000; i++) {
		sprintf(line, "%u%06d", core, i);
		CHECK_EQ(write_at(shared, line, 7, NULL), 7);
	}
}

/* One chan's offset, many writers: nothing is lost or written over. */
TEST(tree_shared_offset)
{
	int next[4] = { 0 };
	char line[8] = "";

	ns_host_begin();
	shared = chan_("/tmp/s", CREATE);
	host_run_cores(4, append_lines, NULL);
	CHECK_EQ(chan_seek(shared, 0, ROS_SEEK_CUR), 4 * 3000 * 7);
	CHECK_EQ(chan_seek(shared, 0, ROS_SEEK_SET), 0);
	for (int i = 0; i < 12000; i++) {
		CHECK_EQ(read_at(shared, line, 7, NULL), 7);
		CHECK_EQ(atoi(line + 1), next[line[0] - '0']++);
	}
	chan_put(shared);
}

TEST(tree_remove_on_close)
{
	struct chan *c;

	ns_host_begin();
	c = chan_("/tmp/r", CREATE | ROS_O_REMCLO);
	CHECK_EQ(open_("/tmp/r", O_READ), 0);
	chan_put(c);
	CHECK_EQ(open_("/tmp/r", O_READ), -ENOENT);
}

TEST(tree_attributes)
{
	struct wstat w = { .valid = WSTAT_MODE, .mode = 04755 };
	struct ros_statfs sf;
	struct chan *c;

	ns_host_begin();
	c = chan_("/tmp/a", CREATE);
	CHECK_EQ(chan_wstat(c, &w, &nobody), -EPERM);
	CHECK_EQ(chan_wstat(c, &w, me.cred), 0);
	CHECK_EQ(stat_("/tmp/a").st_mode, ROS_S_IFREG | 04755);
	CHECK_EQ(write_at(c, "x", 1, NULL), 1);
	CHECK_EQ(stat_("/tmp/a").st_mode, ROS_S_IFREG | 0755);
	w = (struct wstat){ .valid = WSTAT_UID, .uid = 1000 };
	CHECK_EQ(chan_wstat(c, &w, &nobody), -EPERM);
	CHECK_EQ(chan_wstat(c, &w, me.cred), 0);
	w = (struct wstat){ .valid = WSTAT_GID, .gid = 5 };
	CHECK_EQ(chan_wstat(c, &w, &nobody), -EPERM);
	w = (struct wstat){ .valid = WSTAT_ATIME | WSTAT_MTIME_NOW,
			    .atime = { -1, 5 } };
	CHECK_EQ(chan_wstat(c, &w, &nobody), 0);
	CHECK_EQ(stat_("/tmp/a").st_atim.tv_sec, -1);
	CHECK_EQ(stat_("/tmp/a").st_atim.tv_nsec, 5);
	CHECK_EQ(c->dev->statfs(c, &sf), 0);
	CHECK_EQ(sf.f_namelen, 255);
	chan_put(c);
}
