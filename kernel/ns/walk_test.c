// SPDX-License-Identifier: MIT
/* Host test: paths, links, mounts, unions, permissions on the way. */
#include <ns/ns_host.h>

#define CREATE (ROS_O_CREAT | O_WRITE)

TEST(walk_errors)
{
	char name[300], deep[5000];

	ns_host_begin();
	CHECK_EQ(write_("/tmp/f", "x"), 0);
	CHECK_EQ(open_("", O_READ), -ENOENT);
	CHECK_EQ(open_("/tmp/none", O_READ), -ENOENT);
	CHECK_EQ(open_("/tmp/none/x", O_READ), -ENOENT);
	CHECK_EQ(open_("/tmp/f/x", O_READ), -ENOTDIR);
	CHECK_EQ(open_("/tmp/f/", O_READ), -ENOTDIR);
	CHECK_EQ(open_("/tmp/f/.", O_READ), -ENOTDIR);
	CHECK_EQ(open_("/tmp/f/..", O_READ), -ENOTDIR);
	CHECK_EQ(open_("//tmp///./f", O_READ), 0);
	CHECK_EQ(open_("#nodev/x", O_READ), -ENODEV);
	CHECK_EQ(open_("#ram/f", O_READ), 0);
	memset(name, 'n', 256);
	name[256] = 0;
	sprintf(deep, "/tmp/%s", name);
	CHECK_EQ(open_(deep, O_READ), -ENAMETOOLONG);
	CHECK_EQ(open_(deep, CREATE), -ENAMETOOLONG);
	CHECK_EQ(mkdir_(deep), -ENAMETOOLONG);
	deep[5 + 255] = 0;
	CHECK_EQ(open_(deep, CREATE), 0);
	CHECK_EQ(open_(deep, O_READ), 0);
}

static void links_in(const char *top)
{
	char a[64], b[64], c[64];

	sprintf(a, "%s/d", top);
	CHECK_EQ(mkdir_(a), 0);
	sprintf(a, "%s/d/f", top);
	CHECK_EQ(write_(a, "data"), 0);
	sprintf(b, "%s/l", top);
	CHECK_EQ(symlink_("d/f", b), 0);
	CHECK_EQ(open_(b, O_READ), 0);
	CHECK_EQ(open_(b, O_READ | ROS_O_NOFOLLOW), -ELOOP);
	CHECK_EQ(open_(b, ROS_O_PATH | ROS_O_NOFOLLOW), 0);
	CHECK_EQ(stat_(b).st_size, 3);
	sprintf(b, "%s/l/", top);
	CHECK_EQ(open_(b, O_READ), -ENOTDIR);
	sprintf(b, "%s/ld", top);
	CHECK_EQ(symlink_("./d/../d", b), 0);
	sprintf(c, "%s/ld/f", top);
	CHECK_EQ(open_(c, O_READ), 0);
	sprintf(c, "%s/ld/../l", top);
	CHECK_EQ(open_(c, O_READ), 0);
	sprintf(b, "%s/loop", top);
	CHECK_EQ(symlink_("loop", b), 0);
	CHECK_EQ(open_(b, O_READ), -ELOOP);
	CHECK_EQ(open_(b, CREATE), -ELOOP);
	sprintf(b, "%s/dang", top);
	CHECK_EQ(symlink_("d/new", b), 0);
	CHECK_EQ(open_(b, O_READ), -ENOENT);
	CHECK_EQ(open_(b, CREATE | ROS_O_EXCL), -EEXIST);
	CHECK_EQ(open_(b, CREATE), 0);
	sprintf(a, "%s/d/new", top);
	CHECK_EQ(open_(a, O_READ), 0);
	sprintf(b, "%s/abs", top);
	CHECK_EQ(symlink_("/tmp", b), 0);
	sprintf(c, "%s/abs/../tmp", top);
	CHECK_STR(path_of(c), "/tmp");
}

TEST(walk_links)
{
	ns_host_begin();
	links_in("/tmp");
	/* The same, walked with counts. */
	links_in("#slow");
}

