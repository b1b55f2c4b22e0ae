// SPDX-License-Identifier: MIT
/* /proc: texts that stay whole over small reads, links that lead to the files
 * themselves, processes that go while they are looked at, and who may look. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static char buf[65536], path[64];

/* Reads a file of /proc in pieces; its length. */
static long slurp(const char *name, size_t piece)
{
	int fd = open(name, O_RDONLY);
	long len = 0, n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, buf + len, piece)) > 0)
		len += n;
	close(fd);
	buf[n < 0 ? 0 : len] = 0;
	return n < 0 ? -1 : len;
}

static const char *of_pid(pid_t pid, const char *file)
{
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return path;
}

static void test_self(void)
{
	char link[64] = "";
	int pid, ppid;
	char state;

	CHECK(readlink("/proc/self", link, sizeof(link) - 1) > 0);
	CHECK(atoi(link) == getpid());
	CHECK(slurp("/proc/self/stat", 4096) > 0);
	CHECK(sscanf(strrchr(buf, ')') + 2, "%c %d", &state, &ppid) == 2);
	CHECK(atoi(buf) == getpid() && ppid == getppid() && state == 'R');
	CHECK(slurp("/proc/self/status", 4096) > 0);
	CHECK(sscanf(strstr(buf, "\nPid:") + 1, "Pid: %d", &pid) == 1);
	CHECK(pid == getpid());
	CHECK(slurp("/proc/self/comm", 4096) > 0 && !strcmp(buf, "procfs\n"));
	CHECK(slurp("/proc/self/cmdline", 4096) > 0 && strstr(buf, "procfs"));
}

static void test_small_reads(void)
{
	static char whole[65536];
	long len = slurp("/proc/self/maps", sizeof(buf));
	int fd;

	CHECK(len > 100 && buf[len - 1] == '\n');
	memcpy(whole, buf, len);
	CHECK(slurp("/proc/self/maps", 7) == len);
	CHECK(!memcmp(whole, buf, len));
	fd = open("/proc/self/maps", O_RDONLY);
	CHECK(pread(fd, buf, 10, 20) == 10 && !memcmp(buf, whole + 20, 10));
	CHECK(pread(fd, buf, 10, len) == 0);
	close(fd);
}

static void test_maps(void)
{
	char *page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	char line[40], link[256] = "";

	CHECK(page != MAP_FAILED);
	CHECK(slurp("/proc/self/maps", 4096) > 0);
	CHECK(strstr(buf, "[stack]") && strstr(buf, "/procfs\n"));
	CHECK(mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0);
	CHECK(slurp("/proc/self/maps", 4096) > 0);
	snprintf(line, sizeof(line), "%08lx rw", (unsigned long)page + 4096);
	CHECK(strstr(buf, line));
	CHECK(readlink("/proc/self/exe", link, sizeof(link) - 1) > 0);
	CHECK(strstr(buf, link));
	munmap(page, 8192);
}

static void test_fd_links(void)
{
	char name[] = "/tmp/procfs.XXXXXX", link[256] = "";
	int fd = mkstemp(name), again, count = 0;
	struct stat a, b;
	struct dirent *e;
	DIR *d;

	CHECK(fd >= 0 && write(fd, "text", 4) == 4);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK(readlink(path, link, sizeof(link) - 1) > 0);
	CHECK(!strcmp(link, name));
	CHECK(fstat(fd, &a) == 0 && stat(path, &b) == 0);
	CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	CHECK(lstat(path, &b) == 0 && S_ISLNK(b.st_mode));
	CHECK((b.st_mode & 0777) == 0700);
	d = opendir("/proc/self/fd");
	while ((e = readdir(d)))
		count += atoi(e->d_name) == fd;
	closedir(d);
	CHECK(count == 1);
	/* The link is the file's, not its name's. */
	CHECK(unlink(name) == 0);
	again = open(path, O_RDONLY);
	CHECK(again >= 0 && read(again, buf, 8) == 4 &&
	      !memcmp(buf, "text", 4));
	close(again);
	close(fd);
	CHECK(open(path, O_RDONLY) == -1 && errno == ENOENT);
	CHECK(lstat(path, &b) == -1 && errno == ENOENT);
}

