// SPDX-License-Identifier: MIT
/* elf_parse against good files, each way of being bad, and random damage. */
#include <host/test.h>

#include <string.h>

#include <image/elf_parse.h>
#include <ros/common.h>
#include <ros/errno.h>
#include <ros/mman.h>

#define MIN_VA	  0x10000UL
#define MAX_VA	  0x400000000000UL
#define FILE_SIZE 0x9000UL
#define NR_PHDRS  4

struct file {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
	struct {
		uint32_t type, flags;
		uint64_t offset, vaddr, paddr, filesz, memsz, align;
	} ph[NR_PHDRS];
};

/* Headers and text in one segment, constants, data with bss, a note. */
static struct file good(void)
{
	struct file f = {
		.ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 },
		.type = 2,
		.machine = 62,
		.version = 1,
		.entry = 0x401000,
		.phoff = ELF_EHDR_SIZE,
		.phentsize = ELF_PHDR_SIZE,
		.phnum = NR_PHDRS,
		.ph = {
			{ 1, 5, 0, 0x400000, 0, 0x3000, 0x3000, 0x1000 },
			{ 1, 4, 0x4000, 0x404000, 0, 0x1234, 0x1234, 0x1000 },
			{ 1, 6, 0x6010, 0x407010, 0, 0x800, 0x5000, 0x1000 },
			{ 4, 4, 0x200, 0x400200, 0, 0x20, 0x20, 4 },
		},
	};

	return f;
}

static const char *why;

static int parse(const struct file *f, struct elf_plan *plan)
{
	struct elf_header h;
	int err;

	why = NULL;
	err = elf_parse_header(f, sizeof(*f), &h, &why);
	if (err)
		return err;
	if (h.phoff != ELF_EHDR_SIZE || h.phnum > NR_PHDRS)
		return -1; /* the caller would read them elsewhere */
	return elf_parse_segments(&h, f->ph, FILE_SIZE, MIN_VA, MAX_VA, plan,
				  &why);
}

TEST(elf_good)
{
	struct file f = good();
	struct elf_plan plan;

	CHECK_EQ(parse(&f, &plan), 0);
	CHECK_EQ(plan.nr, 3);
	CHECK_EQ(plan.lo, 0x400000);
	CHECK_EQ(plan.hi, 0x40d000);
	CHECK_EQ(plan.entry, 0x401000);
	CHECK_EQ(plan.phdr_va, 0x400000 + ELF_EHDR_SIZE);
	CHECK_EQ(plan.phnum, NR_PHDRS);
	CHECK(!plan.pie);
	CHECK_EQ(plan.seg[0].prot, ROS_PROT_READ | ROS_PROT_EXEC);
	CHECK_EQ(plan.seg[2].prot, ROS_PROT_READ | ROS_PROT_WRITE);
	CHECK_EQ(plan.seg[2].memsz, 0x5000);
	f.type = 3;
	CHECK_EQ(parse(&f, &plan), 0);
	CHECK(plan.pie);
}

/* One field wrong: refused, and the sentence says something. */
#define BAD(change)                                                            \
	do {                                                                   \
		struct file f = good();                                        \
		struct elf_plan plan;                                          \
                                                                               \
		change;                                                        \
		CHECK_EQ(parse(&f, &plan), ENOEXEC);                           \
		CHECK(why && *why);                                            \
	} while (0)

TEST(elf_bad_header)
{
	struct elf_header h;
	struct file f = good();

	for (size_t len = 0; len < ELF_EHDR_SIZE; len++)
		CHECK_EQ(elf_parse_header(&f, len, &h, &why), ENOEXEC);
	BAD(f.ident[0] = 0);
	BAD(f.ident[4] = 1);
	BAD(f.ident[5] = 2);
	BAD(f.ident[6] = 0);
	BAD(f.version = 2);
	BAD(f.machine = 3);
	BAD(f.type = 1);
	BAD(f.type = 4);
	BAD(f.phentsize = 32);
	BAD(f.phnum = 0);
	BAD(f.phnum = 0xffff);
}

