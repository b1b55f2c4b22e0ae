// SPDX-License-Identifier: MIT
/* What is missing, told once per process and number. */
#include "linux.h"

#define NR_NAMED 512

void posix_log(const char *text)
{
	long fd = ros_call(SYS_openat, AT_FDCWD, "/dev/kmsg", 9,
			   O_WRITE | ROS_O_CLOEXEC | ROS_O_INTERNAL, 0);

	if (fd < 0)
		return;
	ros_call(SYS_write, fd, text, strlen(text));
	ros_call(SYS_close, fd);
}

static char *put_number(char *to, unsigned long v)
{
	char digits[20];
	int n = 0;

	do
		digits[n++] = '0' + v % 10;
	while (v /= 10);
	while (n)
		*to++ = digits[--n];
	return to;
}

static char *put_text(char *to, const char *text)
{
	size_t len = strlen(text);

	memcpy(to, text, len);
	return to + len;
}

static void name_missing(unsigned long n)
{
	char line[128], *at = line;

	at = put_text(at, "posix: process ");
	at = put_number(at, self_pid());
	at = put_text(at, " asked for Linux call ");
	at = put_number(at, n);
	at = put_text(at, ", which is not there\n");
	*at = 0;
	posix_log(line);
}

long lx_missing(long n)
{
	static uint64_t named[NR_NAMED / 64];
	unsigned long nr = (unsigned long)n < NR_NAMED ? n : NR_NAMED - 1;

	if (!(named[nr / 64] & 1UL << nr % 64)) {
		named[nr / 64] |= 1UL << nr % 64;
		name_missing(n);
	}
	return -ENOSYS;
}

/* Calls that programs try and do well without. */
LX(quiet_enosys)
{
	return -ENOSYS;
}

LX(quiet_einval)
{
	return -EINVAL;
}

/* Advice. */
LX(quiet_zero)
{
	return 0;
}