TEST(walk_create_flags)
{
	struct chan *c;

	ns_host_begin();
	CHECK_EQ(open_("/tmp/a/", CREATE), -EISDIR);
	CHECK_EQ(open_("/tmp/a", CREATE | ROS_O_EXCL), 0);
	CHECK_EQ(open_("/tmp/a", CREATE | ROS_O_EXCL), -EEXIST);
	CHECK_EQ(open_("/tmp/a", CREATE), 0);
	CHECK_EQ(open_("/tmp", CREATE), -EISDIR);
	CHECK_EQ(open_("/tmp", O_WRITE), -EISDIR);
	CHECK_EQ(open_("/tmp/a", O_READ | ROS_O_DIRECTORY), -ENOTDIR);
	CHECK_EQ(open_("/tmp", O_RDWR | ROS_O_TMPFILE), -EOPNOTSUPP);
	CHECK_EQ(open_("/tmp/x", CREATE | ROS_O_DIRECTORY), -EINVAL);
	CHECK_EQ(ns_mknod(&me, NULL, "/tmp/fifo", ROS_S_IFIFO | 0600, 0), 0);
	CHECK_EQ(open_("/tmp/fifo", O_READ), -ENXIO);
	CHECK_EQ(ns_mknod(&me, NULL, "/tmp/c", ROS_S_IFCHR | 0600, 0), -EPERM);
	/* K5: 0 is no permission to read. */
	c = chan_("/tmp/a", 0);
	CHECK_EQ(c->mode, 0);
	chan_put(c);
	CHECK_EQ(open_("/tmp/a", O_EXEC), -EACCES); /* nobody may */
	CHECK_EQ(open_("/tmp", O_EXEC), -EACCES);
}

TEST(walk_mkdir_exists)
{
	ns_host_begin();
	CHECK_EQ(mkdir_("/"), -EEXIST); /* K4 */
	CHECK_EQ(mkdir_("/tmp"), -EEXIST);
	CHECK_EQ(mkdir_("/tmp/."), -EEXIST);
	CHECK_EQ(mkdir_("/tmp/d/"), 0);
	CHECK_EQ(mkdir_("/tmp/d"), -EEXIST);
	CHECK_EQ(mkdir_("/tmp/d/.."), -EEXIST);
	CHECK_EQ(mkdir_("/tmp/x/y"), -ENOENT);
	me.cred = &nobody;
	CHECK_EQ(mkdir_("/"), -EEXIST);
	CHECK_EQ(mkdir_("/tmp"), -EEXIST); /* not EACCES */
	CHECK_EQ(mkdir_("/newdir"), -EACCES);
	me.cred = &root_cred;
}

TEST(walk_removal)
{
	ns_host_begin();
	CHECK_EQ(mkdir_("/tmp/d"), 0);
	CHECK_EQ(write_("/tmp/d/f", "x"), 0);
	CHECK_EQ(ns_unlink(&me, NULL, "/tmp/d", false), -EISDIR);
	CHECK_EQ(ns_unlink(&me, NULL, "/tmp/d", true), -ENOTEMPTY);
	CHECK_EQ(ns_unlink(&me, NULL, "/tmp/d/f", true), -ENOTDIR);
	CHECK_EQ(ns_unlink(&me, NULL, "/tmp/d/f/", false), -ENOTDIR);
	CHECK_EQ(ns_unlink(&me, NULL, "/tmp/d/.", true), -EINVAL);
	CHECK_EQ(ns_unlink(&me, NULL, "/tmp/d/..", true), -ENOTEMPTY);
	CHECK_EQ(ns_unlink(&me, NULL, "/", true), -EBUSY);
	CHECK_EQ(ns_unlink(&me, NULL, "/tmp", true), -EBUSY);
	CHECK_EQ(ns_rename(&me, NULL, "/tmp", NULL, "/x"), -EBUSY);
	CHECK_EQ(ns_rename(&me, NULL, "/tmp/d", NULL, "/x"), -EXDEV);
	CHECK_EQ(ns_unlink(&me, NULL, "/tmp/d/f", false), 0);
	CHECK_EQ(ns_unlink(&me, NULL, "/tmp/d/", true), 0);
	CHECK_EQ(ns_unlink(&me, NULL, "/tmp/d", true), -ENOENT);
}

