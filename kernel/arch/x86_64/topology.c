// SPDX-License-Identifier: MIT
/*
 * Which cores there are, and how they lie together.
 *
 * Cores come from the MADT; thread, core and socket from their APIC ids by the
 * shifts of CPUID leaf 0xB (else leaves 1 and 4, else flat); NUMA nodes from
 * the SRAT.
 * Ids are made dense: core 0 is the one that boots, the others follow in the
 * MADT's order.  No MADT: one core.
 */
#include <arch/acpi.h>
#include <arch/boot.h>
#include <arch/platform_priv.h>
#include <lib/assert.h>
#include <lib/log.h>
#include <lib/string.h>
#include <mm/slab.h>

#define MADT_ENTRIES 44
#define MADT_LAPIC   0
#define MADT_X2APIC  9
#define SRAT_ENTRIES 48
#define SRAT_LAPIC   0
#define SRAT_X2APIC  2
#define ENABLED	     1u

struct madt_lapic {
	struct acpi_sub sub;
	uint8_t uid, apic_id;
	uint32_t flags;
} __attribute__((packed));

struct madt_x2apic {
	struct acpi_sub sub;
	uint16_t reserved;
	uint32_t apic_id, flags, uid;
} __attribute__((packed));

struct srat_lapic {
	struct acpi_sub sub;
	uint8_t domain0, apic_id;
	uint32_t flags;
	uint8_t sapic_eid, domain1[3];
	uint32_t clock_domain;
} __attribute__((packed));

struct srat_x2apic {
	struct acpi_sub sub;
	uint16_t reserved0;
	uint32_t domain, apic_id, flags, clock_domain, reserved1;
} __attribute__((packed));

struct core_topology *core_topology;
unsigned int nr_cores_found = 1;

static unsigned int thread_bits, socket_shift;

/* Leaf 0xB: each level says how far to shift for the next level's id. */
static bool shifts_from_leaf_b(void)
{
	uint32_t a, b, c, d;

	cpuid(0, 0, &a, &b, &c, &d);
	if (a < 0xb)
		return false;
	for (uint32_t level = 0; level < 8; level++) {
		cpuid(0xb, level, &a, &b, &c, &d);
		if (!(c >> 8 & 0xff) || !(b & 0xffff))
			break;
		if ((c >> 8 & 0xff) == 1)
			thread_bits = a & 31;
		socket_shift = a & 31;
	}
	return socket_shift != 0 || thread_bits != 0;
}

static unsigned int bits_for(uint32_t n)
{
	return n > 1 ? 32 - __builtin_clz(n - 1) : 0;
}

/* Leaf 1: logical processors in a package; leaf 4: cores in it. */
static void shifts_from_leaf_4(void)
{
	uint32_t a, b, c, d, max, logical, cores = 1;

	cpuid(0, 0, &max, &b, &c, &d);
	cpuid(1, 0, &a, &b, &c, &d);
	if (!(d & (1u << 28)))
		return; /* flat: each its own socket */
	logical = b >> 16 & 0xff;
	if (max >= 4) {
		cpuid(4, 0, &a, &b, &c, &d);
		if (a & 31)
			cores = (a >> 26) + 1;
	}
	socket_shift = bits_for(logical);
	if (bits_for(cores) <= socket_shift)
		thread_bits = socket_shift - bits_for(cores);
}

uint32_t cpu_apic_id(void)
{
	uint32_t a, b, c, d, max;

	cpuid(0, 0, &max, &b, &c, &d);
	if (max >= 0xb) {
		cpuid(0xb, 0, &a, &b, &c, &d);
		if (b & 0xffff)
			return d;
	}
	cpuid(1, 0, &a, &b, &c, &d);
	return b >> 24;
}

/* The APIC id of an enabled processor in *id. */
static bool madt_core(const struct acpi_sub *s, uint32_t *id)
{
	const struct madt_lapic *l = (const void *)s;
	const struct madt_x2apic *x = (const void *)s;

	if (s->type == MADT_LAPIC && s->length >= sizeof(*l)) {
		*id = l->apic_id;
		return (l->flags & ENABLED) && l->apic_id != 0xff;
	}
	if (s->type == MADT_X2APIC && s->length >= sizeof(*x)) {
		*id = x->apic_id;
		return (x->flags & ENABLED) && x->apic_id != UINT32_MAX;
	}
	return false;
}

static bool known(unsigned int n, uint32_t id)
{
	for (unsigned int i = 0; i < n; i++)
		if (core_topology[i].apic_id == id)
			return true;
	return false;
}

