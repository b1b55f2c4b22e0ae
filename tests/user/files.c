// SPDX-License-Identifier: MIT
/* Files as programs use them: offsets, holes, names, modes, directories. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static char buf[20000];

static int make(const char *name, const char *what)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_RDWR, 0644);

	if (fd >= 0 && write(fd, what, strlen(what)) != strlen(what))
		return -1;
	return fd;
}

static int holds(const char *name, const char *what)
{
	int fd = open(name, O_RDONLY);
	long n = fd < 0 ? -1 : read(fd, buf, sizeof(buf));

	close(fd);
	return n == strlen(what) && !memcmp(buf, what, n);
}

static void test_offsets(void)
{
	struct stat st;
	int fd = make("a", "0123456789"), same = dup(fd);

	CHECK(fd >= 0 && same >= 0);
	CHECK(lseek(same, 2, SEEK_SET) == 2);
	CHECK(read(fd, buf, 3) == 3 && !memcmp(buf, "234", 3));
	CHECK(lseek(same, 0, SEEK_CUR) == 5);
	CHECK(pread(fd, buf, 4, 8) == 2 && !memcmp(buf, "89", 2));
	CHECK(pwrite(fd, "ab", 2, 9) == 2);
	CHECK(lseek(fd, 0, SEEK_CUR) == 5 && lseek(fd, 0, SEEK_END) == 11);
	CHECK(lseek(fd, -1, SEEK_SET) == -1 && errno == EINVAL);
	CHECK(lseek(fd, 0, 99) == -1 && errno == EINVAL);
	CHECK(pread(fd, buf, 1, -1) == -1 && errno == EINVAL);
	CHECK(read(fd, buf, 1) == 0);
	CHECK(fstat(fd, &st) == 0 && st.st_size == 11 && st.st_nlink == 1);
	CHECK(S_ISREG(st.st_mode));
	close(fd);
	close(same);
	CHECK(read(fd, buf, 1) == -1 && errno == EBADF);
	CHECK(close(fd) == -1 && errno == EBADF);
	CHECK(unlink("a") == 0);
}

static void test_holes(void)
{
	struct stat st;
	int fd = make("hole", "x");

	CHECK(pwrite(fd, "y", 1, 10000) == 1);
	memset(buf, 1, sizeof(buf));
	CHECK(pread(fd, buf, sizeof(buf), 0) == 10001);
	CHECK(buf[0] == 'x' && buf[10000] == 'y');
	for (int i = 1; i < 10000; i++)
		CHECK(buf[i] == 0);
	CHECK(ftruncate(fd, 3) == 0 && ftruncate(fd, 6000) == 0);
	CHECK(pread(fd, buf, sizeof(buf), 0) == 6000);
	for (int i = 1; i < 6000; i++)
		CHECK(buf[i] == 0);
	CHECK(pwrite(fd, "z", 1, 1L << 32) == 1);
	CHECK(fstat(fd, &st) == 0 && st.st_size == (1L << 32) + 1);
	CHECK(st.st_blocks < 1000);
	CHECK(truncate("hole", 0) == 0);
	CHECK(fstat(fd, &st) == 0 && st.st_size == 0);
	close(fd);
	unlink("hole");
}

static void test_append(void)
{
	int a = make("log", "start "), b;

	close(a);
	a = open("log", O_WRONLY | O_APPEND);
	b = open("log", O_WRONLY | O_APPEND);
	CHECK(write(a, "one ", 4) == 4 && write(b, "two ", 4) == 4);
	CHECK(lseek(a, 0, SEEK_SET) == 0 && write(a, "three", 5) == 5);
	CHECK(holds("log", "start one two three"));
	CHECK(fcntl(a, F_GETFL) == (O_WRONLY | O_APPEND | (O_LARGEFILE &
			fcntl(a, F_GETFL))));
	CHECK(fcntl(a, F_SETFL, 0) == 0 && lseek(a, 0, SEEK_SET) == 0);
	CHECK(write(a, "S", 1) == 1);
	CHECK(holds("log", "Start one two three"));
	close(a);
	close(b);
	unlink("log");
}

/* Many at once: none overwrites another's. */
static void test_append_together(void)
{
	enum { WRITERS = 4, LINES = 100 };
	struct stat st;
	int status, fd;

	close(make("log", ""));
	for (int w = 0; w < WRITERS; w++) {
		if (fork())
			continue;
		fd = open("log", O_WRONLY | O_APPEND);
		for (int i = 0; i < LINES; i++)
			if (write(fd, "0123456789abcdef", 16) != 16)
				_exit(1);
		_exit(0);
	}
	for (int w = 0; w < WRITERS; w++)
		CHECK(wait(&status) > 0 && status == 0);
	CHECK(stat("log", &st) == 0 && st.st_size == WRITERS * LINES * 16);
	unlink("log");
}

