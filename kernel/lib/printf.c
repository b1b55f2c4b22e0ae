// SPDX-License-Identifier: MIT
/* Formatted printing, by C99's rules for what string.h lists. */
#include <lib/string.h>

struct out {
	char *buf;
	size_t len; /* of buf */
	size_t pos; /* where it would be with room enough */
};

struct spec {
	bool left, zero, plus, blank, alt, upper;
	int width, prec; /* prec -1: none given */
	int size;	 /* bytes of the integer */
};

static inline void put(struct out *o, char c)
{
	if (o->pos < o->len)
		o->buf[o->pos] = c;
	o->pos++;
}

static void pad(struct out *o, char c, int n)
{
	while (n-- > 0)
		put(o, c);
}

static void put_text(struct out *o, const struct spec *sp, const char *s,
		     size_t n)
{
	if (!sp->left)
		pad(o, ' ', sp->width - (int)n);
	for (size_t i = 0; i < n; i++)
		put(o, s[i]);
	if (sp->left)
		pad(o, ' ', sp->width - (int)n);
}

static void put_str(struct out *o, const struct spec *sp, const char *s)
{
	if (!s)
		s = "(null)";
	put_text(o, sp, s, sp->prec < 0 ? strlen(s) : strnlen(s, sp->prec));
}

/* Digits of v, from the back of a buffer of 24; where they start. */
static char *digits(char *end, uint64_t v, unsigned int base, bool upper)
{
	const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	for (; v; v /= base)
		*--end = set[v % base];
	return end;
}

static void put_number(struct out *o, const struct spec *sp, uint64_t v,
		       unsigned int base, const char *sign)
{
	char buf[24], *end = buf + sizeof(buf);
	char *s = digits(end, v, base, sp->upper);
	int n = end - s, prec = sp->prec, zeros, blanks;

	if (prec < 0)
		prec = 1;
	if (sp->alt && base == 8 && prec <= n)
		prec = n + 1; /* a leading 0 */
	zeros = MAX(prec - n, 0);
	blanks = sp->width - (int)strlen(sign) - zeros - n;
	if (sp->zero && !sp->left && sp->prec < 0 && blanks > 0) {
		zeros += blanks;
		blanks = 0;
	}
	if (!sp->left)
		pad(o, ' ', blanks);
	while (*sign)
		put(o, *sign++);
	pad(o, '0', zeros);
	while (s < end)
		put(o, *s++);
	if (sp->left)
		pad(o, ' ', blanks);
}

static void put_signed(struct out *o, const struct spec *sp, int64_t v)
{
	const char *sign = v < 0 ? "-" : sp->plus ? "+" : sp->blank ? " " : "";

	put_number(o, sp, v < 0 ? -(uint64_t)v : (uint64_t)v, 10, sign);
}

static int parse_num(const char **fmt)
{
	int n = 0;

	for (; **fmt >= '0' && **fmt <= '9'; (*fmt)++)
		n = MIN(n * 10 + **fmt - '0', 4096);
	return n;
}

static void parse_flags(const char **fmt, struct spec *sp)
{
	for (;; (*fmt)++) {
		switch (**fmt) {
		case '-': sp->left = true; break;
		case '0': sp->zero = true; break;
		case '+': sp->plus = true; break;
		case ' ': sp->blank = true; break;
		case '#': sp->alt = true; break;
		default: return;
		}
	}
}

static void parse_size(const char **fmt, struct spec *sp)
{
	sp->size = sizeof(int);
	for (;; (*fmt)++) {
		switch (**fmt) {
		case 'h': sp->size /= 2; break;
		case 'l':
		case 'z':
		case 't':
		case 'j': sp->size = sizeof(long); break;
		default: return;
		}
	}
}

static int64_t sign_extend(uint64_t v, int size)
{
	int shift = 64 - 8 * size;

	return (int64_t)(v << shift) >> shift;
}

static uint64_t zero_extend(uint64_t v, int size)
{
	int shift = 64 - 8 * size;

	return v << shift >> shift;
}

/* One conversion whose argument is an integer or a pointer. */
static void put_arg(struct out *o, struct spec *sp, char conv, uint64_t v)
{
	char c = (char)v;

	switch (conv) {
	case 'd':
	case 'i':
		put_signed(o, sp, sign_extend(v, sp->size));
		return;
	case 'u':
		put_number(o, sp, zero_extend(v, sp->size), 10, "");
		return;
	case 'o':
		put_number(o, sp, zero_extend(v, sp->size), 8, "");
		return;
	case 'X':
		sp->upper = true;
		/* fall through */
	case 'x':
		v = zero_extend(v, sp->size);
		put_number(o, sp, v, 16,
			   !sp->alt || !v ? "" : sp->upper ? "0X" : "0x");
		return;
	case 'p':
		put_number(o, sp, v, 16, "0x");
		return;
	case 's':
		put_str(o, sp, (const char *)v);
		return;
	case 'c':
		put_text(o, sp, &c, 1);
		return;
	}
}

/* Everything between % and the conversion. */
static void parse_spec(const char **fmt, struct spec *sp, va_list *ap)
{
	parse_flags(fmt, sp);
	if (**fmt == '*') {
		(*fmt)++;
		sp->width = va_arg(*ap, int);
		if (sp->width < 0) {
			sp->left = true;
			sp->width = -sp->width;
		}
	} else {
		sp->width = parse_num(fmt);
	}
	sp->prec = -1;
	if (**fmt == '.') {
		(*fmt)++;
		if (**fmt == '*') {
			(*fmt)++;
			sp->prec = va_arg(*ap, int);
		} else {
			sp->prec = parse_num(fmt);
		}
	}
	parse_size(fmt, sp);
}

static bool is_conv(char c)
{
	switch (c) {
	case 'd': case 'i': case 'u': case 'o': case 'x': case 'X':
	case 'p': case 's': case 'c':
		return true;
	}
	return false;
}

int vsnprintf(char *buf, size_t len, const char *fmt, va_list ap)
{
	struct out o = { .buf = buf, .len = len };
	va_list args;

	va_copy(args, ap);
	while (*fmt) {
		struct spec sp = { 0 };
		const char *start = fmt;

		if (*fmt != '%') {
			put(&o, *fmt++);
			continue;
		}
		fmt++;
		parse_spec(&fmt, &sp, &args);
		if (is_conv(*fmt)) {
			bool wide = sp.size == sizeof(long) || *fmt == 'p' ||
				    *fmt == 's';

			put_arg(&o, &sp, *fmt++,
				wide ? va_arg(args, uint64_t)
				     : va_arg(args, unsigned int));
		} else if (*fmt == '%') {
			put(&o, *fmt++);
		} else { /* not ours: shown as it stands */
			while (start < fmt)
				put(&o, *start++);
		}
	}
	va_end(args);
	if (len)
		buf[MIN(o.pos, len - 1)] = 0;
	return (int)o.pos;
}

int snprintf(char *buf, size_t len, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, len, fmt, ap);
	va_end(ap);
	return n;
}
