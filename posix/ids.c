// SPDX-License-Identifier: MIT
/* Who we are: read from procinfo, without the kernel. */
#include "linux.h"

LX(getpid)
{
	return self_pid();
}

/* One thread: its id is the process's, unique in the machine. */
LX(gettid)
{
	return self_pid();
}

LX(getppid)
{
	return __atomic_load_n(&procinfo()->ppid, __ATOMIC_RELAXED);
}

LX(getpgrp)
{
	return __atomic_load_n(&procinfo()->pgid, __ATOMIC_RELAXED);
}

/*
 * Of another process, /proc/PID/stat says it: "pid (name) state ppid pgrp
 * session ...", where the name may hold anything but ends with the last
 * parenthesis.
 */
static long stat_field(const char *text, long len, int after_name)
{
	long at = len, v = 0;

	while (at > 0 && text[at - 1] != ')')
		at--;
	for (; after_name && at < len; at++)
		if (text[at] == ' ')
			after_name--;
	if (at == 0 || after_name)
		return -ESRCH;
	for (; at < len && text[at] >= '0' && text[at] <= '9'; at++)
		v = v * 10 + text[at] - '0';
	return v;
}

static size_t proc_stat_path(char *to, unsigned int pid)
{
	char digits[10], *at = to;
	int n = 0;

	memcpy(at, "/proc/", 6);
	at += 6;
	do
		digits[n++] = '0' + pid % 10;
	while (pid /= 10);
	while (n)
		*at++ = digits[--n];
	memcpy(at, "/stat", 5);
	return at + 5 - to;
}

static long id_of_other(unsigned int pid, int field)
{
	char path[32], text[512];
	long fd, len;

	fd = ros_call(SYS_openat, AT_FDCWD, path, proc_stat_path(path, pid),
		      O_READ | ROS_O_CLOEXEC | ROS_O_INTERNAL, 0);
	if (fd < 0)
		return -ESRCH;
	len = ros_call(SYS_read, fd, text, sizeof(text));
	ros_call(SYS_close, fd);
	return len < 0 ? -ESRCH : stat_field(text, len, field);
}

#define FIELD_PGRP    3
#define FIELD_SESSION 4

LX(getpgid)
{
	if ((int)a < 0)
		return -ESRCH;
	if (a == 0 || (int)a == self_pid())
		return procinfo()->pgid;
	return id_of_other(a, FIELD_PGRP);
}

LX(getsid)
{
	if ((int)a < 0)
		return -ESRCH;
	if (a == 0 || (int)a == self_pid())
		return procinfo()->sid;
	return id_of_other(a, FIELD_SESSION);
}

LX(setpgid)
{
	return ros_call(SYS_setpgid, a, b);
}

LX(setsid)
{
	return ros_call(SYS_setsid);
}

LX(getuid)
{
	return procinfo()->uid;
}

LX(geteuid)
{
	return procinfo()->euid;
}

LX(getgid)
{
	return procinfo()->gid;
}

LX(getegid)
{
	return procinfo()->egid;
}

static long put_three(long a, long b, long c, uint32_t r, uint32_t e,
		      uint32_t s)
{
	if (!a || !b || !c)
		return -EFAULT;
	*(uint32_t *)a = r;
	*(uint32_t *)b = e;
	*(uint32_t *)c = s;
	return 0;
}

LX(getresuid)
{
	const struct procinfo *p = procinfo();

	return put_three(a, b, c, p->uid, p->euid, p->suid);
}

LX(getresgid)
{
	const struct procinfo *p = procinfo();

	return put_three(a, b, c, p->gid, p->egid, p->sgid);
}

LX(setresuid)
{
	return ros_call(SYS_setuid, (int)a, (int)b, (int)c);
}

LX(setresgid)
{
	return ros_call(SYS_setgid, (int)a, (int)b, (int)c);
}

/* root's setuid() is for good; others only change the effective one. */
LX(setuid)
{
	int id = a;

	if (procinfo()->euid == 0)
		return ros_call(SYS_setuid, id, id, id);
	return ros_call(SYS_setuid, -1, id, -1);
}

LX(setgid)
{
	int id = a;

	if (procinfo()->euid == 0)
		return ros_call(SYS_setgid, id, id, id);
	return ros_call(SYS_setgid, -1, id, -1);
}

/* The saved id follows when the real one is set, or the effective one becomes
 * other than the old real one. */
LX(setreuid)
{
	int real = a, eff = b;
	bool save = real != -1 ||
		    (eff != -1 && (uint32_t)eff != procinfo()->uid);
	int saved = eff != -1 ? eff : (int)procinfo()->euid;

	return ros_call(SYS_setuid, real, eff, save ? saved : -1);
}

LX(setregid)
{
	int real = a, eff = b;
	bool save = real != -1 ||
		    (eff != -1 && (uint32_t)eff != procinfo()->gid);
	int saved = eff != -1 ? eff : (int)procinfo()->egid;

	return ros_call(SYS_setgid, real, eff, save ? saved : -1);
}

LX(getgroups)
{
	return ros_call(SYS_getgroups, a, b);
}

LX(setgroups)
{
	return ros_call(SYS_setgroups, a, b);
}