static void test_vectors(void)
{
	char a[3], b[5] = "";
	struct iovec out[] = { { "ab", 2 }, { "", 0 }, { "cdef", 4 } };
	struct iovec in[] = { { a, 3 }, { b, 4 } };
	int fd = make("v", "");

	CHECK(writev(fd, out, 3) == 6);
	CHECK(preadv(fd, in, 2, 0) == 6 && !memcmp(a, "abc", 3));
	CHECK(!memcmp(b, "def", 3));
	CHECK(pwritev(fd, out, 3, 4) == 6 && lseek(fd, 0, SEEK_CUR) == 6);
	CHECK(lseek(fd, 3, SEEK_SET) == 3 && readv(fd, in, 2) == 7);
	CHECK(!memcmp(a, "dab", 3) && !memcmp(b, "cdef", 4));
	CHECK(readv(fd, in, -1) == -1 && errno == EINVAL);
	CHECK(readv(fd, in, 100000) == -1 && errno == EINVAL);
	in[0].iov_len = -1;
	CHECK(readv(fd, in, 2) == -1 && errno == EINVAL);
	close(fd);
	unlink("v");
}

static void test_open_flags(void)
{
	int fd;

	CHECK(open("none", O_RDONLY) == -1 && errno == ENOENT);
	fd = open("new", O_CREAT | O_EXCL | O_WRONLY, 0600);
	CHECK(fd >= 0 && read(fd, buf, 1) == -1 && errno == EBADF);
	close(fd);
	CHECK(open("new", O_CREAT | O_EXCL, 0600) == -1 && errno == EEXIST);
	CHECK(open("new", O_DIRECTORY) == -1 && errno == ENOTDIR);
	CHECK(open("new/x", O_RDONLY) == -1 && errno == ENOTDIR);
	CHECK(open(".", O_WRONLY) == -1 && errno == EISDIR);
	CHECK(symlink("new", "link") == 0);
	CHECK(open("link", O_NOFOLLOW) == -1 && errno == ELOOP);
	CHECK(symlink("round", "round") == 0);
	CHECK(open("round", O_RDONLY) == -1 && errno == ELOOP);
	fd = open("new", O_RDONLY);
	CHECK(write(fd, "x", 1) == -1 && errno == EBADF);
	CHECK(ftruncate(fd, 0) == -1 && errno == EINVAL);
	close(fd);
	memset(buf, 'n', NAME_MAX + 1);
	buf[NAME_MAX + 1] = 0;
	CHECK(open(buf, O_CREAT, 0600) == -1 && errno == ENAMETOOLONG);
	CHECK(open("", O_RDONLY) == -1 && errno == ENOENT);
	unlink("new");
	unlink("link");
	unlink("round");
}

/* What is unlinked is there as long as somebody has it open. */
static void test_unlinked_lives_on(void)
{
	struct stat st;
	int fd = make("gone", "still here");

	CHECK(unlink("gone") == 0 && access("gone", F_OK) == -1);
	CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0);
	CHECK(pread(fd, buf, 20, 0) == 10 && !memcmp(buf, "still here", 10));
	CHECK(pwrite(fd, "more", 4, 10) == 4);
	close(fd);
	CHECK(unlink("gone") == -1 && errno == ENOENT);
	mkdir("dir", 0755);
	CHECK(unlink("dir") == -1 && errno == EISDIR);
	CHECK(rmdir("dir") == 0);
}

static void test_links(void)
{
	struct stat a, b;

	close(make("one", "1"));
	CHECK(link("one", "two") == 0);
	CHECK(link("one", "two") == -1 && errno == EEXIST);
	CHECK(stat("one", &a) == 0 && stat("two", &b) == 0);
	CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_nlink == 2);
	CHECK(unlink("one") == 0 && holds("two", "1"));
	CHECK(mkdir("dir", 0755) == 0);
	CHECK(link("dir", "dir2") == -1 && errno == EPERM);
	CHECK(symlink("../two", "dir/up") == 0 && holds("dir/up", "1"));
	CHECK(readlink("dir/up", buf, sizeof(buf)) == 6);
	CHECK(!memcmp(buf, "../two", 6));
	CHECK(readlink("dir/up", buf, 3) == 3 && !memcmp(buf, "../", 3));
	CHECK(readlink("two", buf, 9) == -1 && errno == EINVAL);
	CHECK(lstat("dir/up", &a) == 0 && S_ISLNK(a.st_mode));
	CHECK(a.st_size == 6);
	unlink("dir/up");
	unlink("two");
	rmdir("dir");
}

