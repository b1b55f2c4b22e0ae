// SPDX-License-Identifier: MIT
/*
 * The serial ports COM1 and COM2, with interrupts.
 *
 * uart   one for each port that is there; lives for ever
 * U1  Input goes to a ring and stays there until uart_read(); with a full ring
 *     the port's interrupt is off until somebody reads, so that under an
 *     emulator the sender waits and nothing is lost.
 * U2  Output goes to a ring; what does not fit is the caller's.
 * Locks   uart.lock (spin_irq): the rings and the registers.  Callbacks run
 *         without it, in interrupt context on core 0.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <lib/compiler.h>

#define UART_PORTS    2
#define UART_INPUT    (32 * 1024) /* bytes; > what launch.h's L6 wants */
#define UART_OUTPUT   (16 * 1024)

struct uart;

struct uart_ops {
	/* There is input: call uart_read() now or later. */
	void (*input)(void *arg);
	/* There is room for output again, after uart_write() took less than
	 * all. */
	void (*space)(void *arg);
};

/* The port and its ISA line: COM1 is 0 and line 4, COM2 1 and line 3.  0,
 * -ENODEV if there is no such port, -ENOMEM; 0 again for an attached one. */
int __must_check uart_attach(unsigned int port, unsigned int isa_irq);
struct uart *uart_get(unsigned int port); /* NULL: not attached */
/* Before there is one nobody is called; the input that has come meanwhile
 * causes a call at once. */
void uart_set_ops(struct uart *u, const struct uart_ops *ops, void *arg);

/* Any context: what fits, what there is. */
size_t uart_write(struct uart *u, const void *buf, size_t len);
size_t uart_read(struct uart *u, void *buf, size_t len);
size_t uart_readable(struct uart *u);
size_t uart_writable(struct uart *u);
/* Waits for the port; behind what the ring still holds, which is written first.
 * For panic, too: a lock whose holder does not let go is not waited for. */
void uart_write_polled(struct uart *u, const void *buf, size_t len);
