// SPDX-License-Identifier: MIT
/*
 * The 16550A and what emulates it.  National Semiconductor PC16550D data sheet.
 *
 * Each register access costs an emulator much more than a byte does.  So output
 * goes 16 bytes for one look at the line status, and on as long as the port has
 * taken them at once, up to BURST; the rest follows by interrupt.  Input comes
 * 14 bytes for one interrupt without looking.
 */
#include "uart.h"

#include <arch/cpu.h>
#include <arch/machine.h>
#include <core/irq.h>
#include <lib/log.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <ros/errno.h>
#include <sync/spinlock.h>

enum { DATA, IER, IIR, LCR, MCR, LSR, MSR, SCRATCH };
enum { DIVISOR_LOW, DIVISOR_HIGH }; /* with LCR_DLAB */
#define FCR IIR

#define IER_INPUT  1
#define IER_OUTPUT 2
#define IIR_NONE   1
#define IIR_CAUSE  0x0e
#define IIR_OUTPUT 0x02
#define IIR_INPUT  0x04 /* the FIFO has reached FIFO_TRIGGER */
#define IIR_IDLE   0x0c /* some bytes, and then none for a while */
#define IIR_FIFOS  0xc0
#define FCR_FIFOS  0x01
#define FCR_CLEAR  0x06
#define FCR_AT_14  0xc0
#define LCR_8N1	   0x03
#define LCR_DLAB   0x80
#define MCR_ON	   0x0b /* DTR, RTS, and OUT2: interrupts reach the line */
#define LSR_INPUT  0x01
#define LSR_EMPTY  0x20

#define FIFO_SIZE    16
#define FIFO_TRIGGER 14
#define BURST	     256
#define MAX_CAUSES   64
#define LOCK_TRIES   1000000

/* Bytes between two running counts; size is a power of two. */
struct ring {
	uint8_t *bytes;
	size_t size, in, out;
};

struct uart {
	uint16_t io;
	unsigned int fifo; /* 16, or 1 without FIFOs */
	struct spinlock_irq lock;
	struct ring input GUARDED_BY(&lock);
	struct ring output GUARDED_BY(&lock);
	uint8_t ier GUARDED_BY(&lock);
	bool want_space GUARDED_BY(&lock);
	const struct uart_ops *ops GUARDED_BY(&lock);
	void *arg GUARDED_BY(&lock);
};

static const uint16_t io_base[UART_PORTS] = { 0x3f8, 0x2f8 };
static struct uart *uarts[UART_PORTS]; /* [I] once set */

static size_t ring_used(const struct ring *r)
{
	return r->in - r->out;
}

static size_t ring_room(const struct ring *r)
{
	return r->size - ring_used(r);
}

static size_t ring_put(struct ring *r, const uint8_t *p, size_t len)
{
	size_t at = r->in & (r->size - 1), first;

	len = MIN(len, ring_room(r));
	first = MIN(len, r->size - at);
	memcpy(r->bytes + at, p, first);
	memcpy(r->bytes, p + first, len - first);
	r->in += len;
	return len;
}

static size_t ring_get(struct ring *r, uint8_t *p, size_t len)
{
	size_t at = r->out & (r->size - 1), first;

	len = MIN(len, ring_used(r));
	first = MIN(len, r->size - at);
	memcpy(p, r->bytes + at, first);
	memcpy(p + first, r->bytes, len - first);
	r->out += len;
	return len;
}

static void set_ier(struct uart *u, uint8_t ier)
{
	if (u->ier == ier)
		return;
	u->ier = ier;
	outb(u->io + IER, ier);
}

/* As much as the port takes now; its interrupt is on exactly if some is left */
static void output_locked(struct uart *u)
{
	size_t sent = 0;

	while (ring_used(&u->output) && sent < BURST &&
	       (inb(u->io + LSR) & LSR_EMPTY)) {
		uint8_t bytes[FIFO_SIZE];
		size_t n = ring_get(&u->output, bytes, u->fifo);

		for (size_t i = 0; i < n; i++)
			outb(u->io + DATA, bytes[i]);
		sent += n;
	}
	if (ring_used(&u->output))
		set_ier(u, u->ier | IER_OUTPUT);
	else
		set_ier(u, u->ier & ~IER_OUTPUT);
}

/* `sure` bytes are there without looking.  U1: with a full ring the rest stays
 * in the port. */
static void input_locked(struct uart *u, unsigned int sure)
{
	while (ring_room(&u->input) &&
	       (sure || (inb(u->io + LSR) & LSR_INPUT))) {
		uint8_t byte = inb(u->io + DATA);

		ring_put(&u->input, &byte, 1);
		if (sure)
			sure--;
	}
	if (!ring_room(&u->input))
		set_ier(u, u->ier & ~IER_INPUT);
}

/* True if the port wanted something. */
static bool serve_cause_locked(struct uart *u)
{
	uint8_t iir = inb(u->io + IIR);

	if (iir & IIR_NONE)
		return false;
	switch (iir & IIR_CAUSE) {
	case IIR_OUTPUT:
		output_locked(u);
		break;
	case IIR_INPUT:
		input_locked(u, u->fifo > 1 ? FIFO_TRIGGER : 1);
		break;
	case IIR_IDLE:
		input_locked(u, 0);
		break;
	default: /* line and modem status: reading them is the answer */
		inb(u->io + LSR);
		inb(u->io + MSR);
	}
	return true;
}

