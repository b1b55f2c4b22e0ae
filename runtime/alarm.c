// SPDX-License-Identifier: MIT
/* #alarm's files, spoken to: opening, and numbers in and out. */
#include <parlib/alarm.h>

#include <parlib/syscall.h>
#include <ros/fs.h>

#define CLONE	   "#alarm/clone"
#define DIR	   "#alarm/a"
#define DIR_LEN	   (sizeof(DIR) - 1)
#define ID_DIGITS  10
#define HEX_DIGITS 16
#define OPEN_FLAGS (O_RDWR | ROS_O_CLOEXEC)

static int open_file(const char *path, size_t len)
{
	return ros_call(SYS_openat, ROS_AT_FDCWD, path, len, OPEN_FLAGS, 0);
}

static void close_file(int fd)
{
	if (fd >= 0)
		ros_call(SYS_close, fd);
}

/* #alarm/a<id>/<name> */
static int open_of_alarm(int id, const char *name)
{
	char path[DIR_LEN + ID_DIGITS + 16] = DIR, digits[ID_DIGITS];
	size_t len = DIR_LEN, n = 0;

	do {
		digits[n++] = '0' + id % 10;
		id /= 10;
	} while (id);
	while (n)
		path[len++] = digits[--n];
	path[len++] = '/';
	n = strlen(name);
	memcpy(path + len, name, n);
	return open_file(path, len + n);
}

/* "<before>0x<v>": 0 or -errno. */
static int write_hex(int fd, const char *before, uint64_t v)
{
	char text[8 + 2 + HEX_DIGITS];
	size_t len = strlen(before);
	long ret;

	memcpy(text, before, len);
	text[len++] = '0';
	text[len++] = 'x';
	for (int i = HEX_DIGITS - 1; i >= 0; i--)
		text[len++] = "0123456789abcdef"[v >> 4 * i & 15];
	ret = ros_call(SYS_write, fd, text, len);
	return ret < 0 ? ret : 0;
}

static int read_id(int ctlfd)
{
	char text[ID_DIGITS + 1];
	long len = ros_call(SYS_pread, ctlfd, text, sizeof(text), 0);
	int id = 0;

	if (len <= 0)
		return len ? len : -EIO;
	for (long i = 0; i < len && text[i] >= '0' && text[i] <= '9'; i++)
		id = id * 10 + (text[i] - '0');
	return id;
}

static void hand_out(int fd, int *to)
{
	if (to)
		*to = fd;
	else
		close_file(fd);
}

int devalarm_get_fds(int *ctlfd_r, int *timerfd_r, int *alarmid_r)
{
	int ctlfd, timerfd, id;

	ctlfd = open_file(CLONE, sizeof(CLONE) - 1);
	if (ctlfd < 0)
		return ctlfd;
	id = read_id(ctlfd);
	timerfd = id < 0 ? id : open_of_alarm(id, "timer");
	if (timerfd < 0) {
		close_file(ctlfd);
		return timerfd;
	}
	hand_out(ctlfd, ctlfd_r);
	hand_out(timerfd, timerfd_r);
	if (alarmid_r)
		*alarmid_r = id;
	return 0;
}

/* By the alarm's number, as queues are set through its ctl file. */
int devalarm_set_evq(int timerfd, struct event_queue *ev_q, int alarmid)
{
	int ctlfd, err;

	if (alarmid < 0)
		return -EINVAL;
	ctlfd = open_of_alarm(alarmid, "ctl");
	if (ctlfd < 0)
		return ctlfd;
	err = write_hex(ctlfd, "evq ", (uintptr_t)ev_q);
	close_file(ctlfd);
	return err;
}

int devalarm_set_time(int timerfd, uint64_t tsc_time)
{
	return write_hex(timerfd, "", tsc_time);
}

int devalarm_disable(int timerfd)
{
	return devalarm_set_time(timerfd, 0);
}

int devalarm_get_id(struct event_msg *ev_msg)
{
	return ev_msg ? (int)(intptr_t)ev_msg->ev_arg3 : -1;
}
