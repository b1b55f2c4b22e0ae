// SPDX-License-Identifier: MIT
/*
 * Inside #proc: processes and the machine as files, in Linux's names and
 * formats where Linux's tools read them.
 *
 *   dev_proc.c          the device: walking, listing
 *   dev_proc_file.c     attributes, links, open files
 *   dev_proc_table.c    what there is
 *   dev_proc_text.c     texts that grow
 *   dev_proc_machine.c  meminfo, stat, uptime ...
 *   dev_proc_cpu.c      cpuinfo, and how busy the cores are
 *   dev_proc_pid.c      a process's stat, status, cmdline ...
 *   dev_proc_mem.c      its maps, and what depends on its memory
 *   dev_proc_ns.c       mounts
 *   dev_proc_link.c     fd/N, exe, cwd, root
 *
 * PR1  A place is nothing but numbers (struct place, packed into qid.path): no
 *      process is kept by it.  Each use looks the process up, and one that has
 *      gone is ESRCH, or ENOENT for a name.
 * PR2  A text is made by the first read of an open file, and again by one at
 *      offset 0; other reads go on in the same text.
 * PR3  Files marked PF_PRIVATE are for the process itself, its user and root,
 *      asked when the text is made or the link is read, by whoever asks.
 */
#pragma once

#include <ns/chan.h>
#include <proc/proc.h>

/* A text that is being made.  Without memory, or beyond TEXT_MAX, it takes no
 * more: `err` tells. */
#define TEXT_MAX (4UL << 20)
struct text {
	char *buf;
	size_t len, cap;
	int err;
};
void text_printf(struct text *t, const char *fmt, ...) __printf(2, 3);
void text_bytes(struct text *t, const void *bytes, size_t len);
void text_pad(struct text *t, size_t line_start, size_t column);
void text_free(struct text *t);

enum proc_dir_id {
	DIR_ROOT,
	DIR_SYS,
	DIR_SYS_KERNEL,
	DIR_SYS_RANDOM,
	DIR_PID,
	DIR_FD,
	DIR_TASK,
	DIR_TID,
	DIR_TID_FD,
	NR_PROC_DIRS,
	NO_DIR = NR_PROC_DIRS,
};

#define PF_PRIVATE 0x01 /* PR3 */

/*
 * A name in a directory.  One of show (a text), link (its target's chan,
 * counted), target (a link's text), or subdir tells what it is.  p is the
 * process, referenced; NULL for files of the machine.
 */
struct proc_file {
	const char *name;
	uint32_t mode; /* type and permissions */
	uint32_t flags;
	int (*show)(struct text *t, struct proc *p);
	long (*write)(struct proc *p, char *words); /* terminated */
	int (*link)(struct proc *p, int fd, struct chan **out);
	void (*target)(char *buf, size_t len);
	enum proc_dir_id subdir;
};

struct proc_dir {
	const struct proc_file *files;
	uint32_t nr;
	enum proc_dir_id parent;
	/* Entries that are numbers: processes, threads, FDs.  NULL: none. */
	const struct proc_file *numbered;
	/* The first number >= n, or -1.  p: the directory's process. */
	int (*next)(struct proc *p, int n);
	const struct proc_file *self; /* the directory's own attributes */
};
extern const struct proc_dir proc_dirs[NR_PROC_DIRS];

/* PR1.  file is an index into the directory's table, or one of these. */
#define FILE_SELF     0xff /* the directory */
#define FILE_NUMBERED 0xfe /* the link `fd` in it */

struct place {
	enum proc_dir_id dir;
	uint32_t file;
	int pid, fd;
};
struct place place_of(const struct chan *c);
const struct proc_file *file_of(const struct place *at);
/* Its process with a reference, NULL for a file of the machine; -ESRCH. */
int __must_check place_proc(const struct place *at, struct proc **out);
void place_proc_put(struct proc *p);

/* PR3: may the caller look into p?  -EACCES: not at this file. */
bool proc_may_look(struct proc *p);
int __must_check check_look(const struct proc_file *f, struct proc *p);

/* dev_proc_file.c */
int proc_stat(struct chan *c, struct ros_stat *st);
int proc_statfs(struct chan *c, struct ros_statfs *sf);
int proc_follow(struct chan *c, struct chan **out);
long proc_readlink(struct chan *c, char *buf, size_t len);
int proc_open(struct chan *c, int oflags, const struct cred *cred);
void proc_close(struct chan *c);
long proc_read(struct chan *c, struct uio *u, uint64_t off);
long proc_write(struct chan *c, struct uio *u, uint64_t off);

/* p's address space, counted; NULL: it has none any more. */
struct aspace *proc_as_get(struct proc *p);

/* dev_proc_machine.c, dev_proc_cpu.c */
int show_cmdline_boot(struct text *t, struct proc *p);
int show_meminfo(struct text *t, struct proc *p);
int show_uptime(struct text *t, struct proc *p);
int show_version(struct text *t, struct proc *p);
int show_filesystems(struct text *t, struct proc *p);
int show_swaps(struct text *t, struct proc *p);
int show_hostname(struct text *t, struct proc *p);
int show_osrelease(struct text *t, struct proc *p);
int show_ostype(struct text *t, struct proc *p);
int show_pid_max(struct text *t, struct proc *p);
int show_uuid(struct text *t, struct proc *p);
int show_boot_id(struct text *t, struct proc *p);
int show_loadavg(struct text *t, struct proc *p);
int show_cpuinfo(struct text *t, struct proc *p);
int show_stat_machine(struct text *t, struct proc *p);
long write_hostname(struct proc *p, char *words);

/* dev_proc_pid.c, dev_proc_mem.c, dev_proc_ns.c */
int show_stat(struct text *t, struct proc *p);
int show_statm(struct text *t, struct proc *p);
int show_status(struct text *t, struct proc *p);
int show_cmdline(struct text *t, struct proc *p);
int show_comm(struct text *t, struct proc *p);
int show_environ(struct text *t, struct proc *p);
int show_limits(struct text *t, struct proc *p);
int show_vcores(struct text *t, struct proc *p);
long write_ctl(struct proc *p, char *words);
int show_maps(struct text *t, struct proc *p);
int show_mounts(struct text *t, struct proc *p);
int show_ns(struct text *t, struct proc *p);

/* Bytes of an address space by kind. */
struct mem_sizes {
	uint64_t total, code, data, stack, shared, code_start, code_end;
};
void mem_sizes_get(struct aspace *as, struct mem_sizes *m);

/* dev_proc_link.c */
int link_fd(struct proc *p, int fd, struct chan **out);
int link_exe(struct proc *p, int fd, struct chan **out);
int link_cwd(struct proc *p, int fd, struct chan **out);
int link_root(struct proc *p, int fd, struct chan **out);
void target_self(char *buf, size_t len);
void target_thread_self(char *buf, size_t len);
void target_mounts(char *buf, size_t len);
/* What a link to c reads as; length. */
long link_text(struct chan *c, char *buf, size_t len);
