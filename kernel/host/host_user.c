// SPDX-License-Identifier: MIT
/* User memory on the host is the test's own; a range of it can be told to
 * fault. */
#include <arch/uaccess.h>

#include <host/host.h>
#include <lib/string.h>
#include <ros/errno.h>

static uintptr_t bad_start, bad_len;

void host_user_fault(const void *start, size_t len)
{
	bad_start = (uintptr_t)start;
	bad_len = len;
}

static bool faults(const void *uaddr, size_t len)
{
	uintptr_t va = (uintptr_t)uaddr;

	if (!len)
		return false;
	if (!user_range_ok(va, len) || va < 4096)
		return true;
	return bad_len && va < bad_start + bad_len && bad_start < va + len;
}

int copy_from_user(void *dst, const void *usrc, size_t len)
{
	if (faults(usrc, len))
		return -EFAULT;
	memcpy(dst, usrc, len);
	return 0;
}

int copy_to_user(void *udst, const void *src, size_t len)
{
	if (faults(udst, len))
		return -EFAULT;
	memcpy(udst, src, len);
	return 0;
}

int zero_user(void *udst, size_t len)
{
	if (faults(udst, len))
		return -EFAULT;
	memset(udst, 0, len);
	return 0;
}

int copy_from_user_nofault(void *dst, const void *usrc, size_t len)
{
	return copy_from_user(dst, usrc, len);
}

int copy_to_user_nofault(void *udst, const void *src, size_t len)
{
	return copy_to_user(udst, src, len);
}

int copy_from_kernel_nofault(void *dst, const void *src, size_t len)
{
	memcpy(dst, src, len);
	return 0;
}

long strnlen_user(const char *ustr, size_t max)
{
	for (size_t n = 0; n < max; n++) {
		if (faults(ustr + n, 1))
			return -EFAULT;
		if (!ustr[n])
			return n;
	}
	return max;
}

int get_user_u32(uint32_t *out, const void *uaddr)
{
	return copy_from_user(out, uaddr, sizeof(*out));
}

int get_user_u64(uint64_t *out, const void *uaddr)
{
	return copy_from_user(out, uaddr, sizeof(*out));
}

int put_user_u32(void *uaddr, uint32_t v)
{
	return copy_to_user(uaddr, &v, sizeof(v));
}

int put_user_u64(void *uaddr, uint64_t v)
{
	return copy_to_user(uaddr, &v, sizeof(v));
}

static int check_word(const void *uaddr, size_t len)
{
	if ((uintptr_t)uaddr % len)
		return -EINVAL;
	return faults(uaddr, len) ? -EFAULT : 0;
}

#define USER_CAS(name, type)                                                   \
	int name(void *uaddr, type exp, type des, type *old)                   \
	{                                                                      \
		int err = check_word(uaddr, sizeof(type));                     \
									       \
		if (err)                                                       \
			return err;                                            \
		__atomic_compare_exchange_n((type *)uaddr, &exp, des, false,   \
					    __ATOMIC_SEQ_CST,                  \
					    __ATOMIC_SEQ_CST);                 \
		*old = exp;                                                    \
		return 0;                                                      \
	}
USER_CAS(user_cas_u32, uint32_t)
USER_CAS(user_cas_u64, uint64_t)

#define USER_RMW(name, type, op)                                               \
	int name(void *uaddr, type v, type *old)                               \
	{                                                                      \
		int err = check_word(uaddr, sizeof(type));                     \
									       \
		if (err)                                                       \
			return err;                                            \
		*old = op((type *)uaddr, v, __ATOMIC_SEQ_CST);                 \
		return 0;                                                      \
	}
USER_RMW(user_or_u32, uint32_t, __atomic_fetch_or)
USER_RMW(user_or_u64, uint64_t, __atomic_fetch_or)
USER_RMW(user_and_u32, uint32_t, __atomic_fetch_and)
USER_RMW(user_add_u32, uint32_t, __atomic_fetch_add)
USER_RMW(user_add_u64, uint64_t, __atomic_fetch_add)
USER_RMW(user_xchg_u32, uint32_t, __atomic_exchange_n)
USER_RMW(user_xchg_u64, uint64_t, __atomic_exchange_n)
