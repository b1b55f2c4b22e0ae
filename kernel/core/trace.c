// SPDX-License-Identifier: MIT
/* The trace ring.  Rules: core/trace.h */
#include <core/trace.h>

#include <arch/cpu.h>
#include <arch/machine.h>
#include <arch/percpu.h>
#include <core/console.h>
#include <core/panic.h>
#include <mm/slab.h>
#include <ros/errno.h>

struct trace_record {
	uint64_t tsc, a, b;
	uint32_t ev, core;
};

struct trace_ring {
	struct trace_record rec[TRACE_LEN];
};

bool trace_on;
DEFINE_PERCPU_STATIC(struct trace_ring *, trace_ring);
DEFINE_PERCPU_STATIC(uint32_t, trace_next); /* records ever written */

static const char *const names[TR_MAX] = {
	"none", "syscall", "sysdone", "block", "wake", "resume", "kmsg",
	"irq", "fault", "run", "idle", "event", "notify", "proc", "user",
};

void trace_write(enum trace_event ev, uint64_t a, uint64_t b)
{
	struct trace_ring *r = this_cpu(trace_ring);
	uint64_t fl = irq_save();

	if (r) {
		uint32_t i = this_cpu(trace_next)++ % TRACE_LEN;

		r->rec[i] = (struct trace_record){ read_tsc(), a, b, ev,
						   core_id() };
	}
	irq_restore(fl);
}

int trace_set(bool on)
{
	for (unsigned int i = 0; on && i < nr_cores; i++) {
		struct trace_ring **r = &per_cpu(trace_ring, i);

		if (!*r)
			*r = kzalloc(sizeof(**r), MM_WAIT);
		if (!*r)
			return -ENOMEM;
	}
	__atomic_store_n(&trace_on, on, __ATOMIC_RELEASE);
	return 0;
}

static struct trace_record *nth_newest(unsigned int core, uint32_t back)
{
	struct trace_ring *r = per_cpu(trace_ring, core);
	uint32_t next = per_cpu(trace_next, core);

	if (!r || back >= MIN(next, TRACE_LEN))
		return NULL;
	return &r->rec[(next - 1 - back) % TRACE_LEN];
}

/* The newest that was not taken yet; back[i]: how many were from core i. */
static struct trace_record *take_newest(uint32_t *back)
{
	struct trace_record *best = NULL;
	unsigned int from = 0;

	for (unsigned int i = 0; i < nr_cores; i++) {
		struct trace_record *t = nth_newest(i, back[i]);

		if (t && (!best || t->tsc > best->tsc)) {
			best = t;
			from = i;
		}
	}
	if (best)
		back[from]++;
	return best;
}

static void print_word(uint64_t w)
{
	uintptr_t off;
	const char *sym = w >= KIMAGE_BASE ? ksym_name(w, &off) : NULL;

	if (sym)
		kprintf(" %s+0x%lx", sym, off);
	else
		kprintf(" %lx", w);
}

static void print_record(const struct trace_record *t)
{
	kprintf("%8lu.%03lu us core %u %-8s", tsc_to_ns(t->tsc) / 1000,
		tsc_to_ns(t->tsc) % 1000, t->core,
		t->ev < TR_MAX ? names[t->ev] : "?");
	print_word(t->a);
	print_word(t->b);
	kprintf("\n");
}

/* Merged by time, the newest last. */
void trace_print(unsigned int newest)
{
	bool was_on = trace_on;
	struct trace_record **list;
	uint32_t *back;
	unsigned int nr = 0;

	newest = MIN(newest, TRACE_LEN);
	trace_on = false;
	back = kzalloc(nr_cores * sizeof(*back), MM_WAIT);
	list = kzalloc(newest * sizeof(*list), MM_WAIT);
	if (back && list) {
		while (nr < newest && (list[nr] = take_newest(back)))
			nr++;
		while (nr)
			print_record(list[--nr]);
	} else {
		kprintf("no memory to sort the trace\n");
	}
	kfree(back);
	kfree(list);
	trace_on = was_on;
}
