// SPDX-License-Identifier: MIT
/* Private to arch/x86_64: words of the command line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The last `key=value` or `key` among the words of cmdline wins; a value may be
 * in double quotes.  As boot_option() otherwise. */
bool cmdline_find(const char *cmdline, const char *key, char *buf, size_t len);
