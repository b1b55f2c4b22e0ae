// SPDX-License-Identifier: MIT
/* exec: another program in the same process.  Rules: image.h */
#include <image/image.h>

#include <lib/log.h>
#include <proc/proc.h>
#include <ros/errno.h>
#include <vm/vm.h>

static int load_apart(struct proc *p, struct chan *dir, const char *path,
		      struct args *a, struct image *img, struct aspace **out)
{
	struct aspace *as;
	int err = aspace_create(&as);

	if (err)
		return err;
	err = proc_map_shared(p, as);
	if (!err)
		err = image_load(p, as, dir, path, a, img);
	if (err)
		aspace_put(as);
	else
		*out = as;
	return err;
}

/*
 * Everything that can fail stands before proc_exec_begin(), which fails only
 * when the process dies anyway.  After the commit the process may run
 * elsewhere: the caller frees what is its own before, and leaves.
 */
int image_exec(struct proc *p, struct chan *dir, const char *path,
	       struct args *a)
{
	struct aspace *as;
	struct image img;
	uintptr_t pc, sp;
	int err = load_apart(p, dir, path, a, &img, &as);

	if (err)
		return err;
	err = proc_exec_begin(p);
	if (err) {
		image_drop(&img);
		aspace_put(as);
		return err;
	}
	pc = img.pc;
	sp = img.sp;
	image_commit(p, &img, path);
	proc_exec_commit(p, as, pc, sp);
	return 0;
}
