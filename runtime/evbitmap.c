// SPDX-License-Identifier: MIT
/*
 * Bitmap mailbox, the consumer's side: one type per call.
 *
 *	producer                        consumer
 *	bits |= type                    check_bits = 0
 *	check_bits = 1                  fence; look at bits once more
 *
 * Either the look sees the bit or check_bits is set after we cleared it.
 */
#include <parlib/evbitmap.h>

#define NR_WORDS ARRAY_SIZE(((struct evbitmap *)0)->bits)

void evbitmap_init(struct evbitmap *evbm)
{
	memset(evbm, 0, sizeof(*evbm));
}

static bool take_one(struct evbitmap *evbm, struct event_msg *msg)
{
	for (unsigned int i = 0; i < NR_WORDS; i++) {
		uint64_t bits =
			__atomic_load_n(&evbm->bits[i], __ATOMIC_RELAXED);

		while (bits) {
			unsigned int bit = __builtin_ctzl(bits);
			uint64_t mask = 1UL << bit;

			if (__atomic_fetch_and(&evbm->bits[i], ~mask,
					       __ATOMIC_SEQ_CST) & mask) {
				memset(msg, 0, sizeof(*msg));
				msg->ev_type = i * 64 + bit;
				return true;
			}
			bits &= ~mask;
		}
	}
	return false;
}

static bool all_clear(struct evbitmap *evbm)
{
	for (unsigned int i = 0; i < NR_WORDS; i++)
		if (__atomic_load_n(&evbm->bits[i], __ATOMIC_SEQ_CST))
			return false;
	return true;
}

bool get_evbitmap_msg(struct evbitmap *evbm, struct event_msg *msg)
{
	if (!__atomic_load_n(&evbm->check_bits, __ATOMIC_SEQ_CST))
		return false;
	while (!take_one(evbm, msg)) {
		__atomic_store_n(&evbm->check_bits, 0, __ATOMIC_SEQ_CST);
		if (all_clear(evbm))
			return false;
		__atomic_store_n(&evbm->check_bits, 1, __ATOMIC_SEQ_CST);
	}
	return true;
}

bool evbitmap_is_empty(struct evbitmap *evbm)
{
	return all_clear(evbm);
}
