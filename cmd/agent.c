// SPDX-License-Identifier: MIT
/*
 * agent: runs one command for the launcher on the host, over a byte channel.
 *
 *	agent [-p] [DEVICE]
 *
 * DEVICE is /dev/launch unless named.  With -p the machine is powered off at
 * the end, which is how init starts it.  The protocol and its rules L1..L6 are
 * in ros/launch.h.  One process and one poll loop: no threads, and no write
 * that could wait for the command.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <ros/launch.h>

#define WINDOW 8192		/* the credit that we give for channel 0 */
#define FALLBACK_MS 500		/* how late a missed SIGCHLD is noticed */
#define BYE_MS 5000		/* how long we wait for the launcher's BYE */
#define DEFAULT_PATH "/bin:/sbin:/usr/bin:/usr/sbin"

/* What the command wrote, on its way to the launcher: channels 1 and 2. */
struct outlet {
	int fd;			/* our end of the pipe, -1 when it is closed */
	uint32_t credit;	/* wire bytes that the launcher can take */
	uint64_t nr_bytes;
};

static struct {
	int device;
	bool power_off;
	bool in_step;		/* a good header has been seen: rule L2 */
	bool bye;
	uint8_t rx[2 * (LAUNCH_HEADER + LAUNCH_MAX_PAYLOAD)];
	size_t rx_len;

	uint8_t *exec;		/* what has come of the EXEC block */
	size_t exec_len;

	pid_t pid;		/* of the command; 0: not started or reaped */
	int status;		/* waitpid's */
	bool exited;

	int in_fd;		/* the command's standard input, or -1 */
	uint8_t in[WINDOW];
	size_t in_len;
	uint64_t nr_in;
	bool in_eof;
	uint32_t in_owed;	/* credit of channel 0 not yet given back */

	struct outlet out[3];	/* 1 and 2 are used */
} agent = { .in_fd = -1, .out = { { -1 }, { -1 }, { -1 } } };