static void test_pipe_links(void)
{
	int fds[2], more;
	char c;

	CHECK(pipe(fds) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[1]);
	CHECK(readlink(path, buf, sizeof(buf)) > 6);
	CHECK(!memcmp(buf, "pipe:[", 6));
	more = open(path, O_WRONLY);
	CHECK(more >= 0 && more != fds[1]);
	close(fds[1]);
	/* There is a writer still. */
	CHECK(write(more, "x", 1) == 1 && read(fds[0], &c, 1) == 1);
	CHECK(fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0);
	CHECK(read(fds[0], &c, 1) == -1 && errno == EAGAIN);
	close(more);
	CHECK(read(fds[0], &c, 1) == 0);
	close(fds[0]);
}

static void test_cwd(void)
{
	char link[256] = "", here[256];
	struct stat a, b;

	CHECK(chdir("/proc") == 0);
	CHECK(readlink("/proc/self/cwd", link, sizeof(link) - 1) > 0);
	CHECK(!strcmp(link, "/proc"));
	CHECK(stat("/proc/self/cwd", &a) == 0 && stat("/proc", &b) == 0);
	CHECK(a.st_ino == b.st_ino);
	CHECK(chdir("/proc/self/fd") == 0 && getcwd(here, sizeof(here)));
	CHECK(atoi(here + 6) == getpid());
	CHECK(chdir("..") == 0 && chdir("..") == 0);
	CHECK(getcwd(here, sizeof(here)) && !strcmp(here, "/proc"));
	CHECK(chdir("/") == 0);
}

static void test_zombie_and_gone(void)
{
	int fd, status;
	siginfo_t si;
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	fd = open(of_pid(pid, "status"), O_RDONLY);
	CHECK(fd >= 0);
	CHECK(kill(pid, SIGKILL) == 0);
	/* Not waited for yet. */
	CHECK(waitid(P_PID, pid, &si, WEXITED | WNOWAIT) == 0);
	CHECK(slurp(of_pid(pid, "stat"), 4096) > 0);
	CHECK(strrchr(buf, ')')[2] == 'Z');
	CHECK(slurp(of_pid(pid, "cmdline"), 4096) == 0);
	CHECK(slurp(of_pid(pid, "maps"), 4096) == 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(open(of_pid(pid, "stat"), O_RDONLY) == -1 && errno == ENOENT);
	CHECK(read(fd, buf, 100) == -1 && errno == ESRCH);
	close(fd);
}

/* As another user; the child's status says what went wrong. */
static int look_as_nobody(pid_t other)
{
	if (setgid(65534) || setuid(65534))
		return 1;
	if (readlink(of_pid(other, "exe"), buf, 64) != -1 || errno != EACCES)
		return 2;
	if (opendir(of_pid(other, "fd")) || errno != EACCES)
		return 3;
	if (slurp(of_pid(other, "maps"), 64) != -1 || errno != EACCES)
		return 4;
	if (slurp(of_pid(other, "stat"), 64) <= 0)
		return 5;
	if (slurp("/proc/self/maps", 64) <= 0 || !opendir("/proc/self/fd"))
		return 6;
	return 0;
}

static void test_who_may_look(void)
{
	pid_t me = getpid(), pid;
	int status;

	if (getuid())
		return;
	pid = fork();
	if (!pid)
		_exit(look_as_nobody(me));
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	CHECK(WEXITSTATUS(status) == 0);
}

/* Everything is read while processes come and go. */
static void test_crowd(void)
{
	static const char *const files[] = { "stat", "status", "maps",
					     "cmdline", "fd/0", "mounts" };
	pid_t crowd = fork(), pid;

	if (!crowd) {
		for (int i = 0; i < 100; i++) {
			pid = fork();
			if (!pid)
				_exit(0);
			waitpid(pid, NULL, 0);
		}
		_exit(0);
	}
	while (waitpid(crowd, NULL, WNOHANG) == 0) {
		DIR *d = opendir("/proc");
		struct dirent *e;

		CHECK(d);
		while ((e = readdir(d)))
			for (int i = 0; i < 6 && (pid = atoi(e->d_name)); i++)
				if (pid >= crowd && i != 4)
					slurp(of_pid(pid, files[i]), 4096);
				else if (pid >= crowd)
					readlink(of_pid(pid, files[i]), buf,
						 64);
		closedir(d);
	}
}

int main(void)
{
	RUN(test_self);
	RUN(test_small_reads);
	RUN(test_maps);
	RUN(test_fd_links);
	RUN(test_pipe_links);
	RUN(test_cwd);
	RUN(test_zombie_and_gone);
	RUN(test_who_may_look);
	RUN(test_crowd);
	return tap_end();
}
