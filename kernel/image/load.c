// SPDX-License-Identifier: MIT
/* From a path to a program in an address space.  Rules: image.h */
#include <image/image.h>

#include <arch/machine.h>
#include <dev/dev.h>
#include <image/elf_parse.h>
#include <lib/log.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <ns/ns.h>
#include <proc/proc.h>
#include <ros/errno.h>
#include <vm/vm.h>

#define HEAD_LEN       1024
#define SCRIPT_LINE    256
#define PIE_BASE       0x200000000000UL
#define PIE_ALIGN      (2UL << 20)
#define PIE_SPAN       (1UL << 40)
#define PIE_RANDOM     (1UL << 19) /* places: 1 TiB */
#define BRK_RANDOM     512	   /* pages */
#define STACK_RANDOM   128	   /* pages */

#define S_ISUID 04000
#define S_ISGID 02000
#define S_IXGRP 00010

/* What is known of the file at hand. */
struct work {
	struct chan *c;
	struct ros_stat st;
	size_t head_len;
	char head[HEAD_LEN];
	struct elf_plan plan;
	char line[2][SCRIPT_LINE + 1]; /* this script's and the last one's */
};

/* A random number below n (a power of two), or 0 with `norandom`. */
static uint64_t spread(uint64_t n)
{
	static int off = -1; /* the same for all: a race is harmless */
	uint64_t v;
	char word[4];

	if (off < 0)
		off = boot_option("norandom", word, sizeof(word));
	if (off)
		return 0;
	random_bytes(&v, sizeof(v));
	return v & (n - 1);
}

static int open_file(struct proc *p, struct chan *dir, const char *path,
		     struct work *w)
{
	struct chan *c;
	long n;
	int err = ns_open(p, dir, path, O_READ | O_EXEC, 0, &c);

	if (err)
		return err;
	err = chan_stat(c, &w->st);
	if (!err && (w->st.st_mode & ROS_S_IFMT) != ROS_S_IFREG)
		err = fail(EACCES, "%s is not a regular file", path);
	else if (!err && !(w->st.st_mode & 0111))
		err = fail(EACCES, "%s is not executable", path);
	if (!err) {
		n = chan_read_kernel(c, w->head, sizeof(w->head), 0);
		err = n < 0 ? n : 0;
		w->head_len = n;
	}
	if (err)
		chan_put(c);
	else
		w->c = c;
	return err;
}

/*
 * "#!interpreter [argument]": the words of the first line, in `s`.  The
 * argument is the rest of the line, blanks at its ends taken off.
 */
static int script_words(struct work *w, char *s, char **interp, char **arg)
{
	size_t len = MIN(w->head_len - 2, (size_t)SCRIPT_LINE);
	char *nl;

	memcpy(s, w->head + 2, len);
	s[len] = 0;
	nl = memchr(s, '\n', len);
	if (!nl && len == SCRIPT_LINE)
		return fail(ENOEXEC, "a first line of more than %d bytes",
			    SCRIPT_LINE);
	if (!nl)
		nl = s + len;
	while (nl > s && (nl[-1] == ' ' || nl[-1] == '\t'))
		nl--;
	*nl = 0;
	while (*s == ' ' || *s == '\t')
		s++;
	if (!*s)
		return fail(ENOEXEC, "a script that names no interpreter");
	*interp = s;
	while (*s && *s != ' ' && *s != '\t')
		s++;
	*arg = NULL;
	if (!*s)
		return 0;
	*s++ = 0;
	while (*s == ' ' || *s == '\t')
		s++;
	*arg = *s ? s : NULL;
	return 0;
}

/* How the interpreter finds the script: it knows nothing of dir. */
static int add_script(struct proc *p, struct work *w, struct args *a,
		      struct chan *dir, const char *name, const char *interp,
		      const char *arg)
{
	char *full = NULL;
	long len;
	int err;

	if (dir && name[0] != '/') {
		full = kmalloc(ROS_PATH_MAX, MM_WAIT);
		if (!full)
			return fail(ENOMEM, "no memory for a path");
		len = ns_path(p, w->c, full, ROS_PATH_MAX - 1);
		if (len < 0) {
			kfree(full);
			return len;
		}
		full[len] = 0;
		name = full;
	}
	err = args_add_script(a, interp, arg, name);
	kfree(full);
	return err;
}

/* Opens path, and its interpreter while it is a script: w->c is an ELF file. */
static int find_program(struct proc *p, struct chan *dir, const char *path,
			struct args *a, struct work *w)
{
	char *interp = NULL, *arg = NULL;
	const char *name = path;
	int err;

	for (int depth = 0;; depth++) {
		err = open_file(p, dir, name, w);
		if (err || elf_magic(w->head, w->head_len))
			return err;
		if (w->head_len < 2 || memcmp(w->head, "#!", 2))
			err = fail(ENOEXEC, "%s is neither an ELF program nor "
				   "a script", name);
		else if (depth == SCRIPT_DEPTH_MAX)
			err = fail(ELOOP, "scripts that run scripts, more than "
				   "%d deep", SCRIPT_DEPTH_MAX);
		else
			err = script_words(w, w->line[depth & 1], &interp,
					   &arg);
		if (!err)
			err = add_script(p, w, a, dir, name, interp, arg);
		chan_put(w->c);
		if (err)
			return err;
		name = interp;
		dir = NULL;
	}
}

static int elf_error(const char *path, int err, const char *why)
{
	return fail(err, "%s: %s", path, why);
}