static void give_up(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/* ---- the link ---- */

static void write_device(const void *buf, size_t len)
{
	const uint8_t *p = buf;
	ssize_t n;

	while (len) {
		n = write(agent.device, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			struct pollfd pfd = { agent.device, POLLOUT, 0 };

			poll(&pfd, 1, -1);
			continue;
		}
		if (n <= 0)
			_exit(1);	/* nobody is there to be told */
		p += n;
		len -= n;
	}
}

/* Header and payload go out in one write, so that a frame is one burst. */
static void send_frame(int type, int channel, const void *data, size_t len)
{
	static uint8_t frame[LAUNCH_HEADER + LAUNCH_MAX_PAYLOAD];
	struct launch_header h = { LAUNCH_MAGIC, type, channel, 0, len };

	h.check = 0xff ^ h.magic ^ h.type ^ h.channel ^ (len & 0xff) ^
		  (len >> 8);
	memcpy(frame, &h, sizeof(h));
	if (len)
		memcpy(frame + sizeof(h), data, len);
	write_device(frame, sizeof(h) + len);
}

static void send_hello(void)
{
	struct launch_hello hello = { LAUNCH_VERSION, 0, WINDOW };

	write_device(LAUNCH_PREAMBLE, LAUNCH_PREAMBLE_LEN);
	send_frame(LAUNCH_HELLO, 0, &hello, sizeof(hello));
}

/* Credit goes back in quarters of the window, not byte by byte. */
static void return_credit(uint32_t len)
{
	agent.in_owed += len;
	if (agent.in_owed < WINDOW / 4)
		return;
	send_frame(LAUNCH_CREDIT, 0, &agent.in_owed, sizeof(agent.in_owed));
	agent.in_owed = 0;
}

static void leave(int status) __attribute__((noreturn));

static void leave(int status)
{
	tcdrain(agent.device);
	if (agent.power_off) {
		sync();
		reboot(RB_POWER_OFF);
	}
	exit(status);
}

static void kill_command(int sig)
{
	if (agent.pid && kill(-agent.pid, sig) < 0)
		kill(agent.pid, sig);
}

static void give_up(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	kill_command(SIGKILL);
	send_frame(LAUNCH_ERROR, 0, text, strlen(text));
	leave(1);
}

/* ---- starting the command ---- */

/* The next string of the EXEC block; *at moves past its NUL. */
static char *next_string(size_t *at)
{
	char *s = (char *)agent.exec + *at;
	char *end = memchr(s, 0, agent.exec_len - *at);

	if (!end)
		give_up("the launcher's request ends within a string");
	*at += end - s + 1;
	return s;
}

/* In the child: becomes the command, or says why not as a shell would. */
static void become(char **argv, const char *cwd, int pipes[3][2])
	__attribute__((noreturn));

static void become(char **argv, const char *cwd, int pipes[3][2])
{
	sigset_t none;
	int err;

	setpgid(0, 0);
	dup2(pipes[0][0], 0);
	dup2(pipes[1][1], 1);
	dup2(pipes[2][1], 2);
	for (int i = 0; i < 3; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	close(agent.device);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (*cwd && chdir(cwd) < 0) {
		dprintf(2, "mitos: %s: %s\n", cwd, strerror(errno));
		_exit(126);
	}
	execvp(argv[0], argv);
	err = errno;
	if (err == ENOENT || !*argv[0]) {
		dprintf(2, "mitos: %s: not found\n", argv[0]);
		_exit(127);
	}
	dprintf(2, "mitos: %s: %s\n", argv[0], strerror(err));
	_exit(126);
}

static void start_command(void)
{
	struct launch_exec req;
	size_t at = sizeof(req);
	int pipes[3][2];
	char **argv, *cwd;

	memcpy(&req, agent.exec, sizeof(req));
	argv = calloc(req.argc + 1, sizeof(*argv));
	if (!argv)
		give_up("the agent is out of memory");
	cwd = next_string(&at);
	for (int i = 0; i < req.argc; i++)
		argv[i] = next_string(&at);
	for (int i = 0; i < req.envc; i++)
		putenv(next_string(&at));
	if (!req.argc)
		give_up("the launcher asked for no command");

	for (int i = 0; i < 3; i++) {
		if (pipe(pipes[i]) < 0)
			give_up("the agent got no pipe: %s", strerror(errno));
	}
	agent.pid = fork();
	if (agent.pid < 0) {
		agent.pid = 0;
		give_up("the agent cannot start a process: %s",
			strerror(errno));
	}
	if (agent.pid == 0)
		become(argv, cwd, pipes);
	setpgid(agent.pid, agent.pid);
	close(pipes[0][0]);
	close(pipes[1][1]);
	close(pipes[2][1]);
	agent.in_fd = pipes[0][1];
	agent.out[1].fd = pipes[1][0];
	agent.out[2].fd = pipes[2][0];
	fcntl(agent.in_fd, F_SETFL, O_NONBLOCK);
	fcntl(agent.out[1].fd, F_SETFL, O_NONBLOCK);
	fcntl(agent.out[2].fd, F_SETFL, O_NONBLOCK);
	if (req.flags & LAUNCH_EXEC_NO_STDIN) {
		close(agent.in_fd);
		agent.in_fd = -1;
	}
	free(argv);
}

static void take_exec(const uint8_t *data, size_t len)
{
	struct launch_exec req;
	uint8_t *more;

	if (agent.pid || agent.exited)
		give_up("the launcher asked for a second command");
	if (agent.exec_len + len > LAUNCH_MAX_EXEC)
		give_up("the command line is too long");
	more = realloc(agent.exec, agent.exec_len + len);
	if (!more)
		give_up("the agent is out of memory");
	agent.exec = more;
	memcpy(agent.exec + agent.exec_len, data, len);
	agent.exec_len += len;
	return_credit(LAUNCH_HEADER + len);
	if (agent.exec_len < sizeof(req))
		return;
	memcpy(&req, agent.exec, sizeof(req));
	if (agent.exec_len >= req.total)
		start_command();
}

/* ---- frames from the launcher ---- */

static void take_input(const uint8_t *data, size_t len)
{
	agent.nr_in += len;
	if (agent.in_fd < 0) {		/* nobody reads it any more */
		return_credit(LAUNCH_HEADER + len);
		return;
	}
	if (len > sizeof(agent.in) - agent.in_len)
		give_up("the launcher sent more input than it had credit for");
	memcpy(agent.in + agent.in_len, data, len);
	agent.in_len += len;
	return_credit(LAUNCH_HEADER);	/* the rest as the command reads */
}

static void close_input(void)
{
	if (agent.in_fd >= 0)
		close(agent.in_fd);
	agent.in_fd = -1;
	return_credit(agent.in_len);
	agent.in_len = 0;
}

static uint64_t number(const uint8_t *data, size_t len, size_t want)
{
	uint64_t n = 0;

	if (len != want)
		give_up("the launcher sent a frame of a wrong length");
	memcpy(&n, data, want);
	return n;
}

static void take_frame(int type, int ch, const uint8_t *data, size_t len)
{
	switch (type) {
	case LAUNCH_EXEC:
		take_exec(data, len);
		break;
	case LAUNCH_DATA:
		take_input(data, len);
		break;
	case LAUNCH_EOF:
		if (number(data, len, 8) != agent.nr_in)
			give_up("some of the standard input was lost");
		agent.in_eof = true;
		if (!agent.in_len)
			close_input();
		break;
	case LAUNCH_SHUT:
		if (ch < 1 || ch > 2)
			break;
		if (agent.out[ch].fd >= 0)
			close(agent.out[ch].fd);
		agent.out[ch].fd = -1;
		break;
	case LAUNCH_CREDIT:
		if (ch == 1 || ch == 2)
			agent.out[ch].credit += number(data, len, 4);
		break;
	case LAUNCH_SIGNAL:
		kill_command(number(data, len, 1));
		break;
	case LAUNCH_RESIZE:
		kill_command(SIGWINCH);
		break;
	case LAUNCH_BYE:
		agent.bye = true;
		break;
	default:
		give_up("the launcher sent a frame of unknown type %d", type);
	}
}

static bool header_is_good(const uint8_t *h)
{
	return h[0] == LAUNCH_MAGIC &&
	       (h[0] ^ h[1] ^ h[2] ^ h[3] ^ h[4] ^ h[5]) == 0xff &&
	       (h[4] | h[5] << 8) <= LAUNCH_MAX_PAYLOAD;
}

static void parse_frames(void)
{
	size_t at = 0, len;

	while (agent.rx_len - at >= LAUNCH_HEADER) {
		uint8_t *h = agent.rx + at;

		if (!header_is_good(h)) {
			if (agent.in_step)
				give_up("bytes were lost on the way here");
			at++;
			continue;
		}
		agent.in_step = true;
		len = h[4] | h[5] << 8;
		if (agent.rx_len - at < LAUNCH_HEADER + len)
			break;
		take_frame(h[1], h[2], h + LAUNCH_HEADER, len);
		at += LAUNCH_HEADER + len;
	}
	agent.rx_len -= at;
	memmove(agent.rx, agent.rx + at, agent.rx_len);
}

static void read_device(void)
{
	ssize_t n = read(agent.device, agent.rx + agent.rx_len,
			 sizeof(agent.rx) - agent.rx_len);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {			/* the launcher is gone */
		kill_command(SIGKILL);
		leave(1);
	}
	agent.rx_len += n;
	parse_frames();
}

/* ---- the command's streams ---- */

static void feed_command(void)
{
	ssize_t n = write(agent.in_fd, agent.in, agent.in_len);

	if (n < 0) {
		if (errno == EINTR || errno == EAGAIN)
			return;
		close_input();
		send_frame(LAUNCH_SHUT, 0, NULL, 0);
		return;
	}
	agent.in_len -= n;
	memmove(agent.in, agent.in + n, agent.in_len);
	return_credit(n);
	if (agent.in_eof && !agent.in_len)
		close_input();
}

static bool outlet_may_send(const struct outlet *out)
{
	return out->fd >= 0 && out->credit > LAUNCH_HEADER;
}

/* Sends one frame of what the command wrote; false if there is nothing now. */
static bool drain_command(int ch)
{
	static uint8_t buf[LAUNCH_MAX_PAYLOAD];
	struct outlet *out = &agent.out[ch];
	size_t room = out->credit - LAUNCH_HEADER;
	ssize_t n;

	n = read(out->fd, buf, room < sizeof(buf) ? room : sizeof(buf));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (n <= 0) {
		close(out->fd);
		out->fd = -1;
		return false;
	}
	send_frame(LAUNCH_DATA, ch, buf, n);
	out->credit -= LAUNCH_HEADER + n;
	out->nr_bytes += n;
	return true;
}

/* True once the command has ended; what it left in its pipes is kept. */
static bool reap_command(void)
{
	if (agent.pid && waitpid(agent.pid, &agent.status, WNOHANG) ==
				 agent.pid) {
		agent.pid = 0;
		agent.exited = true;
	}
	return agent.exited;
}

static int wait_ms(void)
{
	if (!agent.pid)
		return -1;
	/* Its outputs are closed: it ends at any moment now. */
	if (agent.out[1].fd < 0 && agent.out[2].fd < 0)
		return 5;
	return FALLBACK_MS;
}

/*
 * One turn: wait for anything, then do it.  After the command's end, stops
 * when the pipes hold nothing more; a descendant that keeps them open is not
 * waited for.
 */
static bool turn(void)
{
	bool ended = reap_command();
	bool more = false;
	struct pollfd p[4];
	int timeout = wait_ms();

	p[0] = (struct pollfd){ agent.device, POLLIN, 0 };
	p[1] = (struct pollfd){ -1, POLLOUT, 0 };
	if (agent.in_fd >= 0 && agent.in_len)
		p[1].fd = agent.in_fd;
	for (int ch = 1; ch <= 2; ch++) {
		struct outlet *out = &agent.out[ch];

		p[1 + ch] = (struct pollfd){ -1, POLLIN, 0 };
		if (outlet_may_send(out))
			p[1 + ch].fd = out->fd;
		else if (ended && out->fd >= 0)
			more = true;	/* must wait for credit */
	}
	if (ended && !more)
		timeout = 0;
	if (poll(p, 4, timeout) < 0)
		return true;		/* EINTR: the command ended, perhaps */

	if (p[0].revents)
		read_device();
	if (p[1].revents && agent.in_fd >= 0)
		feed_command();
	for (int ch = 1; ch <= 2; ch++) {
		if (p[1 + ch].revents && outlet_may_send(&agent.out[ch]))
			more |= drain_command(ch);
	}
	return !ended || more;
}

static void report_exit(void)
{
	struct launch_exit e = {
		.signalled = WIFSIGNALED(agent.status),
		.code = WIFSIGNALED(agent.status) ? WTERMSIG(agent.status) :
						    WEXITSTATUS(agent.status),
		.nr_stdout = agent.out[1].nr_bytes,
		.nr_stderr = agent.out[2].nr_bytes,
	};
	struct pollfd p = { agent.device, POLLIN, 0 };

	close_input();
	send_frame(LAUNCH_EXIT, 0, &e, sizeof(e));
	while (!agent.bye && poll(&p, 1, BYE_MS) > 0)
		read_device();
}

static void on_child(int sig)
{
	/* only here so that poll() returns */
}

/* become() puts the pipes' ends on 0, 1, 2: none of those may be free now. */
static void occupy_low_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

static void open_device(const char *path)
{
	struct termios t;

	agent.device = open(path, O_RDWR | O_NOCTTY);
	if (agent.device < 0) {
		fprintf(stderr, "agent: %s: %s\n", path, strerror(errno));
		if (agent.power_off)
			reboot(RB_POWER_OFF);
		exit(1);
	}
	if (tcgetattr(agent.device, &t) == 0) {
		cfmakeraw(&t);
		tcsetattr(agent.device, TCSANOW, &t);
	}
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_child };
	const char *path = "/dev/launch";
	int c;

	while ((c = getopt(argc, argv, "p")) != -1) {
		if (c != 'p') {
			fprintf(stderr, "usage: agent [-p] [DEVICE]\n");
			return 2;
		}
		agent.power_off = true;
	}
	if (optind < argc)
		path = argv[optind];
	occupy_low_fds();
	open_device(path);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGCHLD, &sa, NULL);
	setenv("PATH", DEFAULT_PATH, 0);
	send_hello();
	while (turn())
		;
	report_exit();
	leave(0);
}
