// SPDX-License-Identifier: MIT
/* Boot options.  See arch/machine.h */
#include <arch/machine.h>

#include <lib/string.h>

#include "cmdline.h"

bool boot_option(const char *key, char *buf, size_t len)
{
	return cmdline_find(boot_info.cmdline, key, buf, len);
}

unsigned long boot_option_num(const char *key, unsigned long dflt)
{
	char buf[32];
	const char *end;
	unsigned long v;

	if (!boot_option(key, buf, sizeof(buf)) || !buf[0])
		return dflt;
	v = parse_ulong(buf, &end, 0);
	return *end ? dflt : v;
}
