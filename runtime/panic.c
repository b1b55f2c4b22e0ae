// SPDX-License-Identifier: MIT
/* The end of a process whose runtime is not what it believes to be. */
#include <parlib/common.h>

#include <parlib/syscall.h>
#include <ros/proc.h>
#include <ros/signal.h>

void runtime_panic(const char *why)
{
	ros_call(SYS_write, 2, why, strlen(why));
	ros_call(SYS_write, 2, "\n", 1);
	ros_call(SYS_kill, procinfo()->pid, ROS_SIGKILL);
	for (;;)
		__builtin_trap();
}
