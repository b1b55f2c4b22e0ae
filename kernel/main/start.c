// SPDX-License-Identifier: MIT
/* The steps of start-up that tie rooms together: cores, consoles, monitor. */
#include <main/main.h>

#include <arch/boot.h>
#include <arch/cpu.h>
#include <core/console.h>
#include <core/kthread.h>
#include <drivers/serial/uart.h>
#include <lib/assert.h>
#include <lib/log.h>
#include <lib/string.h>
#include <ros/errno.h>

/* From here on core 0 takes interrupts. */
void core_start_init(void)
{
	unsigned long cores = boot_option_num("cores", nr_cores_found);

	if (cores < 1 || cores > nr_cores_found)
		cores = nr_cores_found;
	percpu_init(cores);
	for (unsigned int i = 1; i < cores; i++)
		if (!kthread_create_for_core(i))
			panic("no memory for the first thread of core %u", i);
	irq_enable();
}

#define COM1_IRQ 4
#define COM2_IRQ 3

static size_t com1_write(const char *s, size_t len)
{
	return uart_write(uart_get(0), s, len);
}

static void com1_write_polled(const char *s, size_t len)
{
	uart_write_polled(uart_get(0), s, len);
}

static void com1_input(void *arg)
{
	char buf[64];
	size_t n;

	while ((n = uart_read(uart_get(0), buf, sizeof(buf))) != 0)
		console_input(buf, n);
}

static void com1_space(void *arg)
{
	console_output_ready();
}

static const struct console_ops com1_console = {
	.write = com1_write,
	.write_polled = com1_write_polled,
};
static const struct uart_ops com1_ops = {
	.input = com1_input,
	.space = com1_space,
};

static bool attach(unsigned int port, unsigned int isa_irq)
{
	int err = uart_attach(port, isa_irq);

	if (err && err != -ENODEV)
		log("uart: COM%u cannot be used: error %d", port + 1, -err);
	return !err;
}

/* The second port is /dev/launch's, who finds it by uart_get(). */
void console_start(void)
{
	if (attach(0, COM1_IRQ)) {
		console_attach(&com1_console);
		uart_set_ops(uart_get(0), &com1_ops, NULL);
	}
	attach(1, COM2_IRQ);
}

static void core_first_entry(void)
{
	core_loop();
}

void smp_start(void)
{
	smp_start_all(core_first_entry);
}

/* `monitor=off` leaves it out, and so do the self tests. */
void monitor_start_if_wanted(void)
{
	char buf[8];
	bool off = boot_option("monitor", buf, sizeof(buf)) &&
		   strcmp(buf, "off") == 0;

	if (!off && uart_get(0) && !boot_option("ktest", buf, sizeof(buf)))
		monitor_start();
}

static int monitor_topology(int argc, char **argv)
{
	print_cpu_topology();
	return 0;
}
MONITOR_COMMAND("topology", "", "cores by socket, node, core and thread",
		monitor_topology);
