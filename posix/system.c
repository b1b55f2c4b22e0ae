// SPDX-License-Identifier: MIT
/* The machine and its limits: names, memory, cores, resources, randomness. */
#include "linux.h"

#include <parlib/vcore.h>
#include <ros/proc.h>

#define UTS_LEN 65

struct lx_utsname {
	char sysname[UTS_LEN], nodename[UTS_LEN], release[UTS_LEN];
	char version[UTS_LEN], machine[UTS_LEN], domainname[UTS_LEN];
};

static void put_name(char *to, const char *name)
{
	memcpy(to, name, strlen(name) + 1);
}

LX(uname)
{
	struct lx_utsname *u = (struct lx_utsname *)a;

	if (!u)
		return -EFAULT;
	memset(u, 0, sizeof(*u));
	put_name(u->sysname, "Mitos");
	ros_call(SYS_hostname, 0, u->nodename, UTS_LEN - 1);
	put_name(u->release, "0.1");
	put_name(u->version, "Mitos 0.1");
	put_name(u->machine, "x86_64");
	put_name(u->domainname, "(none)");
	return 0;
}

LX(sethostname)
{
	return ros_call(SYS_hostname, 1, a, b);
}

struct lx_sysinfo {
	int64_t uptime;
	uint64_t loads[3], totalram, freeram, sharedram, bufferram;
	uint64_t totalswap, freeswap;
	uint16_t procs, pad;
	uint64_t totalhigh, freehigh;
	uint32_t mem_unit;
};
ROS_ASSERT_SIZE(struct lx_sysinfo, 112);

#define SI_LOAD_SHIFT 16

LX(sysinfo)
{
	struct lx_sysinfo *to = (struct lx_sysinfo *)a;
	struct ros_sysinfo si;
	long ret = ros_call(SYS_sysinfo, &si, sizeof(si));

	if (ret < 0)
		return ret;
	if (!to)
		return -EFAULT;
	memset(to, 0, sizeof(*to));
	to->uptime = si.uptime_ns / NSEC_PER_SEC;
	for (int i = 0; i < 3; i++)
		to->loads[i] = (si.load_permille << SI_LOAD_SHIFT) / 1000;
	to->totalram = si.mem_total;
	to->freeram = si.mem_free;
	to->procs = si.nr_procs;
	to->mem_unit = 1;
	return 0;
}

LX(getrandom)
{
	return ros_call(SYS_getrandom, a, b, c);
}

LX(sched_yield)
{
	/* "Nice": give way to whoever waits. */
	ros_call(SYS_proc_yield, 1);
	return 0;
}

/* A process may run on every core; the size of the mask that was written. */
LX(sched_getaffinity)
{
	uint32_t nr = procinfo()->num_pcores;
	size_t want = ROUND_UP((nr + 7) / 8, 8);
	uint8_t *mask = (uint8_t *)c;

	if ((unsigned long)b < want || b % 8)
		return -EINVAL;
	if (!mask)
		return -EFAULT;
	memset(mask, 0, want);
	for (uint32_t i = 0; i < nr; i++)
		mask[i / 8] |= 1 << i % 8;
	return want;
}

LX(sched_setaffinity)
{
	return lx_missing(n);
}

LX(getcpu)
{
	if (a)
		*(uint32_t *)a = ros_call(SYS_getpcoreid);
	if (b)
		*(uint32_t *)b = 0;
	return 0;
}

LX(prlimit64)
{
	return ros_call(SYS_rlimit, a, b, c, d);
}

LX(getrlimit)
{
	return ros_call(SYS_rlimit, 0, a, 0, b);
}

LX(setrlimit)
{
	return ros_call(SYS_rlimit, 0, a, b, 0);
}

/* All processes are alike: nice value 0, in the system call's own coding. */
LX(getpriority)
{
	return 20;
}

LX(setpriority)
{
	return (int)c == 0 ? 0 : -EACCES;
}

#define PR_GET_DUMPABLE	 3
#define PR_SET_DUMPABLE	 4
#define PR_SET_NAME	 15
#define PR_GET_NAME	 16

/* The name that a program gave itself; the kernel's is the file's. */
static char comm[16];

LX(prctl)
{
	switch (a) {
	case PR_SET_NAME:
		for (unsigned int i = 0; i < sizeof(comm) - 1; i++) {
			comm[i] = ((const char *)b)[i];
			if (!comm[i])
				break;
		}
		return 0;
	case PR_GET_NAME:
		memcpy((void *)b, comm, sizeof(comm));
		return 0;
	case PR_GET_DUMPABLE:
	case PR_SET_DUMPABLE:
		return 0;
	}
	return -EINVAL;
}

#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003

/* GS is the vcore's. */
LX(arch_prctl)
{
	switch (a) {
	case ARCH_SET_FS:
		write_fsbase(b);
		return 0;
	case ARCH_GET_FS:
		*(uint64_t *)b = read_fsbase();
		return 0;
	}
	return -EINVAL;
}

/* One thread: every barrier is one already. */
LX(membarrier)
{
	return 0;
}

#define LX_REBOOT_RESTART   0x01234567U
#define LX_REBOOT_HALT	    0xcdef0123U
#define LX_REBOOT_POWER_OFF 0x4321fedcU
#define LX_REBOOT_CAD_ON    0x89abcdefU
#define LX_REBOOT_CAD_OFF   0U

/* reboot(magic, magic2, command). */
LX(reboot)
{
	switch ((uint32_t)c) {
	case LX_REBOOT_RESTART:
		return ros_call(SYS_reboot, ROS_RB_RESTART);
	case LX_REBOOT_HALT:
		return ros_call(SYS_reboot, ROS_RB_HALT);
	case LX_REBOOT_POWER_OFF:
		return ros_call(SYS_reboot, ROS_RB_POWEROFF);
	case LX_REBOOT_CAD_ON:
	case LX_REBOOT_CAD_OFF:
		return 0;
	}
	return -EINVAL;
}
