// SPDX-License-Identifier: MIT
/* COM1 by polling: before there are drivers, and when nothing else works. */
#include <arch/cpu.h>
#include <arch/machine.h>

#define COM1 0x3f8
enum { DATA, IER, FCR, LCR, MCR, LSR, MSR, SCRATCH };
#define LSR_EMPTY 0x20
#define LCR_8N1	  0x03
#define LCR_DLAB  0x80

static enum { UNKNOWN, ABSENT, PRESENT } state;

static void probe(void)
{
	outb(COM1 + SCRATCH, 0xa5);
	if (inb(COM1 + SCRATCH) != 0xa5) {
		state = ABSENT;
		return;
	}
	outb(COM1 + IER, 0);
	outb(COM1 + LCR, LCR_8N1 | LCR_DLAB);
	outb(COM1 + DATA, 1); /* 115200 */
	outb(COM1 + IER, 0);
	outb(COM1 + LCR, LCR_8N1);
	outb(COM1 + FCR, 0x07); /* FIFOs on and empty */
	outb(COM1 + MCR, 0x03);
	state = PRESENT;
}

void early_putc(char c)
{
	/* A byte takes 90 us; a port that is stuck holds nobody up for long. */
	unsigned int patience = 100000;

	if (state == UNKNOWN)
		probe();
	if (state == ABSENT)
		return;
	while (!(inb(COM1 + LSR) & LSR_EMPTY) && --patience)
		cpu_relax();
	outb(COM1 + DATA, c);
}
