// SPDX-License-Identifier: MIT
/*
 * The kernel's log and its monitor, on the first serial port.
 *
 * Log lines go to a ring (read by /dev/kmsg and dmesg) and to the port.
 * log_*() may be called in any context and never sleeps.  After the port's
 * driver is up output is by interrupt; panic switches back to polling.
 *
 * Input on the port goes to the monitor: a line is a command; the commands are
 * a linker set (monitor_command()), run on a kthread of the monitor's own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lib/compiler.h>

/* The port's driver gives these once it is up. */
struct console_ops {
	size_t (*write)(const char *s, size_t len); /* what fits; any context */
	void (*write_polled)(const char *s, size_t len); /* panic */
};
void console_attach(const struct console_ops *ops);
void console_input(const char *s, size_t len); /* interrupt context */
/* The port has room again: writes on what it did not take.  Any context; a port
 * without such an interrupt need not call it. */
void console_output_ready(void);

/* All that was logged so far has reached the port: the machine is about to go.
 * Any context. */
void console_flush(void);

/* Copies from the log ring, starting at *pos (a running count of bytes);
 * advances it; 0 when there is nothing more. */
size_t log_read(uint64_t *pos, char *buf, size_t len);
void kprintf(const char *fmt, ...) __printf(1, 2); /* no level, no prefix */

struct monitor_cmd {
	const char *name, *args, *help;
	int (*fn)(int argc, char **argv);
};
#define MONITOR_COMMAND(nm, ar, hl, f)                                         \
	static const struct monitor_cmd monitor_cmd_##f                        \
		__attribute__((section("set_monitor_cmd"), used)) = {          \
			nm, ar, hl, f                                          \
		}
void monitor_start(void);
/* Runs one line; output by kprintf().  0 or the command's error. */
int monitor_run(char *line);
