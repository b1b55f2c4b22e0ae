// SPDX-License-Identifier: MIT
/* Files: names, hot data, directories. */
#include "bench.h"

#include <dirent.h>
#include <sys/stat.h>

static char path[512];
static const char *tmpname(const char *s)
{
	snprintf(path, sizeof path, "%s/osb.%s", scratch, s);
	return path;
}

void t_file_create_rw_unlink(
	long n) /* op: create, write 4K, read 4K, close, unlink */
{
	const char *f = tmpname("cru");
	static char b[PAGE];
	for (long i = -5; i < n; i++) {
		if (i == 0)
			start();
		int fd = open(f, O_CREAT | O_EXCL | O_RDWR, 0600);
		CK(fd);
		if (write(fd, big, PAGE) != PAGE) {
			fail("write");
			return;
		}
		CK(lseek(fd, 0, SEEK_SET));
		if (read(fd, b, PAGE) != PAGE) {
			fail("read");
			return;
		}
		close(fd);
		CK(unlink(f));
	}
	stop();
	done(n);
}

static int mkfile(const char *f)
{
	int fd = open(f, O_CREAT | O_RDWR | O_TRUNC, 0600);
	if (fd >= 0)
		xwrite(fd, big, K64);
	return fd;
}

void t_open_close(long n)
{
	const char *f = tmpname("oc");
	int fd = mkfile(f);
	CK(fd);
	close(fd);
	start();
	for (long i = 0; i < n; i++) {
		fd = open(f, O_RDONLY);
		CK(fd);
		close(fd);
	}
	stop();
	unlink(f);
	done(n);
}

void t_stat(long n)
{
	const char *f = tmpname("st");
	struct stat s;
	int fd = mkfile(f);
	CK(fd);
	close(fd);
	start();
	for (long i = 0; i < n; i++)
		CK(stat(f, &s));
	stop();
	unlink(f);
	done(n);
}

void t_pread_4k_hot(long n)
{
	const char *f = tmpname("rd");
	static char b[PAGE];
	int fd = mkfile(f);
	CK(fd);
	start();
	for (long i = 0; i < n; i++)
		if (pread(fd, b, PAGE, (i & 15) * PAGE) != PAGE) {
			fail("pread");
			return;
		}
	stop();
	close(fd);
	unlink(f);
	done(n);
}

void t_readdir_100(long n) /* op: open, list 100 entries, close */
{
	char d[300], f[400];
	snprintf(d, sizeof d, "%s/osb.dir", scratch);
	mkdir(d, 0700);
	for (int i = 0; i < 100; i++) {
		snprintf(f, sizeof f, "%s/file%03d", d, i);
		int fd = open(f, O_CREAT | O_WRONLY, 0600);
		CK(fd);
		close(fd);
	}
	start();
	for (long i = 0; i < n; i++) {
		DIR *p = opendir(d);
		int c = 0;
		if (!p) {
			fail("opendir");
			return;
		}
		while (readdir(p))
			c++;
		closedir(p);
		if (c < 100) {
			fail("readdir");
			return;
		}
	}
	stop();
	for (int i = 0; i < 100; i++) {
		snprintf(f, sizeof f, "%s/file%03d", d, i);
		unlink(f);
	}
	rmdir(d);
	done(n);
}
