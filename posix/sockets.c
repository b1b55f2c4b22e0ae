// SPDX-License-Identifier: MIT
/* Sockets: there is no network family in this system yet. */
#include "linux.h"

LX(socket)
{
	return -EAFNOSUPPORT;
}

/* EBADF for what is not open at all. */
LX(not_a_socket)
{
	long ret = ros_call(SYS_fcntl, a, ROS_F_GETFD, 0);

	return ret < 0 ? ret : -ENOTSOCK;
}
