// SPDX-License-Identifier: MIT
/* #tmpfs: files in memory; one tree for the machine, usually seen as /tmp. */
#include <lib/log.h>
#include <mm/frame.h>
#include <ns/tree.h>
#include <ros/errno.h>

static struct tree_fs tmpfs;

static int tmpfs_attach(struct chan *c, const char *spec);

static struct dev tmpfs_dev = {
	.name = "tmpfs",
	.attach = tmpfs_attach,
	TREE_DEV_OPS,
};
DEVICE(tmpfs_dev);

/* The tree is made by the first attach, which is ns_init()'s. */
static int tmpfs_attach(struct chan *c, const char *spec)
{
	int err;

	if (*spec)
		return fail(ENOENT, "#tmpfs takes no name, not '%s'", spec);
	if (!tmpfs.root) {
		err = tree_fs_init(&tmpfs, &tmpfs_dev, "tmpfs", 01777);
		if (err)
			return err;
		tmpfs.max_bytes = frames_total() / 2 * PGSIZE;
	}
	tree_attach_root(&tmpfs, c);
	return 0;
}
