// SPDX-License-Identifier: MIT
/* What may be executed and what may not; whose children orphans are. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static const char *self;
static char dir[] = "/tmp/execXXXXXX";

static int make(const char *name, const void *what, size_t len, int mode)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, mode);
	int good = fd >= 0 && write(fd, what, len) == len;

	close(fd);
	return good;
}

/* The exit status; with a failed exec, 200 + errno. */
static int run(const char *path, char *const argv[])
{
	pid_t child = fork();
	int status;

	if (!child) {
		execv(path, argv);
		_exit(errno < 50 ? 200 + errno : 255);
	}
	if (waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -status;
}

static void test_scripts(void)
{
	char *argv[] = { "s", "one", "two words", NULL };
	char text[300];

	snprintf(text, sizeof(text), "#! %s/exec  args  x \nnever read\n", dir);
	CHECK(symlink(self, "exec") == 0);
	CHECK(make("s", text, strlen(text), 0755));
	CHECK(run("./s", argv) == 77); /* see main() */
	CHECK(make("loop", "#!./loop\n", 9, 0755));
	CHECK(run("./loop", argv) == 200 + ELOOP ||
	      run("./loop", argv) == 200 + ENOENT);
	CHECK(make("gone", "#!/no/such\n", 11, 0755));
	CHECK(run("./gone", argv) == 200 + ENOENT);
	CHECK(make("none", "#!\n", 3, 0755));
	CHECK(run("./none", argv) == 200 + ENOEXEC);
}

static void test_bad_files(void)
{
	char *argv[] = { "x", NULL };
	char elf[4096];
	int fd = open(self, O_RDONLY);

	CHECK(read(fd, elf, sizeof(elf)) == sizeof(elf));
	close(fd);
	CHECK(make("empty", "", 0, 0755));
	CHECK(run("./empty", argv) == 200 + ENOEXEC);
	CHECK(make("text", "hello\n", 6, 0755));
	CHECK(run("./text", argv) == 200 + ENOEXEC);
	CHECK(make("short", elf, 60, 0755));
	CHECK(run("./short", argv) == 200 + ENOEXEC);
	elf[18] = 40; /* another machine's */
	CHECK(make("other", elf, sizeof(elf), 0755));
	CHECK(run("./other", argv) == 200 + ENOEXEC);
	CHECK(make("mode", "#!/bin/sh\n", 10, 0644));
	CHECK(run("./mode", argv) == 200 + EACCES);
	CHECK(run(".", argv) == 200 + EACCES);
	CHECK(run("./mode/x", argv) == 200 + ENOTDIR);
	CHECK(run("", argv) == 200 + ENOENT);
}

static void test_too_many_arguments(void)
{
	size_t len = 120000, nr = 100;
	char *word = malloc(len + 1), **argv = calloc(nr + 3, sizeof(*argv));

	memset(word, 'w', len);
	word[len] = 0;
	argv[0] = (char *)self;
	argv[1] = "exit";
	for (size_t i = 0; i < nr; i++)
		argv[i + 2] = word;
	CHECK(run(self, argv) == 200 + E2BIG);
	argv[3] = NULL;
	CHECK(run(self, argv) == 5);
	free(word);
	free(argv);
}

/* An orphan goes to init, a zombie keeps its pid until it is waited for. */
static void test_orphans_and_zombies(void)
{
	int fds[2], status;
	pid_t child, orphan, parent;

	CHECK(pipe(fds) == 0);
	child = fork();
	if (!child) {
		pid_t me = getpid();

		if (fork())
			_exit(0);
		while (getppid() == me)
			usleep(1000);
		pid_t ids[2] = { getpid(), getppid() };

		_exit(write(fds[1], ids, sizeof(ids)) != sizeof(ids));
	}
	CHECK(read(fds[0], &orphan, sizeof(orphan)) == sizeof(orphan));
	CHECK(read(fds[0], &parent, sizeof(parent)) == sizeof(parent));
	CHECK(orphan != child && parent != getpid() && parent != child);
	CHECK(kill(child, 0) == 0); /* a zombie is still there */
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	CHECK(kill(child, 0) == -1 && errno == ESRCH);
	CHECK(waitpid(orphan, &status, 0) == -1 && errno == ECHILD);
	CHECK(wait(&status) == -1 && errno == ECHILD);
	close(fds[0]);
	close(fds[1]);
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1 && !strcmp(argv[1], "exit"))
		return 5;
	if (argc == 5 && !strcmp(argv[1], "args  x"))
		return !strcmp(argv[2], "./s") && !strcmp(argv[3], "one") &&
			       !strcmp(argv[4], "two words") ? 77 : 1;
	self = realpath(argv[0], NULL);
	if (!self || !mkdtemp(dir) || chdir(dir) < 0)
		return 1;
	RUN(test_scripts);
	RUN(test_bad_files);
	RUN(test_too_many_arguments);
	RUN(test_orphans_and_zombies);
	return tap_end();
}
