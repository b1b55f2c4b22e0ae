// SPDX-License-Identifier: MIT
/* Hashes for tables: fast, not against an adversary unless seeded. */
#pragma once

#include <stddef.h>
#include <stdint.h>

static inline uint64_t hash_u64(uint64_t v)
{
	v ^= v >> 32;
	v *= 0x9e3779b97f4a7c15UL;
	v ^= v >> 29;
	v *= 0xbf58476d1ce4e5b9UL;
	return v ^ v >> 32;
}

uint64_t hash_bytes(const void *p, size_t len, uint64_t seed);