/* Removed while it is the current directory. */
TEST(walk_dead_directory)
{
	struct chan *c;

	ns_host_begin();
	CHECK_EQ(mkdir_("/tmp/p"), 0);
	CHECK_EQ(mkdir_("/tmp/p/d"), 0);
	c = chan_("/tmp/p/d", O_READ);
	CHECK_EQ(ns_chdir(&me, c), 0);
	chan_put(c);
	CHECK_STR(path_of("."), "/tmp/p/d");
	CHECK_EQ(ns_unlink(&me, NULL, "/tmp/p/d", true), 0);
	CHECK_EQ(ns_unlink(&me, NULL, "/tmp/p", true), 0);
	CHECK_EQ(open_("f", CREATE), -ENOENT);
	CHECK_EQ(mkdir_("d"), -ENOENT);
	CHECK_STR(path_of("."), "error -2");
	CHECK_EQ(open_("..", O_READ), 0);
	CHECK_STR(list_("."), "");
	c = chan_("/", O_READ);
	CHECK_EQ(ns_chdir(&me, c), 0);
	chan_put(c);
	CHECK_STR(path_of("."), "/");
}

TEST(walk_mounts)
{
	struct chan *onto, *src;

	ns_host_begin();
	CHECK_EQ(mkdir_("/tmp/a"), 0);
	CHECK_EQ(mkdir_("/tmp/a/m"), 0);
	CHECK_EQ(mkdir_("#slow/s"), 0);
	CHECK_EQ(write_("#slow/s/f", "slow"), 0);
	CHECK_EQ(bind_("#slow", "/tmp/a/m", MREPL), 0);
	CHECK_STR(list_("/tmp/a/m"), "s");
	CHECK_EQ(open_("/tmp/a/m/s/f", O_READ), 0);
	CHECK_STR(path_of("/tmp/a/m/s/f"), "/tmp/a/m/s/f");
	CHECK_STR(path_of("/tmp/a/m/s/../.."), "/tmp/a");
	CHECK_STR(path_of("/tmp/a/m"), "/tmp/a/m");
	CHECK_EQ(symlink_("../..", "/tmp/a/m/s/up"), 0);
	CHECK_STR(path_of("/tmp/a/m/s/up"), "/tmp/a");
	CHECK_EQ(ns_rename(&me, NULL, "/tmp/a/m", NULL, "/tmp/x"), -EBUSY);
	CHECK_EQ(ns_unlink(&me, NULL, "/tmp/a/m", true), -EBUSY);
	CHECK_EQ(ns_walk(&me, NULL, "/tmp/a/m", WALK_NOMOUNT, NULL, &onto), 0);
	CHECK_EQ(ns_walk(&me, NULL, "#slow", 0, NULL, &src), 0);
	CHECK_EQ(ns_unmount(&me, src, onto), 0);
	CHECK_EQ(ns_unmount(&me, src, onto), -EINVAL);
	chan_put(src);
	chan_put(onto);
	CHECK_STR(list_("/tmp/a/m"), "");
}

static int mounts_seen;

static void see_mount(const char *onto, const char *src, int flags, void *arg)
{
	if (!strcmp(onto, "/tmp/u"))
		mounts_seen++;
}

