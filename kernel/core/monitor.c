// SPDX-License-Identifier: MIT
/* The monitor: a line is a command of the linker set.  Rules: core/console.h */
#include <core/console.h>

#include <lib/string.h>
#include <ros/errno.h>

#define MAX_WORDS 12

extern const struct monitor_cmd __start_set_monitor_cmd[];
extern const struct monitor_cmd __stop_set_monitor_cmd[];

static const struct monitor_cmd *find(const char *name)
{
	const struct monitor_cmd *c;

	for (c = __start_set_monitor_cmd; c < __stop_set_monitor_cmd; c++) {
		if (!strcmp(c->name, name))
			return c;
	}
	return NULL;
}

int monitor_run(char *line)
{
	char *words[MAX_WORDS];
	int n = split_words(line, words, MAX_WORDS);
	const struct monitor_cmd *c;

	if (n <= 0)
		return 0;
	c = find(words[0]);
	if (!c) {
		kprintf("there is no command %s; help lists them\n", words[0]);
		return -ENOENT;
	}
	return c->fn(n, words);
}

static int cmd_help(int argc, char **argv)
{
	const struct monitor_cmd *c;

	for (c = __start_set_monitor_cmd; c < __stop_set_monitor_cmd; c++)
		kprintf("%-10s %-16s %s\n", c->name, c->args, c->help);
	return 0;
}
MONITOR_COMMAND("help", "", "this list", cmd_help);