/* Counts with core_topology == NULL; else fills it. */
static unsigned int scan_madt(const struct acpi_header *madt)
{
	const struct acpi_sub *s;
	size_t off = MADT_ENTRIES;
	unsigned int n = 1;
	uint32_t id;

	while (madt && (s = acpi_sub_next(madt, &off)) != NULL) {
		if (!madt_core(s, &id))
			continue;
		if (core_topology) {
			if (known(n, id))
				continue; /* listed twice, or core 0 */
			core_topology[n].apic_id = id;
		}
		n++;
	}
	return n;
}

/* Small numbers in order of first appearance. */
static uint16_t dense_id(uint32_t *seen, unsigned int *nr, uint32_t v)
{
	for (unsigned int i = 0; i < *nr; i++)
		if (seen[i] == v)
			return i;
	seen[*nr] = v;
	return (*nr)++;
}

/* Sockets dense in the machine, cores dense in their socket, threads in their
 * core; each by what came before. */
static void place_cores(uint32_t *seen)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < nr_cores_found; i++) {
		struct core_topology *t = &core_topology[i];
		uint32_t core_key = t->apic_id >> thread_bits;
		bool core_seen = false;

		t->socket = dense_id(seen, &nr,
				     (uint64_t)t->apic_id >> socket_shift);
		for (unsigned int j = 0; j < i; j++) {
			const struct core_topology *o = &core_topology[j];

			if (o->socket != t->socket)
				continue;
			if (o->apic_id >> thread_bits == core_key) {
				t->core = o->core;
				t->thread++;
				core_seen = true;
			} else if (!core_seen && o->core >= t->core) {
				t->core = o->core + 1;
			}
		}
	}
}

static bool srat_core(const struct acpi_sub *s, uint32_t *id, uint32_t *domain)
{
	const struct srat_lapic *l = (const void *)s;
	const struct srat_x2apic *x = (const void *)s;

	if (s->type == SRAT_LAPIC && s->length >= sizeof(*l)) {
		*id = l->apic_id;
		*domain = l->domain0 | l->domain1[0] << 8 |
			  l->domain1[1] << 16 | (uint32_t)l->domain1[2] << 24;
		return l->flags & ENABLED;
	}
	if (s->type == SRAT_X2APIC && s->length >= sizeof(*x)) {
		*id = x->apic_id;
		*domain = x->domain;
		return x->flags & ENABLED;
	}
	return false;
}

/* A core that the table lists twice is where the last entry says. */
static void place_nodes(uint32_t *seen, uint32_t *domains)
{
	const struct acpi_header *srat = acpi_table("SRAT", 0);
	const struct acpi_sub *s;
	size_t off = SRAT_ENTRIES;
	unsigned int nr = 0;
	uint32_t id, domain;

	while (srat && (s = acpi_sub_next(srat, &off)) != NULL) {
		if (!srat_core(s, &id, &domain))
			continue;
		for (unsigned int i = 0; i < nr_cores_found; i++)
			if (core_topology[i].apic_id == id)
				domains[i] = domain;
	}
	for (unsigned int i = 0; i < nr_cores_found; i++)
		core_topology[i].numa = dense_id(seen, &nr, domains[i]);
}

void topology_init(void)
{
	const struct acpi_header *madt = acpi_table("APIC", 0);
	unsigned int max = scan_madt(madt);
	struct core_topology *t = kzalloc(max * sizeof(*t), MM_WAIT);
	uint32_t *seen = kzalloc(2 * max * sizeof(*seen), MM_WAIT);

	if (!t || !seen)
		panic("no memory for the topology of %u cores", max);
	if (!shifts_from_leaf_b())
		shifts_from_leaf_4();
	t[0].apic_id = cpu_apic_id();
	core_topology = t;
	nr_cores_found = scan_madt(madt);
	place_cores(seen);
	place_nodes(seen, seen + max);
	kfree(seen);
}

void topology_remove(unsigned int core)
{
	nr_cores_found--;
	memmove(&core_topology[core], &core_topology[core + 1],
		(nr_cores_found - core) * sizeof(*core_topology));
}

void print_cpu_topology(void)
{
	log("topology: %u cores", nr_cores_found);
	for (unsigned int i = 0; i < nr_cores_found; i++) {
		const struct core_topology *t = &core_topology[i];

		log("core %3u: APIC id %3u, NUMA node %u, socket %u, core %u, "
		    "thread %u",
		    i, t->apic_id, t->numa, t->socket, t->core, t->thread);
	}
}
