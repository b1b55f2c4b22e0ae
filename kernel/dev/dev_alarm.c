// SPDX-License-Identifier: MIT
/*
 * #alarm: timers that post events.  What they do: dev/user_alarm.h
 *
 *   clone      opening it makes an alarm; the chan is then its ctl file
 *   aN/ctl     reads as the number N; takes "evq <address>" (in hexadecimal; 0:
 *              no queue) and "cancel"
 *   aN/timer   the time in ticks of the time stamp counter, in hexadecimal; 0
 *              is not armed; one that has passed expires at once
 *   aN/period  after how many ticks it expires again; 0: never
 *   aN/count   expirations since it was last read or the time was set, as 8
 *              bytes; reading waits for the first
 *
 * A process sees its own alarms only.  Taps: WRITTEN on timer tells of each
 * expiration, READABLE on count of the first.
 */
#include <dev/flat.h>
#include <dev/user_alarm.h>

#include <arch/uaccess.h>
#include <core/kthread.h>
#include <lib/log.h>
#include <lib/string.h>
#include <ns/ns.h>
#include <proc/proc.h>
#include <ros/errno.h>
#include <ros/event.h>

/* In the low bits of qid.path, the alarm's number above them. */
enum { F_TOP = 1, F_CLONE, F_DIR, F_CTL, F_TIMER, F_PERIOD, F_COUNT };
#define TYPE_BITS 4

static const char *const names[] = {
	[F_CTL] = "ctl",
	[F_TIMER] = "timer",
	[F_PERIOD] = "period",
	[F_COUNT] = "count",
};
#define NR_FILES (ARRAY_SIZE(names) - F_CTL)

#define FILE_MODE  (ROS_S_IFREG | 0666)
#define DIR_MODE   (ROS_S_IFDIR | 0555)
#define HEX_DIGITS 16
#define COMMAND	   32 /* longer ones are none */

static unsigned int type_of(const struct chan *c)
{
	return c->qid.path & ((1 << TYPE_BITS) - 1);
}

/* The alarm of any file but top and clone; the chan counts it. */
static struct user_alarm *alarm_of(const struct chan *c)
{
	return c->node;
}

static uint64_t path_of(uint32_t id, unsigned int type)
{
	return (uint64_t)id << TYPE_BITS | type;
}

/* c takes over the caller's count. */
static void become(struct chan *c, struct user_alarm *a, unsigned int type)
{
	c->node = a;
	c->qid.path = path_of(a ? user_alarm_id(a) : 0, type);
	c->qid.vers = 0;
	c->qid.type = type == F_TOP || type == F_DIR ? QTDIR : QTFILE;
}

/* ---------------------------------------------------------------- names */

static int alarm_attach(struct chan *c, const char *spec)
{
	if (*spec)
		return fail(ENOENT, "#alarm takes no name, not '%s'", spec);
	become(c, NULL, F_TOP);
	return 0;
}

static bool name_is(const char *name, size_t len, const char *what)
{
	return strlen(what) == len && !memcmp(name, what, len);
}

/* "aN", in the one way in which N is written. */
static bool parse_dir(const char *name, size_t len, uint32_t *id)
{
	uint64_t n = 0;

	if (len < 2 || len > 11 || name[0] != 'a' ||
	    (name[1] == '0' && len > 2))
		return false;
	for (size_t i = 1; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return false;
		n = n * 10 + (name[i] - '0');
	}
	*id = n;
	return n <= INT32_MAX;
}

static int walk_top(struct chan *c, const char *name, size_t len)
{
	struct user_alarm *a;
	uint32_t id;

	if (name_is(name, len, "clone")) {
		become(c, NULL, F_CLONE);
		return 0;
	}
	if (!cur_proc() || !parse_dir(name, len, &id))
		return -ENOENT;
	a = user_alarm_find(cur_proc(), id);
	if (!a)
		return -ENOENT;
	become(c, a, F_DIR);
	return 0;
}

static int alarm_walk(struct chan *c, const char *name, size_t len,
		      const struct cred *cred)
{
	if (type_of(c) == F_TOP)
		return walk_top(c, name, len);
	if (type_of(c) != F_DIR)
		return -ENOTDIR;
	for (unsigned int t = F_CTL; t <= F_COUNT; t++) {
		if (!name_is(name, len, names[t]))
			continue;
		become(c, alarm_of(c), t);
		return 0;
	}
	return -ENOENT;
}

static int alarm_parent(struct chan *c)
{
	struct user_alarm *a = alarm_of(c);

	if (type_of(c) > F_DIR) {
		become(c, a, F_DIR);
		return 0;
	}
	become(c, NULL, F_TOP);
	if (a)
		user_alarm_put(a);
	return 0;
}

