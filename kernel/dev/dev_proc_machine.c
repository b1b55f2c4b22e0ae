// SPDX-License-Identifier: MIT
/* What #proc says of the machine; formats: proc(5). */
#include "dev_proc.h"

#include <arch/machine.h>
#include <dev/dev.h>
#include <lib/log.h>
#include <lib/string.h>
#include <mm/frame.h>
#include <proc/time.h>
#include <ros/errno.h>
#include <sched/sched.h>

#define NS_PER_CENTI 10000000UL

int show_cmdline_boot(struct text *t, struct proc *p)
{
	text_printf(t, "%s\n", boot_info.cmdline ? boot_info.cmdline : "");
	return 0;
}

static void mem_line(struct text *t, const char *name, uint64_t frames)
{
	size_t line = t->len;

	text_printf(t, "%s:", name);
	text_pad(t, line, 16);
	text_printf(t, "%8lu kB\n", frames * (PGSIZE / 1024));
}

/* All files lie in memory and none is only cached: free is available. */
int show_meminfo(struct text *t, struct proc *p)
{
	uint64_t total = frames_total(), avail = frames_free_count();

	mem_line(t, "MemTotal", total);
	mem_line(t, "MemFree", avail);
	mem_line(t, "MemAvailable", avail);
	mem_line(t, "Buffers", 0);
	mem_line(t, "Cached", 0);
	mem_line(t, "SwapCached", 0);
	mem_line(t, "Active", total - avail);
	mem_line(t, "Inactive", 0);
	mem_line(t, "SwapTotal", 0);
	mem_line(t, "SwapFree", 0);
	mem_line(t, "Dirty", 0);
	mem_line(t, "Writeback", 0);
	mem_line(t, "Mapped", 0);
	mem_line(t, "Shmem", 0);
	mem_line(t, "Slab", 0);
	mem_line(t, "SReclaimable", 0);
	mem_line(t, "SUnreclaim", 0);
	return 0;
}

int show_version(struct text *t, struct proc *p)
{
	text_printf(t, "Mitos version %s (gcc %s)\n", KERNEL_RELEASE,
		    __VERSION__);
	return 0;
}

int show_filesystems(struct text *t, struct proc *p)
{
	text_printf(t, "nodev\troot\nnodev\tdev\nnodev\tproc\nnodev\ttmpfs\n");
	return 0;
}

int show_swaps(struct text *t, struct proc *p)
{
	text_printf(t, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	return 0;
}

int show_hostname(struct text *t, struct proc *p)
{
	char name[HOSTNAME_MAX + 1];

	hostname_get(name);
	text_printf(t, "%s\n", name);
	return 0;
}

/* The file's mode lets only root in. */
long write_hostname(struct proc *p, char *words)
{
	return hostname_set(words, strlen(words));
}

int show_osrelease(struct text *t, struct proc *p)
{
	text_printf(t, "%s\n", KERNEL_RELEASE);
	return 0;
}

int show_ostype(struct text *t, struct proc *p)
{
	text_printf(t, "Mitos\n");
	return 0;
}

int show_pid_max(struct text *t, struct proc *p)
{
	text_printf(t, "%d\n", PID_MAX);
	return 0;
}

/* RFC 9562, version 4. */
static void put_uuid(struct text *t, const uint8_t bytes[16])
{
	for (int i = 0; i < 16; i++) {
		uint8_t b = bytes[i];

		if (i == 6)
			b = (b & 0x0f) | 0x40;
		if (i == 8)
			b = (b & 0x3f) | 0x80;
		text_printf(t, i == 4 || i == 6 || i == 8 || i == 10 ?
			    "-%02x" : "%02x", b);
	}
	text_bytes(t, "\n", 1);
}

int show_uuid(struct text *t, struct proc *p)
{
	uint8_t bytes[16];

	random_bytes(bytes, sizeof(bytes));
	put_uuid(t, bytes);
	return 0;
}

static struct spinlock boot_id_lock = SPINLOCK_INIT("boot id");
static uint8_t boot_id[16]; /* [boot_id_lock] made by the first who asks */
static bool boot_id_made;   /* [boot_id_lock] */

int show_boot_id(struct text *t, struct proc *p)
{
	uint8_t bytes[16];

	random_bytes(bytes, sizeof(bytes));
	scoped_spin(&boot_id_lock) {
		if (!boot_id_made)
			memcpy(boot_id, bytes, sizeof(bytes));
		boot_id_made = true;
		memcpy(bytes, boot_id, sizeof(bytes));
	}
	put_uuid(t, bytes);
	return 0;
}
