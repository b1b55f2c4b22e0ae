// SPDX-License-Identifier: MIT
/* Host test: boot archives, whole ones and damaged ones. */
#include <ns/ns_host.h>

#include <mm/frame.h>
#include <stdlib.h>

static char *archive; /* frames, so that pages can be lent */
static size_t at;
#define ARCHIVE_PAGES 64

static void pad(size_t to)
{
	while (at % to)
		archive[at++] = 0;
}

/* As tools/mkboot.py writes them. */
static void add(const char *name, uint32_t mode, const void *data, size_t size)
{
	size_t name_len = strlen(name) + 1, padded = name_len;

	if ((mode & ROS_S_IFMT) == ROS_S_IFREG && size >= 512)
		padded += -(at + 110 + name_len) % PGSIZE;
	sprintf(archive + at, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X"
		"%08X%08X%08X", 1, mode, 0, 0, 1, 1000, (unsigned int)size, 0,
		0, 0, 0, (unsigned int)padded, 0);
	at += 110;
	memset(archive + at, 0, padded);
	memcpy(archive + at, name, name_len);
	at += padded;
	pad(4);
	memcpy(archive + at, data, size);
	at += size;
	pad(4);
}

static void build(void)
{
	static char big[3 * PGSIZE + 100];

	for (int i = 0; i < sizeof(big); i++)
		big[i] = i % 251;
	if (!archive)
		archive = frame_to_virt(frames_alloc(6, 0));
	at = 0;
	add("bin", ROS_S_IFDIR | 0755, "", 0);
	add("bin/big", ROS_S_IFREG | 0755, big, sizeof(big));
	add("bin/sh", ROS_S_IFLNK | 0777, "big", 3);
	add("etc/motd", ROS_S_IFREG | 0644, "hello\n", 6);
	add("etc", ROS_S_IFDIR | 0700, "", 0);
	add("empty", ROS_S_IFREG | 0644, "", 0);
	add("TRAILER!!!", 0, "", 0);
	pad(PGSIZE);
	add("./etc/motd", ROS_S_IFREG | 0600, "second\n", 7);
	add("TRAILER!!!", 0, "", 0);
	pad(PGSIZE);
	CHECK(at <= ARCHIVE_PAGES * PGSIZE);
}

TEST(cpio_unpacks)
{
	static char buf[4 * PGSIZE];
	size_t frames;
	struct chan *c;
	uint64_t off = 2 * PGSIZE;
	struct uio u;

	ns_host_begin();
	build();
	frames = host_frames_in_use();
	CHECK_EQ(cpio_unpack(&ram_tree, archive, at), 0);
	CHECK_EQ(host_frames_in_use(), frames); /* nothing was copied */
	CHECK_STR(list_("/tmp"), "bin etc empty");
	CHECK_EQ(stat_("/tmp/etc").st_mode, ROS_S_IFDIR | 0700);
	CHECK_EQ(stat_("/tmp/bin/big").st_mtim.tv_sec, 1000);
	CHECK_EQ(stat_("/tmp/bin/big").st_size, 3 * PGSIZE + 100);
	c = chan_("/tmp/bin/sh", O_RDWR);
	CHECK_EQ(chan_read_kernel(c, buf, sizeof(buf), 0), 3 * PGSIZE + 100);
	for (int i = 0; i < 3 * PGSIZE + 100; i++)
		CHECK_EQ(buf[i], (char)(i % 251));
	CHECK_EQ(host_frames_in_use(), frames + 1); /* the last page */
	/* A write is to a copy; what was cut off does not come back. */
	uio_init_one(&u, "XY", 2, false);
	CHECK_EQ(chan_write(c, &u, &off), 2);
	CHECK_EQ(chan_truncate(c, off + 1), 0);
	CHECK_EQ(chan_truncate(c, 4 * PGSIZE), 0);
	CHECK_EQ(chan_read_kernel(c, buf, PGSIZE, off), PGSIZE);
	CHECK(buf[0] == 'X' && !buf[1] && !buf[PGSIZE - 1]);
	chan_put(c);
	c = chan_("/tmp/etc/motd", O_READ);
	CHECK_EQ(chan_read_kernel(c, buf, sizeof(buf), 0), 7);
	CHECK(!memcmp(buf, "second\n", 7));
	chan_put(c);
	empty_("/tmp");
	host_rcu_run();
	CHECK_EQ(host_frames_in_use(), frames);
}

TEST(cpio_damaged)
{
	uint64_t seed = 3;
	size_t len;
	char *copy;

	ns_host_begin();
	build();
	CHECK_EQ(cpio_unpack(&ram_tree, archive, 50), -EINVAL);
	CHECK_EQ(cpio_unpack(&ram_tree, archive + 1, 5000), -EINVAL);
	for (len = 1; len < at; len += 97) {
		copy = malloc(len);
		memcpy(copy, archive, len);
		cpio_unpack(&ram_tree, copy, len);
		empty_("/tmp");
		free(copy);
	}
	for (int i = 0; i < 3000; i++) {
		copy = malloc(at);
		memcpy(copy, archive, at);
		for (int k = 0; k < 3; k++)
			copy[test_random(&seed) % (i & 1 ? 400 : at)] =
				test_random(&seed) % 2 ?
					"0123456789ABCDEF/."[test_random(&seed)
							     % 18] :
					test_random(&seed);
		cpio_unpack(&ram_tree, copy, at);
		empty_("/tmp");
		free(copy);
	}
}