static void test_rename(void)
{
	struct stat st;

	close(make("a", "A"));
	close(make("b", "B"));
	CHECK(rename("a", "b") == 0 && holds("b", "A"));
	CHECK(rename("a", "c") == -1 && errno == ENOENT);
	CHECK(rename("b", "b") == 0 && holds("b", "A"));
	CHECK(link("b", "c") == 0 && rename("b", "c") == 0);
	CHECK(access("b", F_OK) == 0); /* two names of one file: nothing */
	unlink("b");
	CHECK(mkdir("d", 0755) == 0 && mkdir("e", 0755) == 0);
	CHECK(rename("c", "d") == -1 && errno == EISDIR);
	CHECK(rename("d", "c") == -1 && errno == ENOTDIR);
	CHECK(mkdir("d/sub", 0755) == 0);
	CHECK(rename("d", "d/sub/x") == -1 && errno == EINVAL);
	CHECK(rename("e", "d") == -1 &&
	      (errno == ENOTEMPTY || errno == EEXIST));
	CHECK(rename("d", "e") == 0 && access("e/sub", F_OK) == 0);
	CHECK(rename("e/sub", "sub") == 0 && stat("e", &st) == 0);
	CHECK(rename("c", "sub/c") == 0 && holds("sub/c", "A"));
	CHECK(rmdir("sub") == -1 && (errno == ENOTEMPTY || errno == EEXIST));
	unlink("sub/c");
	CHECK(rmdir("sub") == 0 && rmdir("e") == 0);
	CHECK(rmdir("e") == -1 && errno == ENOENT);
}

/* K4: the mode is the one asked for less the umask, and what is there already
 * is said to be. */
static void test_mkdir(void)
{
	mode_t old = umask(027);
	struct stat st;

	CHECK(mkdir("d", 0777) == 0 && stat("d", &st) == 0);
	CHECK(S_ISDIR(st.st_mode) && (st.st_mode & 07777) == 0750);
	CHECK(mkdir("d", 0777) == -1 && errno == EEXIST);
	CHECK(mkdir("none/d", 0777) == -1 && errno == ENOENT);
	CHECK(mkdir(".", 0777) == -1 && errno == EEXIST);
	CHECK(mkdir("/", 0777) == -1 && errno == EEXIST);
	CHECK(mkdir("d/x/", 0777) == 0 && rmdir("d/x/") == 0);
	close(make("f", ""));
	CHECK(stat("f", &st) == 0 && (st.st_mode & 07777) == 0640);
	CHECK(mkdir("f", 0777) == -1 && errno == EEXIST);
	CHECK(mkdir("f/d", 0777) == -1 && errno == ENOTDIR);
	CHECK(rmdir("f") == -1 && errno == ENOTDIR);
	CHECK(rmdir("d/.") == -1 && errno == EINVAL);
	CHECK(rmdir("d") == 0 && unlink("f") == 0 && umask(old) == 027);
}

/* The lowest free descriptor, flags of the descriptor and of the file. */
static void test_descriptors(void)
{
	int a = make("f", "x"), b = dup(a), c;

	CHECK(b == a + 1 && close(a) == 0 && dup(b) == a);
	CHECK(fcntl(b, F_DUPFD, 100) == 100);
	CHECK(fcntl(100, F_GETFD) == 0 && close(100) == 0);
	CHECK(fcntl(b, F_DUPFD_CLOEXEC, 50) == 50);
	CHECK(fcntl(50, F_GETFD) == FD_CLOEXEC);
	CHECK(fcntl(50, F_SETFD, 0) == 0 && fcntl(50, F_GETFD) == 0);
	CHECK(dup2(b, 50) == 50 && dup2(50, 50) == 50);
	CHECK(dup3(b, 51, O_CLOEXEC) == 51 && fcntl(51, F_GETFD) == 1);
	CHECK(dup3(b, b, 0) == -1 && errno == EINVAL);
	CHECK(dup2(99, 60) == -1 && errno == EBADF);
	CHECK(dup2(b, -1) == -1 && errno == EBADF);
	CHECK(fcntl(b, F_DUPFD, -1) == -1 && errno == EINVAL);
	c = open("f", O_RDONLY | O_CLOEXEC);
	CHECK(fcntl(c, F_GETFD) == FD_CLOEXEC);
	CHECK((fcntl(c, F_GETFL) & O_ACCMODE) == O_RDONLY);
	close(50);
	close(51);
	close(a);
	close(b);
	close(c);
	unlink("f");
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void test_directories(void)
{
	enum { FILES = 300 };
	int seen[FILES], nr = 0, dots = 0;
	struct dirent *d;
	char name[300];
	DIR *dir;

	CHECK(mkdir("many", 0755) == 0);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "many/file%d", i);
		close(make(name, ""));
	}
	dir = opendir("many");
	CHECK(dir != NULL);
	while ((d = readdir(dir))) {
		if (d->d_name[0] == '.') {
			dots++;
			CHECK(d->d_type == DT_DIR);
			continue;
		}
		CHECK(nr < FILES && d->d_type == DT_REG && d->d_ino);
		seen[nr++] = atoi(d->d_name + 4);
	}
	CHECK(dots == 2 && nr == FILES);
	qsort(seen, nr, sizeof(int), compare);
	for (int i = 0; i < FILES; i++)
		CHECK(seen[i] == i);
	rewinddir(dir);
	/* Those that are there all the time come exactly once. */
	for (nr = 0; (d = readdir(dir));) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "many/%s", d->d_name);
		CHECK(unlink(name) == 0);
		nr++;
	}
	CHECK(nr == FILES);
	closedir(dir);
	CHECK(rmdir("many") == 0);
	CHECK(opendir("many") == NULL && errno == ENOENT);
}