static void alarm_clone(const struct chan *c, struct chan *nc)
{
	nc->node = c->node;
	nc->qid = c->qid;
	if (c->node)
		user_alarm_get(c->node);
}

static long readdir_top(void *buf, size_t len, uint64_t *pos)
{
	size_t at = 0;
	char name[16];
	uint32_t id;

	for (; *pos < 3; (*pos)++)
		if (!dirent_put(buf, len, &at, *pos < 2 ? F_TOP : F_CLONE,
				*pos + 1, *pos < 2 ? DIR_MODE : FILE_MODE,
				*pos == 0 ? "." : *pos == 1 ? ".." : "clone"))
			return at ? (long)at : -EINVAL;
	for (id = *pos - 3; user_alarm_next(cur_proc(), &id); id++) {
		snprintf(name, sizeof(name), "a%u", id);
		if (!dirent_put(buf, len, &at, path_of(id, F_DIR), id + 4UL,
				DIR_MODE, name))
			return at ? (long)at : -EINVAL;
		*pos = id + 4UL;
	}
	return at;
}

static long alarm_readdir(struct chan *c, void *buf, size_t len, uint64_t *pos)
{
	uint32_t id = c->qid.path >> TYPE_BITS;
	size_t at = 0;

	if (*pos > INT32_MAX + 4UL)
		return 0;
	if (type_of(c) == F_TOP)
		return readdir_top(buf, len, pos);
	for (; *pos < 2 + NR_FILES; (*pos)++) {
		unsigned int t = *pos < 2 ? F_DIR : F_CTL + *pos - 2;

		if (!dirent_put(buf, len, &at, path_of(id, t), *pos + 1,
				t == F_DIR ? DIR_MODE : FILE_MODE,
				*pos == 0 ? "." : *pos == 1 ? ".." : names[t]))
			return at ? (long)at : -EINVAL;
	}
	return at;
}

static int alarm_stat(struct chan *c, struct ros_stat *st)
{
	bool dir = c->qid.type & QTDIR;

	st->st_ino = c->qid.path;
	st->st_mode = dir ? DIR_MODE : FILE_MODE;
	st->st_nlink = dir ? 2 : 1;
	st->st_blksize = PGSIZE;
	return 0;
}

/* ------------------------------------------------------- opening, closing */

static int open_clone(struct chan *c)
{
	struct user_alarm *a;
	int err;

	if (!cur_proc())
		return fail(EINVAL, "alarms are processes'");
	err = user_alarm_create(cur_proc(), &a);
	if (!err)
		become(c, a, F_CTL);
	return err;
}

static int alarm_open(struct chan *c, int oflags, const struct cred *cred)
{
	uint32_t mode = c->qid.type & QTDIR ? DIR_MODE : FILE_MODE;
	int err = perm_check(cred, 0, 0, mode, ros_omode_to_rwx(oflags));

	if (err)
		return err;
	switch (type_of(c)) {
	case F_TOP:
	case F_DIR:
		return 0;
	case F_CLONE:
		return open_clone(c);
	case F_COUNT:
		atomic_fetch_or(&c->flags, CHAN_STREAM);
		break;
	}
	return user_alarm_open(alarm_of(c));
}

static void alarm_close(struct chan *c)
{
	struct user_alarm *a = alarm_of(c);
	uint32_t flags = atomic_load(&c->flags);

	if (!a)
		return;
	if (type_of(c) != F_DIR && (flags & CHAN_OPEN) && !(flags & CHAN_PATH))
		user_alarm_close(a);
	user_alarm_put(a);
}

/* ---------------------------------------------------------------- reading */

static long count_read(struct chan *c, struct uio *u)
{
	uint64_t count;
	int err;

	if (u->resid < sizeof(count))
		return fail(EINVAL, "a count is %zu bytes", sizeof(count));
	err = user_alarm_take_count(alarm_of(c),
				    atomic_load(&c->flags) & CHAN_NONBLOCK,
				    &count);
	if (!err)
		err = uio_write_to(u, &count, sizeof(count));
	return err ? err : (long)sizeof(count);
}

/* The number has no newline: programs make a path of it as it is. */
static long alarm_read(struct chan *c, struct uio *u, uint64_t off)
{
	struct user_alarm *a = alarm_of(c);
	char text[24];
	int n;

	switch (type_of(c)) {
	case F_CTL:
		n = scnprintf(text, sizeof(text), "%u", user_alarm_id(a));
		break;
	case F_TIMER:
		n = scnprintf(text, sizeof(text), "0x%lx\n",
			      user_alarm_time(a));
		break;
	case F_PERIOD:
		n = scnprintf(text, sizeof(text), "0x%lx\n",
			      user_alarm_period(a));
		break;
	case F_COUNT:
		return count_read(c, u);
	default:
		return -EINVAL;
	}
	return text_read(u, off, text, n);
}

