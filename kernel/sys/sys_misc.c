// SPDX-License-Identifier: MIT
/* Small ones: the null call, the machine, its name, random bytes. */
#include <sys/sys_priv.h>

#include <arch/machine.h>
#include <core/wait.h>
#include <dev/dev.h>
#include <lib/string.h>
#include <mm/frame.h>
#include <proc/time.h>

SYS_FN(null)
{
	return 0;
}

/* x86 keeps its caches coherent. */
SYS_FN(cache_invalidate)
{
	return 0;
}

SYS_FN(reboot)
{
	if (!cred_is_root(p->cred))
		return fail(EPERM, "ending the machine is for root");
	switch (u->a[0]) {
	case ROS_RB_HALT:
	case ROS_RB_POWEROFF:
		log("power off by process %d", p->pid);
		machine_poweroff();
	case ROS_RB_RESTART:
		log("restart by process %d", p->pid);
		machine_reboot();
	}
	return fail(EINVAL, "reboot how: %lu", u->a[0]);
}

SYS_FN(sync)
{
	return 0; /* every file system here lives in memory */
}

#define RANDOM_CHUNK 256

SYS_FN(getrandom)
{
	uint8_t buf[RANDOM_CHUNK];
	uint64_t len = MIN(u->a[1], 1UL << 24), done, n;

	for (done = 0; done < len; done += n) {
		n = MIN(len - done, sizeof(buf));
		random_bytes(buf, n);
		if (copy_to_user((void *)(u->a[0] + done), buf, n))
			return fail_addr(u->a[0]);
		if (kthread_relax()) {
			done += n;
			break;
		}
	}
	memset(buf, 0, sizeof(buf));
	return done;
}

SYS_FN(sysinfo)
{
	struct ros_sysinfo si = {
		.uptime_ns = time_mono_ns(),
		.mem_total = frames_total() * PGSIZE,
		.mem_free = frames_free_count() * PGSIZE,
		.nr_procs = proc_count(),
		.nr_cores = nr_cores,
		.load_permille = load_permille(),
	};
	uint64_t len = MIN(u->a[1], sizeof(si));

	if (copy_to_user((void *)u->a[0], &si, len))
		return fail_addr(u->a[0]);
	return len;
}

static int64_t set_hostname(struct proc *p, uint64_t ubuf, uint64_t len)
{
	char name[HOSTNAME_MAX];

	if (!cred_is_root(p->cred))
		return fail(EPERM, "naming the host is for root");
	if (len > HOSTNAME_MAX)
		return fail(ENAMETOOLONG, "a host name of %lu bytes", len);
	if (copy_from_user(name, (const void *)ubuf, len))
		return fail_addr(ubuf);
	return hostname_set(name, len);
}

/* Its length without the zero; the zero is copied if there is room. */
SYS_FN(hostname)
{
	uint64_t ubuf = u->a[1], room = u->a[2], len;
	char name[HOSTNAME_MAX + 1];

	if (u->a[0])
		return set_hostname(p, ubuf, room);
	hostname_get(name);
	len = strlen(name);
	if (copy_to_user((void *)ubuf, name, MIN(room, len + 1)))
		return fail_addr(ubuf);
	return len;
}