static void test_where_one_is(void)
{
	char top[200], now[200];
	int fd;

	CHECK(getcwd(top, sizeof(top)) == top && mkdir("in", 0755) == 0);
	CHECK(chdir("in") == 0 && getcwd(now, sizeof(now)) == now);
	CHECK(!strncmp(now, top, strlen(top)));
	CHECK(!strcmp(now + strlen(top), "/in"));
	CHECK(getcwd(now, 2) == NULL && errno == ERANGE);
	fd = open("..", O_RDONLY | O_DIRECTORY);
	CHECK(mkdirat(fd, "in/deep", 0755) == 0 && access("deep", F_OK) == 0);
	CHECK(fchdir(fd) == 0 && access("in/deep", F_OK) == 0);
	CHECK(faccessat(fd, "in/deep", W_OK, 0) == 0);
	CHECK(unlinkat(fd, "in/deep", 0) == -1 && errno == EISDIR);
	CHECK(unlinkat(fd, "in/deep", AT_REMOVEDIR) == 0);
	CHECK(openat(fd, "in/../in/./..", O_RDONLY) == fd + 1);
	close(fd + 1);
	close(fd);
	CHECK(chdir("none") == -1 && errno == ENOENT);
	CHECK(rmdir("in") == 0);
	CHECK(access("/..", F_OK) == 0 && access("/../..//./tmp", F_OK) == 0);
}

static void test_times_and_modes(void)
{
	struct timespec t[2] = { { 1000, 5000 }, { 2000, 7000 } };
	struct stat st;
	int fd = make("t", "x");

	CHECK(utimensat(AT_FDCWD, "t", t, 0) == 0 && stat("t", &st) == 0);
	CHECK(st.st_atim.tv_sec == 1000 && st.st_mtim.tv_sec == 2000);
	CHECK(st.st_mtim.tv_nsec == 7000);
	t[0].tv_nsec = UTIME_OMIT;
	t[1].tv_nsec = UTIME_NOW;
	CHECK(futimens(fd, t) == 0 && fstat(fd, &st) == 0);
	CHECK(st.st_atim.tv_sec == 1000 && st.st_mtim.tv_sec > 1000000000);
	t[0].tv_nsec = 1000000000;
	CHECK(futimens(fd, t) == -1 && errno == EINVAL);
	CHECK(chmod("t", 0123) == 0 && fchmod(fd, 0456) == 0);
	CHECK(fstat(fd, &st) == 0 && (st.st_mode & 07777) == 0456);
	CHECK(write(fd, "y", 1) == 1); /* it is open */
	close(fd);
	unlink("t");
}

int main(void)
{
	char top[] = "/tmp/filesXXXXXX";

	if (!mkdtemp(top) || chdir(top) < 0)
		return 1;
	umask(022);
	RUN(test_offsets);
	RUN(test_holes);
	RUN(test_append);
	RUN(test_append_together);
	RUN(test_vectors);
	RUN(test_open_flags);
	RUN(test_unlinked_lives_on);
	RUN(test_links);
	RUN(test_rename);
	RUN(test_mkdir);
	RUN(test_descriptors);
	RUN(test_directories);
	RUN(test_where_one_is);
	RUN(test_times_and_modes);
	return tap_end() || chdir("/") < 0 || rmdir(top) < 0;
}