TEST(elf_bad_segments)
{
	BAD(f.ph[0].type = 3);			/* an interpreter */
	BAD(f.ph[0].filesz = 0x3001);		/* more than in memory */
	BAD(f.ph[0].offset = 0x7000);		/* past the file's end */
	BAD(f.ph[0].offset = -0x1000UL);
	BAD(f.ph[0].filesz = f.ph[0].memsz = -1UL);
	BAD(f.ph[1].offset = 0x4010);		/* does not fit the address */
	BAD(f.ph[0].vaddr = 0);			/* below user memory */
	BAD(f.ph[2].vaddr = MAX_VA + 0x10);
	BAD(f.ph[2].memsz = -1UL);
	BAD(f.ph[2].memsz = MAX_VA);
	BAD(f.ph[1].vaddr = 0x402000);		/* shares a page */
	BAD(f.ph[2].vaddr = 0x405010);		/* with the tail of another */
	BAD(f.ph[1].vaddr = 0x3f0000);		/* out of order */
	BAD(f.entry = 0);
	BAD(f.entry = 0x404000);		/* not executable */
	BAD(f.entry = 0x403000);		/* just past the end */
	BAD(f.ph[0].type = f.ph[1].type = f.ph[2].type = 0);
}

/* The table itself is not in memory: fine, but nobody is told of it. */
TEST(elf_headers_apart)
{
	struct file f = good();
	struct elf_plan plan;

	f.ph[0].offset = 0x1000;
	f.ph[0].vaddr = 0x401000;
	f.ph[0].filesz = f.ph[0].memsz = 0x2000;
	CHECK_EQ(parse(&f, &plan), 0);
	CHECK_EQ(plan.phdr_va, 0);
}

/* EP1 to EP4 for whatever was let through. */
static bool plan_is_sound(const struct elf_plan *p)
{
	uint64_t last = 0;
	bool entry = false;

	if (!p->nr || p->nr > ELF_MAX_SEGS)
		return false;
	for (unsigned int i = 0; i < p->nr; i++) {
		const struct elf_seg *s = &p->seg[i];
		uint64_t lo = s->va & ~(PGSIZE - 1), end = s->va + s->memsz;

		if (lo < last || s->va < MIN_VA || end < s->va || end > MAX_VA)
			return false;
		if (s->filesz > s->memsz || s->off + s->filesz > FILE_SIZE ||
		    s->off + s->filesz < s->off ||
		    (s->off ^ s->va) % PGSIZE)
			return false;
		if ((s->prot & ROS_PROT_EXEC) && p->entry >= s->va &&
		    p->entry < end)
			entry = true;
		last = (end + PGSIZE - 1) & ~(PGSIZE - 1);
	}
	return entry && p->hi == last;
}

TEST(elf_random_damage)
{
	static const uint64_t special[] = {
		0,	   1,	   0xfff,      0x1000, -1UL,	  -0x1000UL,
		1UL << 63, MAX_VA, MAX_VA - 1, MIN_VA, FILE_SIZE,
	};
	unsigned int passed = 0;
	uint64_t seed = 1;

	for (int i = 0; i < 200000; i++) {
		struct file f = good();
		struct elf_plan plan;
		int n = 1 + test_random(&seed) % 4;

		while (n--) {
			uint8_t *at = (uint8_t *)&f +
				      test_random(&seed) % (sizeof(f) - 7);
			uint64_t v = test_random(&seed);

			if (v & 1)
				v = special[(v >> 8) % 11];
			memcpy(at, &v, 1 + (test_random(&seed) & 7));
		}
		if (parse(&f, &plan) == 0) {
			CHECK(plan_is_sound(&plan));
			passed++;
		}
	}
	CHECK(passed > 1000);
}
