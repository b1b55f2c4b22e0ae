// SPDX-License-Identifier: MIT
/*
 * Starting the other cores, and stopping them by NMI.
 *
 * The cores share one set of start parameters, so each gets INIT and SIPI in
 * turn; it lets go of the parameters after a few instructions, and sets itself
 * up while the next one starts.  A core that does not come is taken out of the
 * topology, and the one behind it takes its number.  Intel SDM volume 3,
 * section 9.4; the processors that we run on need none of its long waits.
 */
#include <arch/boot.h>
#include <arch/platform_priv.h>
#include <lib/assert.h>
#include <lib/log.h>

#define TICK_US	      20
#define SIPI_AGAIN_US 1000
#define GIVE_UP_US    2000000
#define ONLINE_US     60000000

static void (*core_entry)(void);
static _Atomic unsigned int nr_online = 1;
static _Atomic unsigned int nr_started = 1;

static void __noreturn ap_entry(void)
{
	cpu_init_this_core();
	apic_init_this_core();
	/* Pairs with the acquire in wait_online(). */
	__atomic_add_fetch(&nr_online, 1, __ATOMIC_RELEASE);
	core_entry();
	cpu_halt_forever();
}

/*
 * QEMU with -icount lets the time that a core is reset by INIT jump to its next
 * timer, which may be 50 ms off: so there is always a near one.  The interrupt
 * finds no alarm that is due.
 */
static void keep_time_close(void)
{
	timer_arm(read_tsc() + ns_to_tsc(TICK_US * 1000));
}

static bool wait_taken(uint64_t us)
{
	uint64_t end = read_tsc() + ns_to_tsc(us * 1000);

	while (!ap_start_taken()) {
		if (read_tsc() > end)
			return false;
		keep_time_close();
		cpu_relax();
	}
	return true;
}

static bool start_core(unsigned int core, uint64_t page)
{
	uint32_t id = core_topology[core].apic_id;
	uint32_t sipi = ICR_STARTUP | ICR_ASSERT | page >> 12;

	ap_start_prepare(per_cpu(percpu_head, core).kstack_top,
			 percpu_base[core], ap_entry);
	keep_time_close();
	apic_command(id, ICR_INIT | ICR_ASSERT | ICR_LEVEL);
	apic_command(id, ICR_INIT | ICR_LEVEL); /* de-assert */
	apic_command(id, sipi);
	if (wait_taken(SIPI_AGAIN_US))
		return true;
	apic_command(id, sipi);
	if (wait_taken(GIVE_UP_US))
		return true;
	apic_command(id, ICR_INIT | ICR_ASSERT | ICR_LEVEL);
	return false;
}

static void wait_online(void)
{
	uint64_t end = read_tsc() + ns_to_tsc(ONLINE_US * 1000UL);

	while (__atomic_load_n(&nr_online, __ATOMIC_ACQUIRE) < nr_cores) {
		if (read_tsc() > end)
			panic("only %u of %u cores have come up",
			      nr_online, nr_cores);
		cpu_relax();
	}
}

void smp_start_all(void (*entry)(void))
{
	uint64_t page, start = read_tsc();
	unsigned int core = 1;

	if (nr_cores == 1)
		return;
	core_entry = entry;
	trampoline_install(&page);
	while (core < nr_cores) {
		if (start_core(core, page)) {
			nr_started = ++core;
			continue;
		}
		log("smp: the core with APIC id %u does not start",
		    core_topology[core].apic_id);
		topology_remove(core);
		if (nr_cores > nr_cores_found)
			nr_cores = nr_cores_found;
	}
	wait_online();
	log("smp: %u cores in %lu us", nr_cores,
	    tsc_to_ns(read_tsc() - start) / 1000);
}

void nmi_send_others(void)
{
	unsigned int self = core_id();

	for (unsigned int i = 0; i < nr_started; i++)
		if (i != self)
			apic_command(core_topology[i].apic_id,
				     ICR_NMI | ICR_ASSERT);
}