TEST(walk_unions)
{
	ns_host_begin();
	for (const char *d = "uvw"; *d; d++) {
		char path[16];

		sprintf(path, "/tmp/%c", *d);
		CHECK_EQ(mkdir_(path), 0);
		sprintf(path, "/tmp/%c/%c", *d, *d);
		CHECK_EQ(write_(path, path), 0);
		sprintf(path, "/tmp/%c/same", *d);
		CHECK_EQ(write_(path, path), 0);
	}
	CHECK_EQ(bind_("/tmp/v", "/tmp/u", MAFTER), 0);
	CHECK_STR(list_("/tmp/u"), "u same v");
	CHECK_EQ(open_("/tmp/u/v", O_READ), 0);
	CHECK_EQ(open_("/tmp/u/new", CREATE), -EPERM);
	CHECK_EQ(bind_("/tmp/w", "/tmp/u", MBEFORE | MCREATE), 0);
	CHECK_STR(list_("/tmp/u"), "w same u v");
	CHECK_EQ(stat_("/tmp/u/same").st_ino, stat_("/tmp/w/same").st_ino);
	CHECK_EQ(open_("/tmp/u/new", CREATE), 0);
	CHECK_EQ(open_("/tmp/w/new", O_READ), 0);
	CHECK_EQ(mkdir_("/tmp/u/v"), -EEXIST);
	CHECK_EQ(ns_rename(&me, NULL, "/tmp/u/v", NULL, "/tmp/u/vv"), 0);
	CHECK_EQ(open_("/tmp/v/vv", O_READ), 0);
	CHECK_EQ(ns_unlink(&me, NULL, "/tmp/u/same", false), 0);
	CHECK_EQ(open_("/tmp/w/same", O_READ), -ENOENT);
	CHECK_EQ(open_("/tmp/u/same", O_READ), 0);
}

TEST(walk_unions_end)
{
	struct chan *onto;

	ns_for_each_mount(&me, see_mount, NULL);
	CHECK_EQ(mounts_seen, 3);
	CHECK_EQ(ns_walk(&me, NULL, "/tmp/u", WALK_NOMOUNT, NULL, &onto), 0);
	CHECK_EQ(ns_unmount(&me, NULL, onto), 0);
	chan_put(onto);
	CHECK_STR(list_("/tmp/u"), "u same");
}

TEST(walk_permissions)
{
	struct chan *c;

	ns_host_begin();
	me.umask = 022;
	CHECK_EQ(mkdir_("/tmp/priv"), 0);
	CHECK_EQ(write_("/tmp/priv/f", "x"), 0);
	CHECK_EQ(write_("/tmp/f200", "x"), 0);
	c = chan_("/tmp/priv", ROS_O_PATH);
	CHECK_EQ(chan_wstat(c, &(struct wstat){ .valid = WSTAT_MODE,
						.mode = 0700 }, me.cred), 0);
	chan_put(c);
	c = chan_("/tmp/f200", ROS_O_PATH);
	CHECK_EQ(chan_wstat(c, &(struct wstat){
			.valid = WSTAT_MODE | WSTAT_UID, .mode = 0200,
			.uid = 1000 }, me.cred), 0);
	chan_put(c);
	me.cred = &nobody;
	CHECK_EQ(open_("/tmp/priv/f", O_READ), -EACCES);
	CHECK_EQ(open_("/tmp/priv/none", O_READ), -EACCES);
	CHECK_EQ(open_("/tmp/priv/..", O_READ), -EACCES);
	CHECK_EQ(open_("/tmp/f200", O_READ), -EACCES); /* K6 */
	CHECK_EQ(open_("/tmp/f200", O_WRITE), 0);
	CHECK_EQ(open_("/tmp/f200", O_RDWR), -EACCES);
	CHECK_EQ(open_("/tmp/mine", CREATE), 0);
	CHECK_EQ(ns_unlink(&me, NULL, "/tmp/priv", true), -EPERM); /* sticky */
	/* Its creator has a file open as he asked. */
	CHECK_EQ(ns_open(&me, NULL, "/tmp/ro", O_RDWR | ROS_O_CREAT, 0400, &c),
		 0);
	chan_put(c);
	CHECK_EQ(stat_("/tmp/ro").st_mode, ROS_S_IFREG | 0400);
	CHECK_EQ(open_("/tmp/ro", O_RDWR), -EACCES);
	CHECK_EQ(ns_unlink(&me, NULL, "/tmp/ro", false), 0);
	me.cred = &root_cred;
	CHECK_EQ(open_("/tmp/f200", O_RDWR), 0);
	me.umask = 0;
}

