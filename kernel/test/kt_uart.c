// SPDX-License-Identifier: MIT
/*
 * The serial driver, by the second port's loop-back mode: what it sends comes
 * back to it, as much at a time as the port's FIFO takes.
 */
#include <test/ktest.h>

#include <arch/cpu.h>
#include <core/kthread.h>
#include <drivers/serial/uart.h>

#define COM2_MCR 0x2fc
#define MCR_LOOP 0x10
#define CHUNK	 14 /* the driver's trigger: an interrupt at once */

static struct uart *loop_begin(uint8_t *mcr)
{
	struct uart *u = uart_get(1);
	uint8_t byte;

	if (!u) {
		kt_note("there is no second port");
		return NULL;
	}
	*mcr = inb(COM2_MCR);
	outb(COM2_MCR, *mcr | MCR_LOOP);
	while (uart_read(u, &byte, 1))
		;
	return u;
}

/* Sends n <= CHUNK bytes and waits for `want` in the ring. */
static bool send(struct uart *u, const uint8_t *buf, size_t n, size_t want)
{
	KT_CHECK_EQ(uart_write(u, buf, n), n);
	for (int i = 0; i < 1000 && uart_readable(u) < want; i++)
		if (kthread_usleep(100))
			break;
	KT_CHECK_EQ(uart_readable(u), want);
	return uart_readable(u) == want;
}

KTEST(uart_loop)
{
	uint8_t mcr, out[CHUNK], in[CHUNK + 1];
	struct uart *u = loop_begin(&mcr);
	uint64_t seed = 5;
	size_t n;

	for (int i = 0; u && i < 500; i++) {
		n = 1 + kt_random(&seed) % CHUNK;
		for (size_t j = 0; j < n; j++)
			out[j] = kt_random(&seed);
		if (!send(u, out, n, n))
			break;
		KT_CHECK_EQ(uart_read(u, in, sizeof(in)), n);
		for (size_t j = 0; j < n; j++)
			KT_CHECK_EQ(in[j], out[j]);
	}
	if (u)
		outb(COM2_MCR, mcr);
}

/* U1: a full ring stops the port, reading starts it again. */
KTEST(uart_full_ring)
{
	uint8_t mcr, buf[256] = { 0 };
	struct uart *u = loop_begin(&mcr);
	size_t got = 0, have = 0;

	if (!u)
		return;
	for (size_t n; have < UART_INPUT; have += n) {
		n = MIN((size_t)CHUNK, UART_INPUT - have);
		if (!send(u, buf, n, have + n))
			break;
	}
	send(u, buf, 4, UART_INPUT); /* these stay in the port */
	for (int i = 0; i < 100 && got < UART_INPUT + 4; i++) {
		size_t n;

		while ((n = uart_read(u, buf, sizeof(buf))) != 0)
			got += n;
		if (kthread_usleep(1000))
			break;
	}
	KT_CHECK_EQ(got, UART_INPUT + 4);
	outb(COM2_MCR, mcr);
}
