// SPDX-License-Identifier: MIT
/* The first process: /bin/init on the console. */
#include <main/main.h>

#include <arch/boot.h>
#include <arch/context.h>
#include <arch/cpu.h>
#include <image/image.h>
#include <lib/assert.h>
#include <lib/log.h>
#include <lib/string.h>
#include <ns/fd.h>
#include <ns/ns.h>
#include <proc/proc.h>

#define INIT_PATH "/bin/init"
#define CONSOLE	  "/dev/cons"

/* Descriptors 0, 1 and 2. */
static int open_console(struct proc *p)
{
	struct chan *c;
	int ret;

	for (int i = 0; i < 3; i++) {
		ret = ns_open(p, NULL, CONSOLE, O_READ | O_WRITE, 0, &c);
		if (ret)
			return ret;
		ret = fd_install_at(p, c, i, 0);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int load(struct proc *p)
{
	struct image img;
	struct args a;
	int err = args_from_user(&a, 0, 0, INIT_PATH);

	if (!err)
		err = image_load(p, p->as, NULL, INIT_PATH, &a, &img);
	args_free(&a);
	if (err)
		return err;
	user_context_init(&p->ctx, img.pc, img.sp);
	image_commit(p, &img, INIT_PATH);
	return 0;
}

static void __noreturn no_init(const char *what, int err)
{
	const char *why = cur_kthread_get()->errstr;

	panic("no first process: %s: %s (error %d)", what,
	      *why ? why : "no reason given", -err);
}

void proc_start_init(void)
{
	struct proc *p;
	int err = proc_new(NULL, 0, &p);

	if (err)
		no_init("cannot make a process", err);
	err = open_console(p);
	if (err)
		no_init("cannot open " CONSOLE, err);
	err = load(p);
	if (err)
		no_init("cannot start " INIT_PATH, err);
	proc_run(p);
	proc_put(p);
	log("first program after %lu ticks", read_tsc() - boot_tsc);
}
