// SPDX-License-Identifier: MIT
/*
 * The launcher's channel: how one command is run in a guest from outside.
 *
 * The launcher on the host and the agent in the guest (cmd/agent.c) speak it
 * over the second serial port, a plain byte pipe in each direction.  The
 * Python side is tools/launcher/channel.py; the two change together.
 *
 *	agent                              launcher
 *	LAUNCH_PREAMBLE, HELLO      ->
 *	                            <-     CREDIT 1, CREDIT 2, EXEC ...
 *	                            <-     DATA 0 ..., EOF 0
 *	DATA 1, DATA 2, CREDIT 0    ->
 *	                            <-     CREDIT 1, CREDIT 2, SIGNAL, RESIZE
 *	EXIT                        ->
 *	                            <-     BYE
 *
 * L1  A frame is a header of LAUNCH_HEADER bytes and `length` bytes of payload,
 *     at most LAUNCH_MAX_PAYLOAD.  All numbers are little endian.
 * L2  Before the preamble the launcher skips whatever it reads, and so does the
 *     agent before its first good header.  After that one bad header ends the
 *     session: data that is not exact is worth nothing.
 * L3  The channels are the command's descriptors 0, 1 and 2.  DATA on a
 *     channel, and EXEC on channel 0, is sent only within the credit that the
 *     receiver gave; a frame costs its header and its payload.  The credit of
 *     channel 0 starts with HELLO's, that of 1 and 2 with nothing.  The other
 *     frames are small, few, and cost nothing.
 * L4  Who receives a channel reads the link at all times: a reader that is slow
 *     further on withholds credit, never the link.
 * L5  EOF and EXIT carry the number of payload bytes of the whole stream, and
 *     the receiver compares: a byte lost on the way cannot go unnoticed.
 * L6  The launcher never has more than HELLO's credit plus LAUNCH_SLACK bytes
 *     on their way, so a driver with an input ring of that size loses none.
 */
#pragma once

#include <ros/common.h>

#define LAUNCH_VERSION	   1
#define LAUNCH_MAGIC	   0xa9
#define LAUNCH_HEADER	   6
#define LAUNCH_MAX_PAYLOAD 4096
#define LAUNCH_SLACK	   1024
#define LAUNCH_MAX_EXEC	   (128 * 1024)

/* Eight bytes that no text and no frame contains. */
#define LAUNCH_PREAMBLE	    "\0\xffMITOS\n"
#define LAUNCH_PREAMBLE_LEN 8

enum launch_type {
	LAUNCH_HELLO = 1,  /* a: struct launch_hello */
	LAUNCH_EXEC = 2,   /* l: a part of the struct launch_exec and strings */
	LAUNCH_DATA = 3,   /* l: channel 0; a: channels 1, 2: the bytes */
	LAUNCH_EOF = 4,	   /* l: channel 0 ends; u64 number of its bytes */
	LAUNCH_SHUT = 5,   /* both: the receiver of a channel wants no more */
	LAUNCH_CREDIT = 6, /* both: u32 more credit for a channel */
	LAUNCH_SIGNAL = 7, /* l: u8 signal number for the command's group */
	LAUNCH_RESIZE = 8, /* l: u16 rows, u16 columns */
	LAUNCH_EXIT = 9,   /* a: struct launch_exit */
	LAUNCH_ERROR = 10, /* a: a sentence; the agent gives up */
	LAUNCH_BYE = 11,   /* l: EXIT or ERROR has arrived; power off */
};

struct launch_header {
	uint8_t magic; /* LAUNCH_MAGIC */
	uint8_t type;
	uint8_t channel; /* 0, 1, 2; 0 where there is none */
	uint8_t check;	 /* makes the exclusive or of all six bytes 0xff */
	uint16_t length; /* of the payload */
};
ROS_ASSERT_SIZE(struct launch_header, LAUNCH_HEADER);

struct launch_hello {
	uint16_t version;
	uint16_t reserved;
	uint32_t credit; /* for channel 0 */
};
ROS_ASSERT_SIZE(struct launch_hello, 8);

/*
 * Followed by NUL-terminated strings: the working directory (empty: as it is),
 * argc arguments, envc settings NAME=VALUE that are added to the environment.
 */
struct launch_exec {
	uint32_t total; /* bytes, with this header; <= LAUNCH_MAX_EXEC */
	uint32_t flags; /* LAUNCH_EXEC_* */
	uint16_t argc;
	uint16_t envc;
	uint32_t reserved;
};
ROS_ASSERT_SIZE(struct launch_exec, 16);

#define LAUNCH_EXEC_NO_STDIN 1 /* standard input is empty from the start */

struct launch_exit {
	uint32_t signalled; /* 1: code is a signal number, 0: an exit status */
	uint32_t code;
	uint64_t nr_stdout; /* payload bytes sent on channel 1 */
	uint64_t nr_stderr; /* and on channel 2 */
};
ROS_ASSERT_SIZE(struct launch_exit, 24);
