// SPDX-License-Identifier: MIT
/* What those who are not root may not do. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define USER 1000

static const char *self;

/* Exit status of fn in a process of the user; 0: all is as it should be. */
static int as_user(int (*fn)(void))
{
	int status = -1;
	pid_t child = fork();

	if (!child)
		_exit(setgid(USER) || setuid(USER) ? 99 : fn());
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int refused(int ret, int err)
{
	return ret == -1 && errno == err;
}

static int machine(void)
{
	struct timeval tv = { 1, 0 };

	if (!refused(reboot(RB_AUTOBOOT), EPERM))
		return 1;
	if (!refused(sethostname("mine", 4), EPERM))
		return 2;
	if (!refused(settimeofday(&tv, NULL), EPERM))
		return 3;
	return refused(chroot("/"), EPERM) ? 0 : 4;
}

static void test_machine(void)
{
	CHECK(as_user(machine) == 0);
}

static int others(void)
{
	struct rlimit rl = { 10, 10 };

	if (!refused(kill(getppid(), SIGTERM), EPERM))
		return 1;
	if (!refused(prlimit(getppid(), RLIMIT_NOFILE, &rl, NULL), EPERM))
		return 2;
	if (!refused(setuid(0), EPERM) || !refused(setgid(0), EPERM))
		return 3;
	return refused(setgroups(0, NULL), EPERM) ? 0 : 4;
}

static void test_others(void)
{
	CHECK(as_user(others) == 0);
}

#define FILE_OF_ROOT "/tmp/rights.root"
#define FILE_OF_USER "/tmp/rights.user"

static int files(void)
{
	int fd;

	if (!refused(chmod(FILE_OF_ROOT, 0777), EPERM))
		return 1;
	if (!refused(chown(FILE_OF_ROOT, USER, -1), EPERM))
		return 2;
	if (!refused(open(FILE_OF_ROOT, O_WRONLY), EACCES))
		return 3;
	fd = open(FILE_OF_USER, O_CREAT | O_RDWR, 0644);
	if (fd < 0 || !refused(fchown(fd, 0, -1), EPERM) ||
	    !refused(fchown(fd, -1, 0), EPERM))
		return 4;
	return fchown(fd, -1, USER) || unlink(FILE_OF_USER) ? 5 : 0;
}

static void test_files(void)
{
	int fd = open(FILE_OF_ROOT, O_CREAT | O_RDWR, 0644);

	CHECK(fd >= 0);
	CHECK(as_user(files) == 0);
	close(fd);
	unlink(FILE_OF_ROOT);
}

#define SETUID_PROG "/tmp/rights.setuid"

static void copy_self(void)
{
	char buf[65536];
	int from = open(self, O_RDONLY);
	int to = open(SETUID_PROG, O_CREAT | O_TRUNC | O_WRONLY, 0755);
	ssize_t n;

	CHECK(from >= 0 && to >= 0);
	while ((n = read(from, buf, sizeof(buf))) > 0)
		CHECK(write(to, buf, n) == n);
	close(from);
	close(to);
}

static int run_setuid(void)
{
	execl(SETUID_PROG, SETUID_PROG, "ids", NULL);
	return 98;
}

static void test_setuid_program(void)
{
	struct stat st;

	copy_self();
	CHECK(chmod(SETUID_PROG, 04755) == 0);
	CHECK(as_user(run_setuid) == 0);
	/* A new owner's rights are not the old one's. */
	CHECK(chown(SETUID_PROG, USER, USER) == 0);
	CHECK(stat(SETUID_PROG, &st) == 0 && !(st.st_mode & 04000));
	unlink(SETUID_PROG);
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1)
		return getuid() != USER || geteuid() != 0;
	RUN(test_machine);
	RUN(test_others);
	RUN(test_files);
	RUN(test_setuid_program);
	return tap_end();
}
