// SPDX-License-Identifier: MIT
/* Hash of a string of bytes: 8 bytes a step, multiplied and folded. */
#include <lib/hash.h>

#include <lib/string.h>

#define HASH_MULT 0x9fb21c651e98df25UL /* odd, half of its bits set */

static inline uint64_t hash_fold(uint64_t h, uint64_t v)
{
	h = (h ^ v) * HASH_MULT;
	return h ^ h >> 29;
}

uint64_t hash_bytes(const void *p, size_t len, uint64_t seed)
{
	const char *s = p;
	uint64_t h = seed ^ len * HASH_MULT, v;

	for (; len >= 8; len -= 8, s += 8) {
		__builtin_memcpy(&v, s, 8);
		h = hash_fold(h, v);
	}
	for (v = 0; len; len--)
		v = v << 8 | (uint8_t)s[len - 1];
	return hash_u64(hash_fold(h, v));
}
