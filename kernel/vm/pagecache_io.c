// SPDX-License-Identifier: MIT
/* Reading and writing objects through their page cache. */
#include <vm/vm_priv.h>

#include <arch/uaccess.h>
#include <lib/string.h>

static int copy_out(void *to, const void *from, size_t len, bool user)
{
	if (user)
		return copy_to_user(to, from, len);
	memcpy(to, from, len);
	return 0;
}

static int copy_in(void *to, const void *from, size_t len, bool user)
{
	if (user)
		return copy_from_user(to, from, len);
	memcpy(to, from, len);
	return 0;
}

static int zero_out(void *to, size_t len, bool user)
{
	if (user)
		return zero_user(to, len);
	memset(to, 0, len);
	return 0;
}

static inline uint64_t size_now(struct pagecache *pc)
{
	return atomic_load_explicit(&pc->size_bytes, memory_order_acquire);
}

/* What of [off, off + len) lies in the first page. */
static inline size_t in_page(uint64_t off, size_t len)
{
	return MIN(len, PGSIZE - (off & (PGSIZE - 1)));
}

static int read_page(struct pagecache *pc, void *buf, size_t len, uint64_t off,
		     bool user)
{
	struct frame *f = pagecache_peek(pc, off >> PGSHIFT);
	int err;

	if (unlikely(!f)) {
		err = pagecache_get_page(pc, off >> PGSHIFT, false, false, &f);
		/* A hole, or cut off this moment. */
		if (err == -ENOENT || err == -ENXIO)
			return zero_out(buf, len, user);
		if (err)
			return err;
	}
	err = copy_out(buf, (char *)frame_to_virt(f) + (off & (PGSIZE - 1)),
		       len, user);
	frame_put(f);
	return err;
}

long pagecache_read(struct pagecache *pc, void *buf, size_t len, uint64_t off,
		    bool user)
{
	uint64_t size = size_now(pc);
	size_t done = 0;

	if (off >= size)
		return 0;
	len = MIN(len, size - off);
	while (done < len) {
		size_t n = in_page(off + done, len - done);
		int err = read_page(pc, (char *)buf + done, n, off + done,
				    user);

		if (err)
			return done ? (long)done : err;
		done += n;
	}
	return done;
}

/* growing: size_lock is held and the size is set afterwards. */
static long write_pages(struct pagecache *pc, const void *buf, size_t len,
			uint64_t off, bool user, bool growing)
{
	size_t done = 0;

	while (done < len) {
		size_t n = in_page(off + done, len - done);
		uint64_t index = (off + done) >> PGSHIFT;
		struct frame *f;
		int err;

		err = growing ? pagecache_get_growing(pc, index, &f) :
				pagecache_get_page(pc, index, true, true, &f);
		if (!err) {
			err = copy_in((char *)frame_to_virt(f) +
					      ((off + done) & (PGSIZE - 1)),
				      (const char *)buf + done, n, user);
			frame_put(f);
		}
		if (err)
			return done ? (long)done : err;
		done += n;
	}
	return done;
}

/* size_lock is held. */
static long write_growing(struct pagecache *pc, const void *buf, size_t len,
			  uint64_t off, bool user)
{
	uint64_t size = size_now(pc);
	long done;
	int err;

	/* PC3: what a gap uncovers. */
	if (off > size) {
		err = pagecache_zero(pc, size,
				     MIN(off, ROUND_UP(size, PGSIZE)));
		if (err)
			return err;
	}
	done = write_pages(pc, buf, len, off, user, true);
	if (done > 0 && off + done > size) {
		size = off + done;
		atomic_store_explicit(&pc->size_bytes, size,
				      memory_order_seq_cst);
	}
	if (done != (long)len)
		pagecache_trim(pc, size); /* half a copy beyond the end */
	return done;
}

long pagecache_write(struct pagecache *pc, const void *buf, size_t len,
		     uint64_t off, bool user)
{
	long done = -ENXIO;

	if (!len)
		return 0;
	if (off + len < off || off + len > INT64_MAX)
		return fail(EFBIG, "a file of %lu bytes", off + len);
	if (off + len <= size_now(pc))
		done = write_pages(pc, buf, len, off, user, false);
	if (done != -ENXIO)
		return done;
	/* It grows, or was cut off meanwhile. */
	guard_mutex(&pc->size_lock);
	return write_growing(pc, buf, len, off, user);
}
