// SPDX-License-Identifier: MIT
/*
 * vm: address spaces: regions, faults, copy on write, TLB shootdown.
 *
 * An address space is counted: the process holds one reference, each kthread
 * that works for it one, each core that has it loaded none (an address space is
 * unloaded everywhere before it is freed).
 *
 * A region [start, end) has protection, flags and a backing: anonymous (NULL)
 * or a page cache with an offset.  Private pages are copy-on-write; an
 * anonymous page that is read first maps the shared zero page.
 *
 * V1  Regions do not overlap; they lie in the tree by address, which keeps the
 *     largest gap for top-down search.
 * V2  A PTE that is not 0 and has no PTE_NOREF holds one reference on its
 *     frame; without PTE_P it is a page of a region with PROT_NONE.
 * V3  A writable PTE of a private page means that its frame has one owner.  In
 *     a private region PTE_COW marks a page of the object: copied before a
 *     write, however many owners it has.
 * V4  as->loaded has a core's bit while that core's CR3 is this root; it is set
 *     before CR3 is written and cleared after (pairs with the shootdown, which
 *     changes PTEs first and then reads the set).
 * V5  Frames and tables leave only after the shootdown that covers them.
 * V6  A region with VMR_KERNEL (the shared pages) is not the user's to unmap,
 *     protect or replace.
 * V7  A page of an object is mapped first, and then the object's size is looked
 *     at again; truncation sets the size first and then unmaps.  One of the two
 *     sees the other.
 * Locks  as->lock (rwlock): write for changes of the tree; read for faults and
 *        for anything else that changes PTEs alone.
 *        Order: pc->size_lock -> as->lock -> pc->lock, pc->regions_lock.
 *        Never held: while copying user memory, while references on page caches
 *        and files are dropped (that may free them).
 */
#pragma once

#include <arch/pgtable.h>
#include <core/wait.h>
#include <lib/list.h>
#include <lib/rbtree.h>
#include <mm/frame.h>
#include <ros/memlayout.h>
#include <ros/mman.h>
#include <sync/kref.h>
#include <vm/pagecache.h>

#define VMR_SHARED    0x01 /* writes reach the backing */
#define VMR_GROWSDOWN 0x02 /* the initial stack */
#define VMR_KERNEL    0x04
#define VMR_NORESERVE 0x08
#define VMR_MAYWRITE  0x10 /* mprotect may add PROT_WRITE (shared file: opened
			      for writing) */

struct vm_region {
	struct rb_node node;
	uintptr_t start, end;
	/* Augmented: borders of this subtree, the largest gap in between. */
	uintptr_t sub_start, sub_end, max_gap;
	uint32_t prot;		/* ROS_PROT_* */
	uint32_t flags;		/* VMR_* */
	struct aspace *as;
	struct pagecache *pc;	/* NULL: anonymous */
	uint64_t pc_off;	/* bytes, page-aligned, of `start` */
	struct list pc_link;	/* pc->regions */
	uint64_t unmap_gen;	/* the last vm_unmap_object() that was here */
	struct vm_file *file;	/* kept alive by the mapping, or NULL */
};

/* What a mapping keeps alive beside the page cache (a chan); upward call. */
struct vm_file {
	void (*get)(struct vm_file *f);
	void (*put)(struct vm_file *f);
	/* name for /proc/pid/maps */
	void (*name)(struct vm_file *f, char *buf, size_t len);
};

struct aspace {
	struct kref ref;
	pgroot_t root;
	struct rwlock lock;
	struct rb_root regions GUARDED_BY(&lock);
	size_t nr_regions;
	unsigned int unmaps;   /* how many: empty tables are freed in turns */
	uintptr_t brk_start, brk;
	uintptr_t mmap_top;    /* where the search downwards starts */
	uintptr_t stack_limit; /* lowest the stack region may grow to */
	_Atomic uint64_t rss_pages;
	uint64_t max_rss_pages;
	_Atomic uint64_t minflt, majflt;
	_Atomic uint32_t dead;	/* cleared for good: faults fail */
	_Atomic unsigned long loaded[]; /* bitmap of nr_cores bits */
};

