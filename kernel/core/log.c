// SPDX-License-Identifier: MIT
/*
 * The log: a ring of bytes, and the serial port behind it.
 *
 * What is printed goes into the ring first; the port then takes as much as it
 * has room for, the rest when it is ready again.  If the port falls far behind,
 * the printing core waits for it, so that nothing is lost.  The ring's lock
 * knows its holder: a print from an interrupt of last resort (NMI, a double
 * fault) that hits a print of the same core goes on without it.
 */
#include <lib/log.h>

#include <stdarg.h>
#include <stdatomic.h>

#include <arch/cpu.h>
#include <arch/machine.h>
#include <core/alarm.h>
#include <core/console.h>
#include <core/core_priv.h>
#include <lib/string.h>

#define RING_SIZE   (64 * 1024) /* a power of two */
#define RING_FULL   (RING_SIZE / 2)
#define LINE_LEN    512
#define RETRY_USEC  2000

static char ring[RING_SIZE];
static uint64_t ring_end;  /* bytes ever printed */
static uint64_t port_pos;  /* of these, how many the port has */
static const struct console_ops *port;
static struct alarm retry;
static bool retry_ready;
static bool panicking;
static bool pushing; /* the port may say `ready` from within its write() */

static _Atomic uint32_t lock_owner; /* core + 1 */

struct log_hold {
	uint64_t flags;
	bool taken;
};

static struct log_hold log_lock(void)
{
	struct log_hold h = { irq_save(), false };
	uint32_t me = core_id() + 1, free;

	for (;;) {
		free = 0;
		if (atomic_compare_exchange_weak(&lock_owner, &free, me)) {
			h.taken = true;
			return h;
		}
		if (free == me || __atomic_load_n(&panicking, __ATOMIC_RELAXED))
			return h;
		cpu_relax();
	}
}

static void log_unlock(struct log_hold h)
{
	if (h.taken)
		atomic_store(&lock_owner, 0);
	irq_restore(h.flags);
}

static void ring_put(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		ring[(ring_end + i) % RING_SIZE] = s[i];
	__atomic_store_n(&ring_end, ring_end + len, __ATOMIC_RELEASE);
}

/* The longest piece that the port lacks and that lies in one stretch. */
static const char *port_next(size_t *len)
{
	size_t at;

	if (ring_end - port_pos > RING_SIZE)
		port_pos = ring_end - RING_SIZE;
	at = port_pos % RING_SIZE;
	*len = MIN(ring_end - port_pos, RING_SIZE - at);
	return ring + at;
}

static void write_polled(const char *s, size_t len)
{
	if (port) {
		port->write_polled(s, len);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\n')
			early_putc('\r');
		early_putc(s[i]);
	}
}

static void port_push(void)
{
	const char *s;
	size_t len, did;

	if (pushing && !panicking)
		return;
	pushing = true;
	while (port_pos != ring_end) {
		s = port_next(&len);
		if (!port || panicking || ring_end - port_pos > RING_FULL) {
			write_polled(s, len);
			did = len;
		} else {
			did = port->write(s, len);
		}
		port_pos += did;
		if (did < len)
			break;
	}
	pushing = false;
	if (port_pos != ring_end && retry_ready) {
		retry_ready = false;
		alarm_set_usec(&retry, RETRY_USEC);
	}
}

void console_output_ready(void)
{
	struct log_hold h = log_lock();

	port_push();
	log_unlock(h);
}

void console_flush(void)
{
	struct log_hold h = log_lock();
	const char *s;
	size_t len;

	for (; port_pos != ring_end; port_pos += len) {
		s = port_next(&len);
		write_polled(s, len);
	}
	write_polled(NULL, 0); /* what the port's driver still holds */
	log_unlock(h);
}

static void retry_alarm(struct alarm *a)
{
	struct log_hold h = log_lock();

	retry_ready = true;
	port_push();
	log_unlock(h);
}

void console_attach(const struct console_ops *ops)
{
	struct log_hold h = log_lock();

	alarm_init(&retry, retry_alarm, NULL);
	retry_ready = true;
	port = ops;
	log_unlock(h);
}

void log_to_panic(void)
{
	__atomic_store_n(&panicking, true, __ATOMIC_SEQ_CST);
}

static void print(const char *s, size_t len)
{
	struct log_hold h = log_lock();

	ring_put(s, len);
	port_push();
	log_unlock(h);
}

void log(const char *fmt, ...)
{
	uint64_t us = tsc_freq ? tsc_to_ns(read_tsc()) / 1000 : 0;
	char buf[LINE_LEN];
	size_t len;
	va_list ap;
	int n;

	len = scnprintf(buf, sizeof(buf), "[%5lu.%06lu] ", us / 1000000,
			us % 1000000);
	va_start(ap, fmt);
	n = vsnprintf(buf + len, sizeof(buf) - len, fmt, ap);
	va_end(ap);
	len = MIN(len + (n > 0 ? n : 0), sizeof(buf) - 2);
	buf[len++] = '\n';
	print(buf, len);
}

void kprintf(const char *fmt, ...)
{
	char buf[LINE_LEN];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	print(buf, MIN(n > 0 ? n : 0, sizeof(buf) - 1));
}

size_t log_read(uint64_t *pos, char *buf, size_t len)
{
	struct log_hold h = log_lock();
	size_t did = 0;

	if (*pos > ring_end)
		*pos = ring_end;
	if (ring_end - *pos > RING_SIZE)
		*pos = ring_end - RING_SIZE;
	while (did < len && *pos < ring_end)
		buf[did++] = ring[(*pos)++ % RING_SIZE];
	log_unlock(h);
	return did;
}

int fail(int err, const char *fmt, ...)
{
	struct kthread *k = this_cpu(cur_kthread);
	va_list ap;

	if (k && !in_irq()) {
		va_start(ap, fmt);
		vsnprintf(k->errstr, sizeof(k->errstr), fmt, ap);
		va_end(ap);
	}
	return -err;
}