TEST(walk_device_nodes)
{
	struct chan *c;
	char b;

	ns_host_begin();
	CHECK_EQ(stat_("/dev/null").st_mode, ROS_S_IFCHR | 0666);
	c = chan_("/dev/null", O_RDWR);
	CHECK_STR(c->dev->name, "null");
	CHECK_STR(c->path, "/dev/null");
	CHECK_EQ(chan_read_kernel(c, &b, 1, 0), 0);
	chan_put(c);
	CHECK_EQ(open_("/dev/null/x", O_READ), -ENOTDIR);
	CHECK_EQ(tree_add_node(&dev_tree, "loop", 0600, "#dev/loop"), 0);
	CHECK_EQ(open_("/dev/loop", O_READ), -ELOOP);
	CHECK_EQ(tree_add_node(&dev_tree, "sub/gone", 0600, "#gone"), 0);
	CHECK_EQ(open_("/dev/sub/gone", O_READ), -ENODEV);
}

TEST(walk_relative)
{
	struct chan *dir, *c;

	ns_host_begin();
	CHECK_EQ(mkdir_("/tmp/d"), 0);
	dir = chan_("/tmp/d", O_READ);
	CHECK_EQ(ns_open(&me, dir, "f", CREATE, 0600, &c), 0);
	chan_put(c);
	CHECK_EQ(ns_mkdir(&me, dir, "e", 0700), 0);
	CHECK_EQ(ns_rename(&me, dir, "f", dir, "e/g"), 0);
	CHECK_EQ(ns_link(&me, dir, "e/g", NULL, "/tmp/h"), 0);
	CHECK_EQ(stat_("/tmp/h").st_nlink, 2);
	CHECK_EQ(ns_link(&me, dir, "e", NULL, "/tmp/i"), -EPERM);
	CHECK_EQ(ns_open(&me, dir, "e/g/x", O_READ, 0, &c), -ENOTDIR);
	chan_put(dir);
	dir = chan_("/tmp/h", O_READ);
	CHECK_EQ(ns_open(&me, dir, "x", O_READ, 0, &c), -ENOTDIR);
	chan_put(dir);
}

TEST(walk_chroot)
{
	struct chan *c, *old = ns_get_root(me.ns);

	ns_host_begin();
	CHECK_EQ(mkdir_("/tmp/jail"), 0);
	CHECK_EQ(mkdir_("/tmp/jail/d"), 0);
	c = chan_("/tmp/jail", O_READ);
	CHECK_EQ(ns_chroot(&me, c), 0);
	chan_put(c);
	CHECK_STR(path_of("/d/../.."), "/");
	CHECK_STR(path_of("/d"), "/d");
	CHECK_EQ(open_("/tmp", O_READ), -ENOENT);
	CHECK_EQ(mkdir_("/"), -EEXIST);
	CHECK_EQ(ns_chroot(&me, old), 0);
	chan_put(old);
	CHECK_STR(path_of("/tmp/jail"), "/tmp/jail");
}

/* Names are compared by words. */
TEST(walk_name_lengths)
{
	char path[64];

	ns_host_begin();
	for (int n = 1; n < 40; n++) {
		strcpy(path, "/tmp/");
		memset(path + 5, 'a', n);
		path[5 + n] = 0;
		CHECK_EQ(open_(path, CREATE | ROS_O_EXCL), 0);
		for (int k = 0; k < n; k++) {
			path[5 + k] = 'b';
			CHECK_EQ(open_(path, O_READ), -ENOENT);
			path[5 + k] = 'a';
		}
		strcat(path, "a");
		CHECK_EQ(open_(path, O_READ), -ENOENT);
	}
	for (int n = 1; n < 40; n++) {
		strcpy(path, "/tmp/");
		memset(path + 5, 'a', n);
		path[5 + n] = 0;
		CHECK_EQ(ns_unlink(&me, NULL, path, false), 0);
	}
}