void vm_init(void);
int __must_check aspace_create(struct aspace **out);
static inline void aspace_get(struct aspace *as)
{
	kref_get(&as->ref);
}
void aspace_put(struct aspace *as); /* last: frees; may sleep */
/* Unmaps everything and refuses further faults; may sleep.  Process exit. */
void aspace_kill(struct aspace *as);

/* Makes `as` (NULL: the kernel's own) this core's loaded one.  Cheap if it is
 * already.  Interrupts on or off. */
void aspace_load(struct aspace *as);
struct aspace *aspace_loaded(void);
/* Switches the running kthread (k->as and the core) to another address space
 * for a while: event delivery.  Returns the old one, to be given back. */
struct aspace *aspace_borrow(struct aspace *as);
void aspace_return(struct aspace *old);

/*
 * System-call level operations.  Addresses and lengths are checked here.
 * All may sleep; -errno with a sentence.
 */
/* A mapping takes references of its own on pc and file. */
struct vm_map_args {
	uintptr_t addr; /* hint, or place with ROS_MAP_FIXED */
	size_t len;
	uint32_t prot;
	uint32_t flags; /* ROS_MAP_* */
	struct pagecache *pc;
	uint64_t off;
	struct vm_file *file;
	bool may_write; /* of a shared file mapping */
	uint32_t vmr_flags; /* extra VMR_*, kernel callers only */
};
int __must_check vm_map(struct aspace *as, const struct vm_map_args *a,
			uintptr_t *out);
int vm_unmap(struct aspace *as, uintptr_t addr, size_t len);
int vm_protect(struct aspace *as, uintptr_t addr, size_t len, uint32_t prot);
int vm_remap(struct aspace *as, uintptr_t addr, size_t old_len, size_t new_len,
	     uint32_t flags, uintptr_t new_addr, uintptr_t *out);
int vm_advise(struct aspace *as, uintptr_t addr, size_t len, int advice);
int vm_sync(struct aspace *as, uintptr_t addr, size_t len, int flags);
/* Faults pages in ahead. */
int vm_populate(struct aspace *as, uintptr_t addr, size_t len);
/* The break afterwards; an impossible one changes nothing. */
uintptr_t vm_brk(struct aspace *as, uintptr_t newbrk);
/* The child gets a copy-on-write copy; VMR_KERNEL regions are not copied. */
int __must_check vm_fork(struct aspace *src, struct aspace *dst);

/* The stack region: [top - ROS_STACK_SIZE, top), grown by faults. */
int __must_check vm_map_stack(struct aspace *as, uintptr_t top);
/* One shared page of the kernel's at va (VMR_KERNEL; the PTE counts a
 * reference of its own). */
int __must_check vm_map_kernel_page(struct aspace *as, uintptr_t va,
				    struct frame *f, uint32_t prot);

/*
 * A page fault.  error: PF_* bits.  0: resolved.  -EFAULT: no region
 * (SEGV_MAPERR); -EACCES: protection (SEGV_ACCERR); -ENXIO: beyond the object
 * (SIGBUS); -ENOMEM: no memory (the caller frees some and retries); fill's
 * errors: SIGBUS.
 */
int vm_fault(struct aspace *as, uintptr_t va, uint32_t error);

/* A page of another process: pinned by a reference, faulted in first. */
int __must_check vm_pin_page(struct aspace *as, uintptr_t va, bool write,
			     struct frame **out);

/* Calls fn for each region in order, under as->lock (read); for /proc. */
void vm_for_each_region(struct aspace *as,
			void (*fn)(const struct vm_region *r, void *arg),
			void *arg);

/* Unmaps [start, end) of the object's offsets from every region (truncate).
 * Under pc->size_lock and no other lock. */
void vm_unmap_object(struct pagecache *pc, uint64_t start, uint64_t end);

/* Bytes of user memory mapped by this address space, for the OOM choice. */
static inline uint64_t aspace_rss(struct aspace *as)
{
	return atomic_load_explicit(&as->rss_pages, memory_order_relaxed);
}

/* Bytes of addresses in use: walks all mappings.  May sleep. */
uint64_t aspace_size(struct aspace *as);

/* Page tables of the lowest level: walks them all.  0 if somebody changes the
 * address space just now. */
uint64_t aspace_tables(struct aspace *as);
