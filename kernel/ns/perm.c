// SPDX-License-Identifier: MIT
/* Permission bits against credentials. */
#include <ns/chan.h>

#include <lib/log.h>
#include <ros/errno.h>

/* All of rwx in the one triple that applies.  Root may all, but run only what
 * somebody may run. */
int perm_check(const struct cred *cr, uint32_t uid, uint32_t gid, uint32_t mode,
	       unsigned int rwx)
{
	unsigned int have;

	if (cred_is_root(cr)) {
		if (!(rwx & 1) || (mode & 0111) ||
		    (mode & ROS_S_IFMT) == ROS_S_IFDIR)
			return 0;
		return fail(EACCES, "nobody may execute this file (mode %o)",
			    mode & 07777);
	}
	if (cr->euid == uid)
		have = mode >> 6;
	else if (cred_in_group(cr, gid))
		have = mode >> 3;
	else
		have = mode;
	if ((have & rwx) == rwx)
		return 0;
	return fail(EACCES, "mode %o of user %u does not let user %u do that",
		    mode & 07777, uid, cr->euid);
}
