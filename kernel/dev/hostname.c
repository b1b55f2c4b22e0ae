// SPDX-License-Identifier: MIT
/* The host's name: one for the machine. */
#include <dev/dev.h>

#include <lib/log.h>
#include <lib/string.h>
#include <ros/errno.h>
#include <sync/spinlock.h>

static struct spinlock hostname_lock = SPINLOCK_INIT("host name");
static char hostname[HOSTNAME_MAX + 1] = "mitos";

void hostname_get(char name[HOSTNAME_MAX + 1])
{
	scoped_spin(&hostname_lock)
		memcpy(name, hostname, sizeof(hostname));
}

int hostname_set(const char *name, size_t len)
{
	char padded[HOSTNAME_MAX + 1] = "";

	if (len > HOSTNAME_MAX)
		return fail(ENAMETOOLONG, "a host name of %lu bytes", len);
	memcpy(padded, name, len);
	scoped_spin(&hostname_lock)
		memcpy(hostname, padded, sizeof(hostname));
	return 0;
}
