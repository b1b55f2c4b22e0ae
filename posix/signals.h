// SPDX-License-Identifier: MIT
/* Signals: what the files about them, and the waiting calls, share. */
#pragma once

#include <parlib/uthread.h>
#include <ros/signal.h>

#define SA_NOCLDSTOP 1UL
#define SA_NOCLDWAIT 2UL
#define SA_SIGINFO   4UL
#define SA_ONSTACK   0x08000000UL
#define SA_RESTART   0x10000000UL
#define SA_NODEFER   0x40000000UL
#define SA_RESETHAND 0x80000000UL

#define SIG_DFL_ADDR 0UL
#define SIG_IGN_ADDR 1UL

#define SI_USER	 0
#define SI_QUEUE (-1)
#define SI_TKILL (-6)

#define NR_SIGS 64
#define SIG_UNBLOCKABLE                                                        \
	(ROS_SIGBIT(ROS_SIGKILL) | ROS_SIGBIT(ROS_SIGSTOP))

/* Linux's siginfo, as far as it is filled here. */
struct lx_siginfo {
	int32_t signo, err, code, pad;
	union {
		struct {
			int32_t pid;
			uint32_t uid;
			union {
				int32_t status;
				uint64_t value;
			};
		};
		uint64_t addr;
	};
	uint64_t rest[12];
};
ROS_ASSERT_SIZE(struct lx_siginfo, 128);

/* What rt_sigaction() gets; the kernel's form of struct sigaction. */
struct lx_sigaction {
	uint64_t handler;
	uint64_t flags;
	uint64_t restorer;
	uint64_t mask;
};

struct lx_stack {
	uint64_t sp;
	int32_t flags, pad;
	uint64_t size;
};

/* A signal that has come to this process and not to its handler yet. */
struct pending_sig {
	int32_t sig, code;
	uint64_t value; /* or address, or status */
	int32_t pid;
	uint32_t uid;
};

void signals_init(void); /* vcore context, events; idempotent */

/* The mask of the thread is procdata's sig_blocked: the kernel reads it too. */
uint64_t sig_mask(void);
uint64_t sig_block_all(void); /* the old one */
void sig_set_mask(uint64_t mask);

/*
 * Waiting calls.  Between begin and end no handler runs: what comes is kept,
 * and wakes the thread (sig_deliverable()).  End runs the handlers; true if any
 * was.  mask, if not NULL, holds meanwhile and for them; the old one
 * afterwards.
 */
void sig_wait_begin(const uint64_t *mask);
bool sig_deliverable(void);
bool sig_wait_end(void);

/* Vcore context, or notifications disabled. */
bool pending_put(const struct pending_sig *s);
bool pending_take(uint64_t set, struct pending_sig *out);
uint64_t pending_mask(void);

void siginfo_fill(struct lx_siginfo *si, const struct pending_sig *s);

/* sigframe.c: makes ctx one that runs the handler and then returns by
 * linux_sigreturn to what it was. */
void sigframe_push(struct user_context *ctx, const struct pending_sig *s,
		   const struct lx_sigaction *act, uint64_t mask);
void linux_sigreturn(void); /* sigreturn.S */
