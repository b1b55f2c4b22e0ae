// SPDX-License-Identifier: MIT
/*
 * elf_parse: what an ELF file wants in memory, from its headers' bytes alone.
 * Pure: no file, no address space; builds on the host.
 *
 * The bytes are hostile.  What comes out holds:
 *   EP1  segments ascend, and no two share a page
 *   EP2  each lies in [min, max), file range inside the file, offset and
 *        address congruent modulo the page size, file part no larger than
 *        memory part
 *   EP3  the entry point lies in an executable segment
 *   EP4  phdr_va, if not 0, is inside a segment's file part, whole table
 * Addresses are as in the file: a position-independent one is moved as a whole
 * by the loader (`pie`), to any multiple of the page size.
 *
 * Format: System V ABI, chapters 4 and 5, and its AMD64 supplement.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_EHDR_SIZE 64
#define ELF_PHDR_SIZE 56
#define ELF_MAX_PHDRS 64
#define ELF_MAX_SEGS  16

struct elf_header {
	uint64_t entry;
	uint64_t phoff;
	uint16_t phnum;
	bool pie;
};

struct elf_seg {
	uint64_t va, memsz;
	uint64_t off, filesz;
	uint32_t prot; /* ROS_PROT_* */
};

struct elf_plan {
	struct elf_seg seg[ELF_MAX_SEGS];
	unsigned int nr;
	uint64_t lo, hi;  /* page-aligned borders of all segments */
	uint64_t entry;
	uint64_t phdr_va; /* where the program headers will be; 0: not mapped */
	uint16_t phnum;
	bool pie;
};

/* True if the bytes begin like an ELF file at all. */
bool elf_magic(const void *bytes, size_t len);

/* Both: 0, or a positive errno with a sentence in *why. */
int elf_parse_header(const void *bytes, size_t len, struct elf_header *h,
		     const char **why);
/* phdrs: h->phnum entries of ELF_PHDR_SIZE bytes. */
int elf_parse_segments(const struct elf_header *h, const void *phdrs,
		       uint64_t file_size, uint64_t min_va, uint64_t max_va,
		       struct elf_plan *plan, const char **why);
