// SPDX-License-Identifier: MIT
/* #version: what this kernel is, a file a fact. */
#include <dev/dev.h>
#include <dev/flat.h>
#include <lib/string.h>
#include <ns/ns.h>
#include <ros/syscall.h>

#define RELEASE KERNEL_RELEASE

static const char release_text[] = RELEASE "\n";
static const char name_text[] = "Mitos\n";
static const char full_text[] = "Mitos version " RELEASE " (gcc " __VERSION__
				")\n";

static long release_read(struct chan *c, struct uio *u, uint64_t off)
{
	return text_read(u, off, release_text, sizeof(release_text) - 1);
}

static long name_read(struct chan *c, struct uio *u, uint64_t off)
{
	return text_read(u, off, name_text, sizeof(name_text) - 1);
}

static long full_read(struct chan *c, struct uio *u, uint64_t off)
{
	return text_read(u, off, full_text, sizeof(full_text) - 1);
}

static long abi_read(struct chan *c, struct uio *u, uint64_t off)
{
	char text[16];
	int n = scnprintf(text, sizeof(text), "%d\n", ROS_ABI_VERSION);

	return text_read(u, off, text, n);
}

static const struct flat_file version_files[] = {
	{ "version", ROS_S_IFREG | 0444, full_read, NULL, 0, 0 },
	{ "name", ROS_S_IFREG | 0444, name_read, NULL, 0, 0 },
	{ "release", ROS_S_IFREG | 0444, release_read, NULL, 0, 0 },
	{ "abi", ROS_S_IFREG | 0444, abi_read, NULL, 0, 0 },
};
static const struct flat_dir version_dir = { "version", version_files,
					     ARRAY_SIZE(version_files) };

static int version_attach(struct chan *c, const char *spec)
{
	return flat_attach(c, &version_dir, spec);
}

static struct dev version_dev = {
	.name = "version",
	.attach = version_attach,
	FLAT_DEV_OPS,
};
DEVICE(version_dev);
DEV_NODE(version, "version", 0444, "#version/version");
