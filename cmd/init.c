// SPDX-License-Identifier: MIT
/*
 * init: the first process.  Starts what the kernel's command line asks for,
 * reaps orphans, and takes the machine down in order.
 *
 *	agent=1			run the launcher's agent on /dev/launch
 *	console=tty		a shell on /dev/cons; the machine ends with it
 *	term=T rows=R cols=C	what the terminal is
 *
 * Without agent=1 there is a shell.  SIGUSR1 halts, SIGUSR2 and SIGPWR power
 * off, SIGTERM reboots (what busybox' halt, poweroff and reboot send).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TERM_GRACE_MS 1000 /* between SIGTERM to all and SIGKILL */

static char cmdline[4096];
static volatile sig_atomic_t down_signal;

static void on_signal(int sig)
{
	down_signal = sig;
}

static void on_child(int sig)
{
	/* only here so that waiting calls return */
}

static void read_cmdline(void)
{
	int fd = open("/proc/cmdline", O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return;
	n = read(fd, cmdline, sizeof(cmdline) - 1);
	cmdline[n > 0 ? n : 0] = 0;
	close(fd);
}

/* The value of `key=`, in static memory; NULL if it is not given. */
static const char *option(const char *key)
{
	static char value[256];
	size_t len = strlen(key);
	const char *at = cmdline;

	for (;;) {
		at += strspn(at, " \n");
		if (!*at)
			return NULL;
		if (!strncmp(at, key, len) && at[len] == '=') {
			at += len + 1;
			snprintf(value, sizeof(value), "%.*s",
				 (int)strcspn(at, " \n"), at);
			return value;
		}
		at += strcspn(at, " \n");
	}
}

static void set_up_terminal(void)
{
	struct winsize ws = { 0 };
	const char *v = option("term");

	setenv("TERM", v ? v : "vt100", 1);
	if ((v = option("rows")))
		ws.ws_row = atoi(v);
	if ((v = option("cols")))
		ws.ws_col = atoi(v);
	if (ws.ws_row && ws.ws_col)
		ioctl(0, TIOCSWINSZ, &ws);
}

static void show_file(const char *path)
{
	char buf[1024];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (write(1, buf, n) < 0)
			break;
	close(fd);
}

static void set_host_name(void)
{
	char name[64];
	int fd = open("/etc/hostname", O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, name, sizeof(name) - 1);

	if (fd >= 0)
		close(fd);
	if (n > 0) {
		name[n] = 0;
		name[strcspn(name, "\n")] = 0;
		sethostname(name, strlen(name));
	}
}

/* Becomes the program in a child; its pid. */
static pid_t start(const char *path, char *const argv[], bool own_session)
{
	pid_t pid = fork();

	/* Somebody eats memory or processes: that passes. */
	while (pid < 0 && (errno == ENOMEM || errno == EAGAIN)) {
		usleep(100000);
		pid = fork();
	}
	if (pid < 0)
		fprintf(stderr, "init: fork: %s\n", strerror(errno));
	if (pid)
		return pid;
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	if (own_session) {
		setsid();
		ioctl(0, TIOCSCTTY, 1);
		if (chdir("/root") < 0 && chdir("/") < 0)
			_exit(126);
	}
	execv(path, argv);
	fprintf(stderr, "init: %s: %s\n", path, strerror(errno));
	_exit(127);
}

static void reap_for(int ms)
{
	struct timespec nap = { 0, 10 * 1000 * 1000 };

	for (int left = ms; left > 0; left -= 10) {
		pid_t pid;

		do {
			pid = waitpid(-1, NULL, WNOHANG);
		} while (pid > 0);
		if (pid < 0 && errno == ECHILD)
			return;
		nanosleep(&nap, NULL);
	}
}

static void take_down(int how)
{
	signal(SIGTERM, SIG_IGN);
	kill(-1, SIGTERM);
	kill(-1, SIGCONT);
	reap_for(TERM_GRACE_MS);
	kill(-1, SIGKILL);
	reap_for(TERM_GRACE_MS);
	sync();
	reboot(how);
	fprintf(stderr, "init: reboot: %s\n", strerror(errno));
}

static void handle_down_signal(void)
{
	switch (down_signal) {
	case SIGUSR1:
		take_down(RB_HALT_SYSTEM);
		break;
	case SIGTERM:
		take_down(RB_AUTOBOOT);
		break;
	default:
		take_down(RB_POWER_OFF);
	}
}

static void watch(int sig, void (*fn)(int))
{
	struct sigaction sa = { .sa_handler = fn };

	sigaction(sig, &sa, NULL);
}

static pid_t start_session(void)
{
	char *shell_argv[] = { "-sh", NULL };
	char *agent_argv[] = { "agent", "-p", NULL };

	if (option("agent"))
		return start("/bin/agent", agent_argv, false);
	set_up_terminal();
	show_file("/etc/motd");
	return start("/bin/sh", shell_argv, true);
}

int main(void)
{
	pid_t session, pid;
	int status;

	read_cmdline();
	watch(SIGUSR1, on_signal);
	watch(SIGUSR2, on_signal);
	watch(SIGPWR, on_signal);
	watch(SIGTERM, on_signal);
	watch(SIGCHLD, on_child);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	setenv("HOME", "/root", 1);
	setenv("USER", "root", 1);
	setenv("LOGNAME", "root", 1);
	setenv("SHELL", "/bin/sh", 1);
	set_host_name();

	session = start_session();
	for (;;) {
		pid = waitpid(-1, &status, 0);
		if (down_signal)
			handle_down_signal();
		if (pid > 0 && pid == session)
			break;
		if (pid < 0 && errno == ECHILD)
			break;
	}
	/* The session's end is the machine's. */
	take_down(RB_POWER_OFF);
	return 1;
}
