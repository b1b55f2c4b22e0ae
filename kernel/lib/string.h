// SPDX-License-Identifier: MIT
/* Memory and strings.  Bulk work goes by 8 bytes a step (mem.c). */
#pragma once

#ifdef HOST
#include <string.h>
#include <stdio.h>
#endif

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lib/compiler.h>

#ifndef HOST
void *memcpy(void *dst, const void *src, size_t len);
void *memmove(void *dst, const void *src, size_t len);
void *memset(void *dst, int c, size_t len);
int memcmp(const void *a, const void *b, size_t len);
void *memchr(const void *p, int c, size_t len);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *what);
/* As C99's: the length it would have had.  Knows d i u x X o c s p % with
 * flags "-0+ #", width, precision, * and hh h l ll z t j. */
int snprintf(char *buf, size_t len, const char *fmt, ...) __printf(3, 4);
int vsnprintf(char *buf, size_t len, const char *fmt, va_list ap);

/* A freestanding compiler does not know that these are what they are called:
 * now small sizes become a move or two. */
#ifndef STRING_TEST
#define memcpy(...) __builtin_memcpy(__VA_ARGS__)
#define memset(...) __builtin_memset(__VA_ARGS__)
#define memcmp(...) __builtin_memcmp(__VA_ARGS__)
#define strlen(s)   __builtin_strlen(s)
#endif
#endif

/* Always terminates (len > 0); the length of src. */
size_t strlcpy(char *dst, const char *src, size_t len);
/* What really was written, without the zero. */
int scnprintf(char *buf, size_t len, const char *fmt, ...) __printf(3, 4);
/* base 0: 0x and 0 prefixes count.  *end may be NULL.  Saturates. */
unsigned long parse_ulong(const char *s, const char **end, int base);
/* Splits in place at blanks; the number of words, at most max. */
int split_words(char *s, char **words, int max);
