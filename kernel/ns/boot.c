// SPDX-License-Identifier: MIT
/* The boot name space: the boot archive as root, and what is mounted there. */
#include <ns/ns_priv.h>
#include <ns/tree_priv.h>

#include <arch/machine.h>
#include <lib/assert.h>
#include <lib/log.h>
#include <lib/string.h>
#include <core/kthread.h>
#include <mm/frame.h>
#include <ros/errno.h>

struct tree_fs root_tree, dev_tree;
struct pgrp *boot_pgrp;
struct chan *boot_root;

extern const struct dev_node __start_set_dev_node[] __attribute__((weak));
extern const struct dev_node __stop_set_dev_node[] __attribute__((weak));

/* ------------------------------------------------------- the two devices */

static int root_attach(struct chan *c, const char *spec)
{
	tree_attach_root(&root_tree, c);
	return 0;
}

static struct dev root_dev = {
	.name = "root",
	.attach = root_attach,
	TREE_DEV_OPS,
};
DEVICE(root_dev);

static int dev_attach_tree(struct chan *c, const char *spec)
{
	tree_attach_root(&dev_tree, c);
	return 0;
}

static struct dev dev_dev = {
	.name = "dev",
	.attach = dev_attach_tree,
	TREE_DEV_OPS,
};
DEVICE(dev_dev);

/* ------------------------------------------------------------- building */

static void must(int err, const char *what)
{
	if (err)
		panic("%s: %s (error %d)", what, cur_kthread_get()->errstr,
		      -err);
}

/* Lent pages are the files' and the archive's: the latter's references. */
static void archive_pin(void)
{
	const char *end = (const char *)boot_info.initrd +
			  boot_info.initrd_len;

	for (const char *s = boot_info.initrd; s < end; s += PGSIZE)
		if (!frame_refs(virt_to_frame(s)))
			frame_get(virt_to_frame(s));
}

static void root_build(void)
{
	int err;

	must(tree_fs_init(&root_tree, &root_dev, "root", 0755), "root tree");
	if (!boot_info.initrd_len) {
		log("there is no boot archive; the root is empty");
		return;
	}
	archive_pin();
	err = cpio_unpack(&root_tree, boot_info.initrd, boot_info.initrd_len);
	if (!atomic_load(&root_tree.root->d.population))
		must(err, "the boot archive cannot be used");
	if (err)
		log("the rest of the boot archives is left out: %s",
		    cur_kthread_get()->errstr);
}

static void dev_build(void)
{
	const struct dev_node *n;

	must(tree_fs_init(&dev_tree, &dev_dev, "dev", 0755), "dev tree");
	for (n = __start_set_dev_node; n < __stop_set_dev_node; n++)
		must(tree_add_node(&dev_tree, n->name, n->mode, n->target),
		     "/dev");
}

static void mount_one(const char *device, const char *path)
{
	struct chan at = { 0 }, *src, *onto;
	struct tree_file *dir;
	int err;

	if (!dev_lookup(device + 1, strlen(device + 1))) {
		log("%s is not there; nothing on %s", device, path);
		return;
	}
	must(tree_add(&root_tree, path, ROS_S_IFDIR | 0755, 0, 0, 0, NULL,
		      &dir), path);
	err = dev_attach(&at, device, strlen(device), &root_cred);
	if (err) {
		log("%s: %s", device, cur_kthread_get()->errstr);
		return;
	}
	src = place_chan(&at);
	onto = chan_new(&root_dev);
	if (!src || !onto)
		panic("no memory for the boot name space");
	tree_attach_root(&root_tree, onto);
	must(tree_walk(onto, path + 1, strlen(path + 1), &root_cred), path);
	must(pgrp_bind(boot_pgrp, src, onto, MREPL | MCREATE), path);
	chan_put(src);
	chan_put(onto);
}

void ns_init(void)
{
	root_build();
	dev_build();
	boot_pgrp = pgrp_new();
	boot_root = chan_new(&root_dev);
	if (!boot_pgrp || !boot_root)
		panic("no memory for the boot name space");
	tree_attach_root(&root_tree, boot_root);
	boot_root->flags |= CHAN_SHARED;
	mount_one("#dev", "/dev");
	mount_one("#proc", "/proc");
	mount_one("#tmpfs", "/tmp");
}
