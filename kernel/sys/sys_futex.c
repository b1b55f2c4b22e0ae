// SPDX-License-Identifier: MIT
/*
 * Futexes in shared memory, keyed by frame and offset: those of one process are
 * the runtime's own.
 *
 * F1  A waiter compares and queues itself under its bucket's lock; a waker
 *     changes the word first and then takes that lock: it finds the waiter, or
 *     the waiter the new value.
 * F2  A waiter lies on its sleeper's stack; it leaves only after it has taken
 *     the bucket's lock once more, so that a waker under the lock may touch it.
 * F3  The frame is held while somebody waits on it: the key stays its own.
 */
#include <sys/sys_priv.h>

#include <core/wait.h>
#include <lib/hash.h>
#include <mm/frame.h>
#include <vm/vm.h>

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1

#define NR_BUCKETS 256

struct bucket {
	struct spinlock lock;
	struct list waiters; /* FIFO; next is NULL until first used */
} __cacheline_aligned;

struct futex_waiter {
	struct list link;
	uint64_t key;
	bool woken;
	struct waitq q;
};

static struct bucket buckets[NR_BUCKETS] = {
	[0 ... NR_BUCKETS - 1] = { .lock = SPINLOCK_INIT("futex bucket") },
};

static struct bucket *bucket_lock(uint64_t key)
{
	struct bucket *b = &buckets[hash_u64(key) % NR_BUCKETS];

	spin_lock(&b->lock);
	if (!b->waiters.next)
		list_init(&b->waiters);
	return b;
}

/* The key of a word, its frame held. */
static int key_get(struct proc *p, uint64_t uaddr, struct frame **f,
		   uint64_t *key)
{
	int err;

	if (uaddr % 4)
		return fail(EINVAL, "futex at 0x%lx is not aligned", uaddr);
	if (!user_range_ok(uaddr, 4))
		return fail_addr(uaddr);
	err = vm_pin_page(p->as, ROUND_DOWN(uaddr, PGSIZE), false, f);
	if (err)
		return err;
	*key = frame_to_pa(*f) + uaddr % PGSIZE;
	return 0;
}

static bool is_woken(void *arg)
{
	return __atomic_load_n(&((struct futex_waiter *)arg)->woken,
			       __ATOMIC_ACQUIRE);
}

static int64_t futex_wait(uint64_t key, uint32_t value, uint64_t usec)
{
	struct futex_waiter w = { .key = key };
	struct bucket *b;
	int err;

	waitq_init(&w.q);
	b = bucket_lock(key);
	if (__atomic_load_n((uint32_t *)phys_to_virt(key), __ATOMIC_RELAXED) !=
	    value) {
		spin_unlock(&b->lock);
		return -EAGAIN;
	}
	list_add_tail(&b->waiters, &w.link);
	spin_unlock(&b->lock);
	err = waitq_sleep(&w.q, is_woken, &w, usec);
	spin_lock(&b->lock);
	if (w.woken)
		err = 0;
	else
		list_del(&w.link);
	spin_unlock(&b->lock);
	return err;
}

static int64_t futex_wake(uint64_t key, uint64_t max)
{
	struct bucket *b = bucket_lock(key);
	struct futex_waiter *w, *tmp;
	int64_t nr = 0;

	list_for_each_entry_safe(w, tmp, &b->waiters, link) {
		if (nr == max)
			break;
		if (w->key != key)
			continue;
		list_del(&w->link);
		__atomic_store_n(&w->woken, true, __ATOMIC_RELEASE);
		waitq_wake(&w->q, 1);
		nr++;
	}
	spin_unlock(&b->lock);
	return nr;
}

SYS_FN(futex)
{
	uint32_t op = u->a[1];
	struct frame *f;
	uint64_t key = 0;
	int64_t ret;

	if (op != FUTEX_WAIT && op != FUTEX_WAKE)
		return fail(ENOSYS, "futex operation %u is not there yet", op);
	ret = key_get(p, u->a[0], &f, &key);
	if (ret)
		return ret;
	if (op == FUTEX_WAIT)
		ret = futex_wait(key, u->a[2],
				 (int64_t)u->a[3] < 0 ? WAIT_FOREVER : u->a[3]);
	else
		ret = futex_wake(key, (uint32_t)u->a[2]);
	frame_put(f);
	return ret;
}
