// SPDX-License-Identifier: MIT
/*
 * Panic: stop everybody, say everything, end.  Rules: core/panic.h
 *
 * The panicking core prints first; then it gives the turn to each other core,
 * which waits for it in its NMI handler, prints its own backtrace and halts.  A
 * core that does not take its turn in time is passed over.  Panics of other
 * cores meanwhile wait in the same place; a second one of the same core ends at
 * once.
 */
#include <core/panic.h>

#include <stdarg.h>
#include <stdatomic.h>

#include <arch/context.h>
#include <arch/cpu.h>
#include <arch/machine.h>
#include <core/console.h>
#include <core/core_priv.h>
#include <lib/assert.h>
#include <lib/log.h>
#include <lib/string.h>
#include <sync/lockdep.h>

#define TURN_USEC 500000
#define MAX_PCS	  32

static _Atomic uint32_t panic_core; /* + 1; 0: no panic */
static _Atomic uint32_t turn;	    /* core + 1 */
static _Atomic uint32_t turn_done;

/* A question by NMI, outside a panic. */
static _Atomic uint32_t asked; /* core + 1 */
static uintptr_t answer[MAX_PCS];
static _Atomic uint32_t answer_nr;

static uint64_t usec_to_tsc(uint64_t usec)
{
	return (tsc_freq ? tsc_freq : 1000000000) / 1000000 * usec;
}

static bool wait_for(_Atomic uint32_t *word, uint32_t value)
{
	uint64_t start = read_tsc();

	while (atomic_load(word) != value) {
		if (read_tsc() - start > usec_to_tsc(TURN_USEC))
			return false;
		cpu_relax();
	}
	return true;
}

static void __noreturn finish(void)
{
	char how[8] = "";

	boot_option("panic", how, sizeof(how));
	if (!strcmp(how, "halt"))
		cpu_halt_forever();
	machine_debug_exit(1);
}

static void print_regs(const struct user_context *f)
{
	kprintf("vector %lu error 0x%lx cr2 %016lx cr3 %lx\n", f->vector,
		f->error, read_cr2(), read_cr3());
	kprintf("rip %016lx rsp %016lx flags %lx cs %lx\n", f->rip, f->rsp,
		f->rflags, f->cs);
	kprintf("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", f->rax,
		f->rbx, f->rcx, f->rdx);
	kprintf("rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", f->rsi,
		f->rdi, f->rbp, f->r8);
	kprintf("r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", f->r9, f->r10,
		f->r11, f->r12);
	kprintf("r13 %016lx r14 %016lx r15 %016lx\n", f->r13, f->r14, f->r15);
}

static void print_core(uintptr_t pc, uintptr_t fp)
{
	struct kthread *k = this_cpu(cur_kthread);

	kprintf("core %u, kthread %s:\n", core_id(), k ? k->name : "none");
	backtrace_print(pc, fp);
}

/* Waits for its turn, prints, and is no more. */
static void __noreturn stop_here(uintptr_t pc, uintptr_t fp)
{
	uint32_t me = core_id() + 1;

	while (atomic_load(&turn) != me)
		cpu_relax();
	print_core(pc, fp);
	atomic_store(&turn_done, me);
	cpu_halt_forever();
}

static void let_others_print(void)
{
	uint32_t me = core_id() + 1;

	for (uint32_t c = 1; c <= nr_cores; c++) {
		if (c == me ||
		    !atomic_load(&per_cpu(kmsg_queues, c - 1).online))
			continue;
		atomic_store(&turn, c);
		if (!wait_for(&turn_done, c))
			kprintf("core %u does not answer\n", c - 1);
	}
}

/* True for the core whose panic it is. */
static void panic_begin(uintptr_t pc, uintptr_t fp)
{
	uint32_t none = 0, me = core_id() + 1;

	irq_disable();
	if (!atomic_compare_exchange_strong(&panic_core, &none, me)) {
		if (none != me)
			stop_here(pc, fp);
		kprintf("PANIC: again, while panicking\n");
		finish();
	}
	lockdep_off();
	log_to_panic();
	if (nr_cores > 1)
		nmi_send_others();
}

static void __noreturn panic_end(uintptr_t pc, uintptr_t fp)
{
	print_core(pc, fp);
	let_others_print();
	finish();
}

void panic(const char *fmt, ...)
{
	uintptr_t pc = (uintptr_t)__builtin_return_address(0);
	uintptr_t fp = *(uintptr_t *)__builtin_frame_address(0);
	char text[256];
	va_list ap;

	panic_begin(pc, fp);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	kprintf("\nPANIC: %s\n", text);
	panic_end(pc, fp);
}

static const char *trap_name(uint64_t vector)
{
	static const char *const names[] = {
		"divide error", "debug", "NMI", "breakpoint", "overflow",
		"bound", "invalid opcode", "no FPU", "double fault", "9",
		"invalid TSS", "segment not present", "stack segment",
		"general protection", "page fault", "15", "FPU error",
		"alignment", "machine check", "SIMD error",
	};

	return vector < ARRAY_SIZE(names) ? names[vector] : "trap";
}

void panic_trap(struct user_context *f)
{
	panic_begin(f->rip, f->rbp);
	kprintf("\nPANIC: %s (vector %lu, error 0x%lx) in the kernel at 0x%lx, "
		"address 0x%lx\n",
		trap_name(f->vector), f->vector, f->error, f->rip, read_cr2());
	print_regs(f);
	panic_end(f->rip, f->rbp);
}

void panic_nmi(struct user_context *f)
{
	uint32_t me = core_id() + 1;
	uintptr_t pc = f->rip, fp = f->rbp;

	if (atomic_load(&panic_core) == me)
		return;
	if (atomic_load(&panic_core))
		stop_here(pc, fp);
	if (atomic_load(&asked) == me) {
		uint32_t nr = backtrace_collect(pc, fp, answer, MAX_PCS);

		atomic_store(&asked, 0);
		/* Releases the answer; pairs with panic_ask_core(). */
		atomic_store_explicit(&answer_nr, nr, memory_order_release);
	}
}

unsigned int panic_ask_core(unsigned int core, uintptr_t *pcs,
			    unsigned int max)
{
	uint64_t start = read_tsc();
	unsigned int nr;

	atomic_store(&answer_nr, 0);
	atomic_store(&asked, core + 1);
	nmi_send_others();
	while (!(nr = atomic_load_explicit(&answer_nr, memory_order_acquire))) {
		if (read_tsc() - start > usec_to_tsc(TURN_USEC))
			return 0;
		cpu_relax();
	}
	nr = MIN(nr, max);
	memcpy(pcs, answer, nr * sizeof(*pcs));
	return nr;
}
