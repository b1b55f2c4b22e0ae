// SPDX-License-Identifier: MIT
/*
 * Input on the log's port: edited into lines, which the monitor's kthread runs.
 * Output is log.c's.  Rules: core/console.h
 */
#include <core/console.h>

#include <core/core_priv.h>
#include <core/wait.h>
#include <lib/log.h>
#include <lib/string.h>

#define LINE_MAX_LEN 128
#define PROMPT	     "mitos> "

/* The line under way is the interrupt's until it is complete; then, until it
 * has been run, further input is dropped. */
static struct {
	char line[LINE_MAX_LEN];
	size_t len;
	bool complete;
	bool started;
	struct semaphore lines;
} in;

static void backspace(void)
{
	if (!in.len)
		return;
	in.len--;
	kprintf("\b \b");
}

static void kill_line(void)
{
	while (in.len)
		backspace();
}

static void line_done(void)
{
	kprintf("\n");
	in.line[in.len] = '\0';
	__atomic_store_n(&in.complete, true, __ATOMIC_RELEASE);
	sem_up(&in.lines);
}

static void input_char(char c)
{
	if (__atomic_load_n(&in.complete, __ATOMIC_ACQUIRE))
		return;
	if (c == '\r' || c == '\n') {
		line_done();
	} else if (c == '\b' || c == 0x7f) {
		backspace();
	} else if (c == 0x15 || c == 0x03) { /* ^U, ^C */
		kill_line();
	} else if (c >= ' ' && c < 0x7f && in.len < LINE_MAX_LEN - 1) {
		in.line[in.len++] = c;
		kprintf("%c", c);
	}
}

void console_input(const char *s, size_t len)
{
	if (!__atomic_load_n(&in.started, __ATOMIC_ACQUIRE))
		return;
	for (size_t i = 0; i < len; i++)
		input_char(s[i]);
}

static void monitor_main(void *arg)
{
	int err;

	for (;;) {
		kprintf(PROMPT);
		while (sem_down(&in.lines))
			;
		err = monitor_run(in.line);
		if (err)
			kprintf("error %d\n", -err);
		in.len = 0;
		__atomic_store_n(&in.complete, false, __ATOMIC_RELEASE);
	}
}

void monitor_start(void)
{
	sem_init(&in.lines, 0);
	if (kthread_spawn(0, "monitor", monitor_main, NULL)) {
		log("no memory for the monitor");
		return;
	}
	__atomic_store_n(&in.started, true, __ATOMIC_RELEASE);
}
