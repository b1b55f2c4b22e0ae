// SPDX-License-Identifier: MIT
/* ELF headers to a plan of segments.  Rules: elf_parse.h */
#include <image/elf_parse.h>

#include <lib/compiler.h>
#include <lib/string.h>
#include <ros/common.h>
#include <ros/errno.h>
#include <ros/mman.h>

struct ehdr {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
_Static_assert(sizeof(struct ehdr) == ELF_EHDR_SIZE, "ELF64 file header");

struct phdr {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
_Static_assert(sizeof(struct phdr) == ELF_PHDR_SIZE, "ELF64 program header");

#define ET_EXEC	  2
#define ET_DYN	  3
#define EM_X86_64 62
#define PT_LOAD	  1
#define PT_INTERP 3

#define PF_X 1
#define PF_W 2
#define PF_R 4

#define PAGE_MASK (PGSIZE - 1)

static int bad(const char **why, const char *sentence)
{
	*why = sentence;
	return ENOEXEC;
}

bool elf_magic(const void *bytes, size_t len)
{
	return len >= 4 && memcmp(bytes, "\177ELF", 4) == 0;
}

int elf_parse_header(const void *bytes, size_t len, struct elf_header *h,
		     const char **why)
{
	struct ehdr e;

	if (len < sizeof(e))
		return bad(why, "the file is shorter than an ELF header");
	memcpy(&e, bytes, sizeof(e));
	if (!elf_magic(bytes, len))
		return bad(why, "the file is no ELF file");
	if (e.ident[4] != 2 || e.ident[5] != 1)
		return bad(why, "the ELF file is not 64-bit little-endian");
	if (e.ident[6] != 1 || e.version != 1)
		return bad(why, "the ELF version is not 1");
	if (e.machine != EM_X86_64)
		return bad(why, "the ELF file is for another machine");
	if (e.type != ET_EXEC && e.type != ET_DYN)
		return bad(why, "the ELF file is no program");
	if (e.phentsize != ELF_PHDR_SIZE)
		return bad(why, "program headers of an unknown size");
	if (!e.phnum || e.phnum > ELF_MAX_PHDRS)
		return bad(why, "no program headers, or too many");
	h->entry = e.entry;
	h->phoff = e.phoff;
	h->phnum = e.phnum;
	h->pie = e.type == ET_DYN;
	return 0;
}

static uint32_t seg_prot(uint32_t flags)
{
	return (flags & PF_R ? ROS_PROT_READ : 0) |
	       (flags & PF_W ? ROS_PROT_WRITE : 0) |
	       (flags & PF_X ? ROS_PROT_EXEC : 0);
}

static uint64_t page_up(uint64_t v)
{
	return (v + PAGE_MASK) & ~PAGE_MASK;
}

/* EP1 and EP2 for one more segment. */
static int add_segment(const struct phdr *ph, uint64_t file_size,
		       uint64_t min_va, uint64_t max_va,
		       struct elf_plan *plan, const char **why)
{
	uint64_t end;

	if (plan->nr == ELF_MAX_SEGS)
		return bad(why, "too many segments");
	if (ph->filesz > ph->memsz)
		return bad(why, "a segment has more bytes in the file than in "
				"memory");
	if (ph->offset > file_size || ph->filesz > file_size - ph->offset)
		return bad(why, "a segment goes past the end of the file");
	if ((ph->offset ^ ph->vaddr) & PAGE_MASK)
		return bad(why, "a segment's offset does not fit its address");
	if (ph->vaddr < min_va || ph->vaddr >= max_va ||
	    ph->memsz > max_va - ph->vaddr)
		return bad(why, "a segment lies outside user memory");
	end = page_up(ph->vaddr + ph->memsz);
	if (end > max_va)
		return bad(why, "a segment lies outside user memory");
	if (plan->nr && (ph->vaddr & ~PAGE_MASK) < plan->hi)
		return bad(why, "segments overlap or are out of order");
	if (!plan->nr)
		plan->lo = ph->vaddr & ~PAGE_MASK;
	plan->hi = end;
	plan->seg[plan->nr++] = (struct elf_seg){
		.va = ph->vaddr,
		.memsz = ph->memsz,
		.off = ph->offset,
		.filesz = ph->filesz,
		.prot = seg_prot(ph->flags),
	};
	return 0;
}

static bool in_segment(const struct elf_seg *s, uint64_t va)
{
	return va >= s->va && va - s->va < s->memsz;
}

/* EP3, EP4. */
static int find_entry(const struct elf_header *h, struct elf_plan *plan,
		      const char **why)
{
	uint64_t table = (uint64_t)h->phnum * ELF_PHDR_SIZE;
	bool found = false;

	for (unsigned int i = 0; i < plan->nr; i++) {
		const struct elf_seg *s = &plan->seg[i];

		if ((s->prot & ROS_PROT_EXEC) && in_segment(s, h->entry))
			found = true;
		if (h->phoff >= s->off && h->phoff - s->off <= s->filesz &&
		    table <= s->filesz - (h->phoff - s->off))
			plan->phdr_va = s->va + (h->phoff - s->off);
	}
	return found ? 0 : bad(why, "the entry point is in no executable "
				    "segment");
}

int elf_parse_segments(const struct elf_header *h, const void *phdrs,
		       uint64_t file_size, uint64_t min_va, uint64_t max_va,
		       struct elf_plan *plan, const char **why)
{
	struct phdr ph;
	int err;

	memset(plan, 0, sizeof(*plan));
	plan->entry = h->entry;
	plan->phnum = h->phnum;
	plan->pie = h->pie;
	for (unsigned int i = 0; i < h->phnum; i++) {
		memcpy(&ph, (const char *)phdrs + i * sizeof(ph), sizeof(ph));
		if (ph.type == PT_INTERP)
			return bad(why, "the program wants a dynamic loader: "
					"link it statically");
		if (ph.type != PT_LOAD || !ph.memsz)
			continue;
		err = add_segment(&ph, file_size, min_va, max_va, plan, why);
		if (err)
			return err;
	}
	if (!plan->nr)
		return bad(why, "nothing to load in the ELF file");
	return find_entry(h, plan, why);
}
