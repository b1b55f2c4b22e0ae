// SPDX-License-Identifier: MIT
/*
 * musl's <fcntl.h> with Mitos' access modes: bits instead of Linux's numbering,
 * so that a file can be opened for execution or for no I/O at all.  Everything
 * else keeps musl's (Linux's) values.
 */
#ifndef MITOS_FCNTL_H
#define MITOS_FCNTL_H

#include_next <fcntl.h>

#undef O_RDONLY
#undef O_WRONLY
#undef O_RDWR
#undef O_EXEC
#undef O_SEARCH
#undef O_ACCMODE
#define O_READ	  01
#define O_WRITE	  02
#define O_EXEC	  04
#define O_RDONLY  O_READ
#define O_WRONLY  O_WRITE
#define O_RDWR	  (O_READ | O_WRITE)
#define O_SEARCH  O_PATH
#define O_ACCMODE 07

#endif
