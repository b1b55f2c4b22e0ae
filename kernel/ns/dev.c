// SPDX-License-Identifier: MIT
/* The devices: their numbers, and attaching to one by name. */
#include <ns/chan.h>

#include <lib/assert.h>
#include <lib/log.h>
#include <lib/string.h>
#include <ns/ns_priv.h>
#include <ros/errno.h>

extern struct dev *const __start_set_dev[] __attribute__((weak));
extern struct dev *const __stop_set_dev[] __attribute__((weak));

#define SPEC_MAX 64

/* st_dev 0 is nobody's. */
void dev_init(void)
{
	uint32_t id = 1;

	for (struct dev *const *d = __start_set_dev; d < __stop_set_dev; d++) {
		assert(!(*d)->peek == !(*d)->hold);
		(*d)->id = id++;
	}
	chan_init();
}

struct dev *dev_lookup(const char *name, size_t len)
{
	for (struct dev *const *d = __start_set_dev; d < __stop_set_dev; d++)
		if (!strncmp((*d)->name, name, len) && !(*d)->name[len])
			return *d;
	return NULL;
}

static int walk_inside(struct chan *c, const char *path, const char *end,
		       const struct cred *cred)
{
	const char *e;
	int err = 0;

	while (!err && path < end) {
		if (*path == '/') {
			path++;
			continue;
		}
		for (e = path; e < end && *e != '/'; e++)
			;
		if (!c->dev->walk)
			return fail(ENOTDIR, "#%s has no files in it",
				    c->dev->name);
		err = c->dev->walk(c, path, e - path, cred);
		path = e;
	}
	return err;
}

int dev_attach(struct chan *c, const char *name, size_t len,
	       const struct cred *cred)
{
	const char *end = name + len, *s = name + 1, *e, *slash;
	char spec[SPEC_MAX] = "";
	struct dev *d;
	int err;

	slash = memchr(s, '/', end - s);
	if (!slash)
		slash = end;
	e = memchr(s, '.', slash - s);
	if (!e)
		e = slash;
	d = dev_lookup(s, e - s);
	if (!d || !d->attach)
		return fail(ENODEV, "there is no device #%.*s", (int)(e - s),
			    s);
	if (e < slash) {
		if (slash - e > SPEC_MAX)
			return fail(ENAMETOOLONG, "%.*s is too long",
				    (int)(slash - name), name);
		memcpy(spec, e + 1, slash - e - 1);
	}
	c->dev = d;
	err = d->attach(c, spec);
	if (err) {
		c->dev = NULL;
		return err;
	}
	err = walk_inside(c, slash, end, cred);
	if (err) {
		if (d->close)
			d->close(c);
		memset(c, 0, sizeof(*c));
	}
	return err;
}
