KERNEL_SRCS += $(addprefix kernel/ns/, dev.c chan.c chan_io.c perm.c mount.c \
	walk.c open.c ops.c path.c nsproc.c fd.c fd_proc.c fdtap.c \
	tree.c tree_dir.c tree_name.c tree_file.c tree_build.c cpio.c boot.c)
