// SPDX-License-Identifier: MIT
/*
 * Event bitmaps, the producer: the bit, then check_bits.
 *
 *     producer                     consumer
 *     set the bit                  check_bits = 0
 *     check_bits = 1               read the bits again
 *
 * All sequentially consistent: a bit that the consumer's last read missed
 * leaves check_bits set.
 */
#include <proc/mbox.h>

#include <proc/umem.h>
#include <ros/errno.h>

int evbitmap_post(uintptr_t bm, const struct event_msg *msg)
{
	uint32_t type = msg->ev_type, old32;
	uintptr_t word;
	uint64_t old;
	int err;

	if (type >= MAX_NR_EVENT_BITS)
		return -EINVAL;
	word = bm + offsetof(struct evbitmap, bits) + type / 64 * 8;
	err = umem_or_u64(word, 1UL << (type % 64), &old);
	if (err)
		return err;
	return umem_xchg_u32(bm + offsetof(struct evbitmap, check_bits), 1,
			     &old32);
}
