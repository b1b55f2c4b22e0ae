// SPDX-License-Identifier: MIT
/* Credentials: immutable once shared; changed by making a new one.  Freed by
 * RCU: a process reads its own without a reference while it does not sleep. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <core/rcu.h>
#include <sync/kref.h>

#define NGROUPS_MAX 64

struct cred {
	struct kref ref;
	uint32_t uid, euid, suid;
	uint32_t gid, egid, sgid;
	uint32_t nr_groups;
	uint32_t groups[NGROUPS_MAX];
	struct rcu_head rcu;
};

extern struct cred root_cred;

static inline struct cred *cred_get(struct cred *c)
{
	kref_get(&c->ref);
	return c;
}
void cred_put(struct cred *c);
/* A private copy to change, refs = 1; NULL: no memory. */
struct cred *cred_dup(const struct cred *c);
bool cred_in_group(const struct cred *c, uint32_t gid);
static inline bool cred_is_root(const struct cred *c)
{
	return c->euid == 0;
}
