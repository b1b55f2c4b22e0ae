// SPDX-License-Identifier: MIT
/*
 * /init of the Linux guest: mounts what osbench needs, says what the idle
 * system holds, runs /osbench with the words in /job, powers off.
 */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#define MAX_WORDS 64
#define SETTLE_US 500000

static unsigned long long tsc(void)
{
	unsigned int lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (unsigned long long)hi << 32 | lo;
}

static void put(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		printf("INFO cannot_write %s\n", path);
	close(fd);
}

static long meminfo(const char *key)
{
	char line[128];
	long v = -1;
	FILE *f = fopen("/proc/meminfo", "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			v = atol(line + strlen(key));
	if (f)
		fclose(f);
	return v;
}

static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR);

	if (fd < 0)
		return;
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

static void loopback_up(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	if (!ioctl(s, SIOCGIFFLAGS, &r)) {
		r.ifr_flags |= IFF_UP | IFF_RUNNING;
		ioctl(s, SIOCSIFFLAGS, &r);
	}
	close(s);
}

static void set_up(void)
{
	struct utsname u;

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/tmp", 01777);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
	put("/proc/sys/kernel/threads-max", "200000");
	put("/proc/sys/kernel/pid_max", "200000");
	loopback_up();
	uname(&u);
	printf("INFO kernel %s %s\n", u.release, u.version);
}

/* osbench's words, from /job: the kernel takes no more than 32 for us. */
static void run_job(void)
{
	static char text[4096], *argv[MAX_WORDS + 1] = { "/osbench" };
	int fd = open("/job", O_RDONLY), n = 1, status = 0;
	pid_t pid;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return;
	close(fd);
	for (char *w = strtok(text, " \n"); w && n < MAX_WORDS;
	     w = strtok(NULL, " \n"))
		argv[n++] = w;
	pid = fork();
	if (!pid) {
		execv(argv[0], argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	if (status)
		printf("FAIL osbench status %d\n", status);
}

int main(void)
{
	unsigned long long at = tsc();

	mkdir("/dev", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	open_console();
	setvbuf(stdout, NULL, _IOLBF, 4096);
	printf("INFO first_program %llu tsc\n", at);
	set_up();
	usleep(SETTLE_US);
	printf("INFO idle_mem_free %ld KiB\n", meminfo("MemFree:"));
	run_job();
	printf("INFO end 1 ok\n");
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	return 0;
}
