NS_SRCS := $(addprefix kernel/ns/, dev.c chan.c chan_io.c perm.c mount.c \
	walk.c walk_fast.c open.c ops.c path.c nsproc.c fd.c fd_proc.c fdtap.c \
	tree.c tree_dir.c tree_name.c tree_file.c tree_build.c cpio.c boot.c)
KERNEL_SRCS += $(NS_SRCS)
ifeq ($(KTEST),1)
KERNEL_SRCS += kernel/test/kt_ns.c
endif

# Host tests: all of ns on the real page cache.
NS_HOST := $(NS_SRCS) kernel/ns/ns_host.c kernel/proc/cred.c kernel/io/uio.c \
	kernel/io/tap.c kernel/vm/pagecache.c kernel/vm/pagecache_io.c
HOST_TESTS += walk tree cpio fd
HOST_TEST_walk := kernel/ns/walk_test.c $(NS_HOST)
HOST_TEST_tree := kernel/ns/tree_test.c $(NS_HOST)
HOST_TEST_cpio := kernel/ns/cpio_test.c $(NS_HOST)
HOST_TEST_fd := kernel/ns/fd_test.c $(NS_HOST)
TSAN_TESTS += tree fd
TSAN_TEST_tree := $(HOST_TEST_tree)
TSAN_TEST_fd := $(HOST_TEST_fd)
