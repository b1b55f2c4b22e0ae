// SPDX-License-Identifier: MIT
/*
 * Random bytes: ChaCha20 with a key per core that is replaced by its own output
 * at each use ("fast key erasure", Bernstein 2017), so that what was handed out
 * cannot be computed from a later state.
 *
 * Seeds: RDRAND where there is one, and the time stamp counter, both mixed in
 * again at each refill.  A machine without RDRAND that counts instructions
 * gives the same bytes each time.
 *
 * ChaCha20: RFC 8439, section 2.3.
 */
#include <dev/dev.h>

#include <arch/cpu.h>
#include <arch/percpu.h>
#include <lib/string.h>

#define KEY_WORDS   8
#define BLOCK_WORDS 16
#define POOL_BLOCKS 4
#define POOL_BYTES  (POOL_BLOCKS * BLOCK_WORDS * 4)

struct random_state {
	uint32_t key[KEY_WORDS];
	uint64_t refills;
	uint8_t pool[POOL_BYTES];
	uint32_t left; /* unused bytes at the pool's end */
};
DEFINE_PERCPU_STATIC(struct random_state, random_state);

static inline uint32_t rotl(uint32_t v, int n)
{
	return v << n | v >> (32 - n);
}

static inline void quarter(uint32_t *s, int a, int b, int c, int d)
{
	s[a] += s[b];
	s[d] = rotl(s[d] ^ s[a], 16);
	s[c] += s[d];
	s[b] = rotl(s[b] ^ s[c], 12);
	s[a] += s[b];
	s[d] = rotl(s[d] ^ s[a], 8);
	s[c] += s[d];
	s[b] = rotl(s[b] ^ s[c], 7);
}

static void chacha_block(const uint32_t key[KEY_WORDS], uint64_t counter,
			 uint64_t nonce, uint32_t out[BLOCK_WORDS])
{
	uint32_t in[BLOCK_WORDS] = { 0x61707865, 0x3320646e, 0x79622d32,
				     0x6b206574 };

	memcpy(in + 4, key, KEY_WORDS * 4);
	memcpy(in + 12, &counter, 8);
	memcpy(in + 14, &nonce, 8);
	memcpy(out, in, sizeof(in));
	for (int i = 0; i < 10; i++) {
		quarter(out, 0, 4, 8, 12);
		quarter(out, 1, 5, 9, 13);
		quarter(out, 2, 6, 10, 14);
		quarter(out, 3, 7, 11, 15);
		quarter(out, 0, 5, 10, 15);
		quarter(out, 1, 6, 11, 12);
		quarter(out, 2, 7, 8, 13);
		quarter(out, 3, 4, 9, 14);
	}
	for (int i = 0; i < BLOCK_WORDS; i++)
		out[i] += in[i];
}

/* 0 if the processor has none, or it gives none now. */
static uint64_t rdrand(void)
{
	static int has = -1; /* the same for all cores; a race is harmless */
	uint64_t v = 0;
	uint8_t ok = 0;

	if (has < 0) {
		uint32_t a, b, c, d;

		cpuid(1, 0, &a, &b, &c, &d);
		has = c >> 30 & 1;
	}
	if (has)
		asm volatile("rdrand %0; setc %1" : "=r"(v), "=qm"(ok));
	return ok ? v : 0;
}

/* The first block's first half becomes the next key; the pool is the rest. */
static void refill(struct random_state *r)
{
	uint32_t block[BLOCK_WORDS];
	uint64_t seed = rdrand();
	uint64_t nonce = read_tsc() ^ ((uint64_t)core_id() << 56);

	memcpy(block, r->key, sizeof(r->key));
	block[0] ^= seed;
	block[1] ^= seed >> 32;
	memcpy(r->key, block, sizeof(r->key));
	r->refills++;
	for (int i = 0; i < POOL_BLOCKS; i++) {
		chacha_block(r->key, r->refills * (POOL_BLOCKS + 1) + i, nonce,
			     block);
		memcpy(r->pool + i * sizeof(block), block, sizeof(block));
	}
	chacha_block(r->key, r->refills * (POOL_BLOCKS + 1) + POOL_BLOCKS,
		     nonce, block);
	memcpy(r->key, block, sizeof(r->key));
	r->left = POOL_BYTES;
}

void random_bytes(void *buf, size_t len)
{
	uint8_t *out = buf;

	while (len) {
		uint64_t fl = irq_save();
		struct random_state *r = this_cpu_ptr(random_state);
		uint8_t *at;
		size_t n;

		if (!r->left)
			refill(r);
		n = MIN(len, r->left);
		at = r->pool + POOL_BYTES - r->left;
		memcpy(out, at, n);
		memset(at, 0, n);
		r->left -= n;
		irq_restore(fl);
		out += n;
		len -= n;
	}
}
