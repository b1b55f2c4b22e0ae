// SPDX-License-Identifier: MIT
/* panic() and assert(): declared here for every room, implemented by core. */
#pragma once

#include <lib/compiler.h>

/* Stops the machine and prints; any context. */
void __noreturn __cold panic(const char *fmt, ...) __printf(1, 2);

/* For what we believe; never for what a user can cause. */
#ifndef assert
#define assert(x)                                                              \
	do {                                                                   \
		if (unlikely(!(x)))                                            \
			panic("assertion failed: %s (%s:%d)", #x, __FILE__,    \
			      __LINE__);                                       \
	} while (0)
#endif