static void uart_irq(void *arg)
{
	const struct uart_ops *ops;
	struct uart *u = arg;
	bool input, space;
	void *ops_arg;

	scoped_spin_irq(&u->lock) {
		/* The line is edge-triggered: until it has fallen. */
		for (int i = 0; i < MAX_CAUSES && serve_cause_locked(u); i++)
			;
		ops = u->ops;
		ops_arg = u->arg;
		input = ring_used(&u->input) != 0;
		space = u->want_space &&
			ring_room(&u->output) >= u->output.size / 2;
		if (space)
			u->want_space = false;
	}
	if (ops && ops->input && input)
		ops->input(ops_arg);
	if (ops && ops->space && space)
		ops->space(ops_arg);
}

static bool port_setup(struct uart *u)
{
	outb(u->io + SCRATCH, 0x5a);
	if (inb(u->io + SCRATCH) != 0x5a)
		return false;
	outb(u->io + IER, 0);
	outb(u->io + LCR, LCR_8N1 | LCR_DLAB);
	outb(u->io + DIVISOR_LOW, 1); /* 115200 */
	outb(u->io + DIVISOR_HIGH, 0);
	outb(u->io + LCR, LCR_8N1);
	outb(u->io + FCR, FCR_FIFOS | FCR_AT_14);
	u->fifo = (inb(u->io + IIR) & IIR_FIFOS) == IIR_FIFOS ? FIFO_SIZE : 1;
	outb(u->io + MCR, MCR_ON);
	return true;
}

static int interrupt_setup(struct uart *u, unsigned int isa_irq)
{
	int vector = irq_alloc_vector(), err;

	if (vector < 0)
		return vector;
	irq_set_handler(vector, uart_irq, u);
	err = irq_route(isa_irq, vector, 0);
	if (err)
		return err;
	irq_mask(isa_irq, false);
	scoped_spin_irq(&u->lock)
		set_ier(u, IER_INPUT);
	return 0;
}

static bool ring_init(struct ring *r, size_t size)
{
	r->size = size;
	r->bytes = kmalloc(size, MM_WAIT);
	return r->bytes != NULL;
}

int uart_attach(unsigned int port, unsigned int isa_irq)
{
	struct uart *u;
	int err;

	if (port >= UART_PORTS)
		return -ENODEV;
	if (uarts[port])
		return 0;
	u = kzalloc(sizeof(*u), MM_WAIT);
	if (!u)
		return -ENOMEM;
	spin_irq_init(&u->lock);
	u->io = io_base[port];
	err = -ENODEV;
	if (!port_setup(u))
		goto free_uart;
	err = -ENOMEM;
	if (!ring_init(&u->input, UART_INPUT) ||
	    !ring_init(&u->output, UART_OUTPUT))
		goto free_rings;
	err = interrupt_setup(u, isa_irq);
	if (err)
		goto free_rings;
	__atomic_store_n(&uarts[port], u, __ATOMIC_RELEASE);
	return 0;

free_rings:
	kfree(u->input.bytes);
	kfree(u->output.bytes);
free_uart:
	kfree(u);
	return err;
}

struct uart *uart_get(unsigned int port)
{
	return port < UART_PORTS ? uarts[port] : NULL;
}

void uart_set_ops(struct uart *u, const struct uart_ops *ops, void *arg)
{
	bool waiting;

	scoped_spin_irq(&u->lock) {
		u->ops = ops;
		u->arg = arg;
		waiting = ring_used(&u->input) != 0;
	}
	if (waiting && ops->input)
		ops->input(arg);
}

size_t uart_write(struct uart *u, const void *buf, size_t len)
{
	size_t done;

	guard_spin_irq(&u->lock);
	done = ring_put(&u->output, buf, len);
	if (done < len)
		u->want_space = true;
	if (!(u->ier & IER_OUTPUT))
		output_locked(u);
	return done;
}

size_t uart_read(struct uart *u, void *buf, size_t len)
{
	size_t done;

	guard_spin_irq(&u->lock);
	done = ring_get(&u->input, buf, len);
	if (done && !(u->ier & IER_INPUT))
		set_ier(u, u->ier | IER_INPUT);
	return done;
}

size_t uart_readable(struct uart *u)
{
	guard_spin_irq(&u->lock);
	return ring_used(&u->input);
}

size_t uart_writable(struct uart *u)
{
	guard_spin_irq(&u->lock);
	return ring_room(&u->output);
}

static void put_polled(struct uart *u, uint8_t byte)
{
	unsigned int patience = 100000;

	while (!(inb(u->io + LSR) & LSR_EMPTY) && --patience)
		cpu_relax();
	outb(u->io + DATA, byte);
}

/* False after a long wait: its holder was stopped by a panic, or is us. */
static bool lock_patiently(struct uart *u)
{
	for (unsigned int i = 0; i < LOCK_TRIES; i++) {
		if (spin_trylock(&u->lock.raw))
			return true;
		cpu_relax();
	}
	return false;
}

void uart_write_polled(struct uart *u, const void *buf, size_t len)
{
	uint64_t flags = irq_save();
	bool locked = lock_patiently(u);
	const uint8_t *p = buf;
	uint8_t byte;

	while (ring_get(&u->output, &byte, 1))
		put_polled(u, byte);
	for (size_t i = 0; i < len; i++)
		put_polled(u, p[i]);
	if (locked)
		spin_unlock(&u->lock.raw);
	irq_restore(flags);
}
