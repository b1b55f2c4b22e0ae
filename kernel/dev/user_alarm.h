// SPDX-License-Identifier: MIT
/*
 * User alarms: what lies behind #alarm.
 *
 * A process owns the alarms that it has made; only it finds them by name.  One
 * expires at an absolute time, and again every period if it has one: then its
 * count goes up, its taps fire, and EV_ALARM is posted to the queue that it was
 * given (arg2 and arg3: its number, arg4: expirations that this event stands
 * for).
 *
 * UA1  An alarm lives as long as one of its files is open and its process has
 *      not ended; then it is `gone`: disarmed, without a name and a queue.  The
 *      memory stays until the last chan (a walked one, too) and the message
 *      under way have let go.
 * UA2  A time that is set, or cancelled, takes back an expiration that has not
 *      been told of yet.
 * UA3  One event of an alarm is under way at a time: while a queue's owner is
 *      slow, expirations add up, and take no memory.
 * UA4  However many periodic alarms there are, they leave the cores time: on
 *      average a process's are told of no less than USER_ALARM_GAP_US apart,
 *      and those of all processes USER_ALARM_ALL_GAP_US, later than they expire
 *      if need be.  None is left out of the counts.
 * Locks  set->lock (spin): everything of the process's alarms but what is
 *        atomic; taken inside it: the core's alarms, the count's wait queue.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <lib/compiler.h>

struct event_queue;
struct proc;
struct tap_list;
struct user_alarm;

#define USER_ALARM_GAP_US	 100UL
#define USER_ALARM_ALL_GAP_US	 20UL
#define USER_ALARM_PERIOD_MIN_US 100
#define USER_ALARM_PERIOD_MAX	 (1UL << 62)

/* A new one of p's, open once, and a reference for the caller.  -ENOMEM. */
int __must_check user_alarm_create(struct proc *p, struct user_alarm **out);
/* By number, with a reference; NULL. */
struct user_alarm *user_alarm_find(struct proc *p, uint32_t id);
/* The lowest number >= *id that p has; false: none. */
bool user_alarm_next(struct proc *p, uint32_t *id);
void user_alarm_get(struct user_alarm *a);
void user_alarm_put(struct user_alarm *a);
uint32_t user_alarm_id(const struct user_alarm *a);

/* One more file of it is open, one fewer.  -ENOENT: it is gone. */
int __must_check user_alarm_open(struct user_alarm *a);
void user_alarm_close(struct user_alarm *a);

/* Where events go; NULL: nowhere.  -EPERM: p is not its owner. */
int user_alarm_set_queue(struct user_alarm *a, struct proc *p,
			 struct event_queue *ev_q);
/* TSC; 0 disarms; one that has passed expires at once.  Sets the count back to
 * 0.  -ENXIO: its process has ended. */
int user_alarm_set_time(struct user_alarm *a, uint64_t when);
/* Ticks; 0: once.  From the next expiration on.  -EINVAL, -ENXIO. */
int user_alarm_set_period(struct user_alarm *a, uint64_t period);
uint64_t user_alarm_time(struct user_alarm *a); /* 0: not armed */
uint64_t user_alarm_period(struct user_alarm *a);

/* Expirations since the last call, or since the time was set; waits until there
 * are any.  -EAGAIN, -EINTR, -ENXIO. */
int __must_check user_alarm_take_count(struct user_alarm *a, bool nonblock,
				       uint64_t *count);
bool user_alarm_has_count(const struct user_alarm *a);
/* WRITTEN at each expiration, READABLE when the count leaves 0. */
struct tap_list *user_alarm_taps(struct user_alarm *a);

/* proc_parts entries. */
void alarms_proc_exec(struct proc *p);
void alarms_proc_destroy(struct proc *p);