/* ---------------------------------------------------------------- writing */

/* One hexadecimal number, with or without 0x, and nothing else. */
static int parse_hex(const char *s, uint64_t *v)
{
	const char *digits = s[0] == '0' && s[1] == 'x' ? s + 2 : s, *end;
	size_t n = 0;

	while ((digits[n] >= '0' && digits[n] <= '9') ||
	       (digits[n] >= 'a' && digits[n] <= 'f') ||
	       (digits[n] >= 'A' && digits[n] <= 'F'))
		n++;
	if (!n || n > HEX_DIGITS || digits[n])
		return fail(EINVAL, "'%s' is not a number of up to %d "
			    "hexadecimal digits", s, HEX_DIGITS);
	*v = parse_ulong(digits, &end, 16);
	return 0;
}

static int evq_command(struct user_alarm *a, const char *arg)
{
	uint64_t va;
	int err = parse_hex(arg, &va);

	if (err)
		return err;
	if (va % _Alignof(struct event_queue) || va >= USER_END)
		return fail(EINVAL, "there is no event queue at %#lx", va);
	return user_alarm_set_queue(a, cur_proc(), (struct event_queue *)va);
}

static int ctl_command(struct user_alarm *a, char *text)
{
	char *words[3];
	int n = split_words(text, words, 3);

	if (n == 1 && !strcmp(words[0], "cancel"))
		return user_alarm_set_time(a, 0);
	if (n == 2 && !strcmp(words[0], "evq"))
		return evq_command(a, words[1]);
	return fail(EINVAL, "'%s' is not \"evq <address>\" or \"cancel\"",
		    n ? words[0] : "");
}

static int number_command(struct user_alarm *a, unsigned int type, char *text)
{
	char *words[2];
	uint64_t v;
	int err;

	if (split_words(text, words, 2) != 1)
		return fail(EINVAL, "one hexadecimal number is wanted");
	err = parse_hex(words[0], &v);
	if (err)
		return err;
	return type == F_TIMER ? user_alarm_set_time(a, v) :
				 user_alarm_set_period(a, v);
}

static long alarm_write(struct chan *c, struct uio *u, uint64_t off)
{
	unsigned int type = type_of(c);
	size_t len = u->resid;
	char text[COMMAND + 1];
	int err;

	if (type == F_COUNT)
		return fail(EINVAL, "a count cannot be written");
	if (len > COMMAND)
		return fail(EINVAL, "%zu bytes are too many for a command",
			    len);
	err = uio_read_from(u, text, len);
	if (err)
		return err;
	text[len] = 0;
	if (strlen(text) + 1 < len) /* a terminating zero may be there */
		return fail(EINVAL, "a zero byte in a command");
	err = type == F_CTL ? ctl_command(alarm_of(c), text) :
			      number_command(alarm_of(c), type, text);
	return err ? err : (long)len;
}

/* -------------------------------------------------------------- readiness */

static uint32_t alarm_ready(struct chan *c)
{
	if (type_of(c) != F_COUNT)
		return FDTAP_FILT_READABLE | FDTAP_FILT_WRITABLE;
	return user_alarm_has_count(alarm_of(c)) ? FDTAP_FILT_READABLE : 0;
}

static struct tap_list *alarm_taps(struct chan *c, uint32_t *filters)
{
	switch (type_of(c)) {
	case F_TIMER:
		*filters = FDTAP_FILT_WRITTEN;
		break;
	case F_COUNT: /* the others are never due: pollers ask for them */
		*filters = FDTAP_FILT_READABLE | FDTAP_FILT_HANGUP |
			   FDTAP_FILT_ERROR | FDTAP_FILT_RDHUP |
			   FDTAP_FILT_PRIORITY;
		break;
	default:
		return NULL;
	}
	return user_alarm_taps(alarm_of(c));
}

static struct dev alarm_dev = {
	.name = "alarm",
	.attach = alarm_attach,
	.walk = alarm_walk,
	.parent = alarm_parent,
	.clone = alarm_clone,
	.open = alarm_open,
	.close = alarm_close,
	.read = alarm_read,
	.write = alarm_write,
	.readdir = alarm_readdir,
	.stat = alarm_stat,
	.wstat = flat_wstat,
	.ready = alarm_ready,
	.taps = alarm_taps,
};
DEVICE(alarm_dev);
DEV_NODE(alarm, "alarm", 0666, "#alarm/clone");