/* The program headers: in the head mostly, else read apart. */
static int parse(struct work *w, const char *path)
{
	struct elf_header h;
	const char *why = "";
	char *far = NULL;
	const char *phdrs;
	size_t len;
	long n;
	int err;

	err = elf_parse_header(w->head, w->head_len, &h, &why);
	if (err)
		return elf_error(path, err, why);
	len = h.phnum * ELF_PHDR_SIZE;
	phdrs = w->head + h.phoff;
	if (h.phoff > w->head_len || len > w->head_len - h.phoff) {
		if (h.phoff > (uint64_t)w->st.st_size)
			return elf_error(path, ENOEXEC, "the program headers "
					 "lie past the end of the file");
		far = kmalloc(len, MM_WAIT);
		if (!far)
			return fail(ENOMEM, "no memory for program headers");
		n = chan_read_kernel(w->c, far, len, h.phoff);
		if (n != (long)len) {
			kfree(far);
			return n < 0 ? n : elf_error(path, ENOEXEC,
						     "the program headers are "
						     "cut off");
		}
		phdrs = far;
	}
	err = elf_parse_segments(&h, phdrs, w->st.st_size,
				 h.pie ? 0 : ROS_USER_MIN,
				 h.pie ? PIE_SPAN : ROS_BRK_MAX, &w->plan,
				 &why);
	kfree(far);
	return err ? elf_error(path, err, why) : 0;
}

/* Set-id programs, and the saved id, which is the effective one after exec. */
static int new_cred(struct proc *p, const struct ros_stat *st,
		    struct image *img)
{
	const struct cred *old = p->cred;
	uint32_t euid = old->euid, egid = old->egid;
	struct cred *c;

	if (st->st_mode & S_ISUID)
		euid = st->st_uid;
	if ((st->st_mode & S_ISGID) && (st->st_mode & S_IXGRP))
		egid = st->st_gid;
	img->secure = euid != old->uid || egid != old->gid;
	if (euid == old->euid && euid == old->suid && egid == old->egid &&
	    egid == old->sgid)
		return 0;
	c = cred_dup(old);
	if (!c)
		return fail(ENOMEM, "no memory for credentials");
	c->euid = c->suid = euid;
	c->egid = c->sgid = egid;
	img->cred = c;
	return 0;
}

#define STACK_LEAST (512UL << 10)

/* Stack, break and first words; in the loaded address space. */
static int make_start(struct proc *p, struct aspace *as,
		      const struct elf_plan *plan, uintptr_t bias,
		      const char *path, const struct args *a,
		      struct image *img)
{
	uintptr_t top = ROS_STACK_TOP - spread(STACK_RANDOM) * PGSIZE;
	const struct cred *cred = img->cred ? img->cred : p->cred;
	struct aux_info aux = {
		.phdr = plan->phdr_va ? plan->phdr_va + bias : 0,
		.phnum = plan->phnum,
		.entry = plan->entry + bias,
		.secure = img->secure,
		.uid = cred->uid,
		.euid = cred->euid,
		.gid = cred->gid,
		.egid = cred->egid,
	};
	int err = vm_map_stack(as, top);

	if (err)
		return err;
	/* The limit counts from the top; arguments always fit. */
	as->stack_limit = top - MIN(MAX(p->rlimit[ROS_RLIMIT_STACK].cur,
					STACK_LEAST),
				    (uint64_t)ROS_STACK_SIZE);
	img->pc = aux.entry;
	img->program_end = plan->hi + bias + spread(BRK_RANDOM) * PGSIZE;
	as->brk_start = as->brk = img->program_end;
	return args_push(a, top, &aux, path, &img->sp);
}

static int fill_aspace(struct proc *p, struct aspace *as, struct work *w,
		       const char *path, const struct args *a,
		       struct image *img)
{
	uintptr_t bias = 0;
	struct aspace *mine;
	int err;

	if (w->plan.pie)
		bias = PIE_BASE + spread(PIE_RANDOM) * PIE_ALIGN;
	mine = aspace_borrow(as);
	err = image_map(as, w->c, &w->plan, bias);
	if (!err)
		err = make_start(p, as, &w->plan, bias, path, a, img);
	aspace_return(mine);
	return err;
}

int image_load(struct proc *p, struct aspace *as, struct chan *dir,
	       const char *path, struct args *a, struct image *img)
{
	struct work *w = kmalloc(sizeof(*w), MM_WAIT);
	int err;

	memset(img, 0, sizeof(*img));
	if (!w)
		return fail(ENOMEM, "no memory to load a program");
	err = find_program(p, dir, path, a, w);
	if (err)
		goto free_work;
	err = parse(w, path);
	if (!err)
		err = new_cred(p, &w->st, img);
	if (!err)
		err = fill_aspace(p, as, w, path, a, img);
	chan_put(w->c);
	if (!err && (img->text = page_alloc(MM_WAIT)))
		img->text_len = args_text(a, img->text, PGSIZE);
	if (err)
		image_drop(img);
free_work:
	kfree(w);
	return err;
}

void image_drop(struct image *img)
{
	if (img->cred)
		cred_put(img->cred);
	if (img->text)
		page_free(img->text);
	img->cred = NULL;
	img->text = NULL;
}

void image_commit(struct proc *p, struct image *img, const char *path)
{
	proc_set_name(p, path);
	/* Without memory /proc shows no arguments. */
	if (img->text &&
	    proc_set_cmdline(p, img->text, img->text_len))
		log("no memory for the arguments of process %d in /proc",
		    p->pid);
	if (img->cred)
		proc_set_cred(p, img->cred);
	img->cred = NULL;
	p->pi->program_end = img->program_end;
	p->pi->secure = img->secure;
	image_drop(img);
}
