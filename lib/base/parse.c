/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/parse.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return INT_MAX;
}

/* Reads digits of a base at *s and moves past them; at least one. */
static int read_digits(const char **s, int base, uint64_t *ret)
{
	uint64_t v = 0;
	const char *p = *s;
	bool over = false;

	for (; digit(*p) < base; p++)
		over = over || __builtin_mul_overflow(v, (uint64_t)base, &v) ||
		       __builtin_add_overflow(v, (uint64_t)digit(*p), &v);
	if (p == *s)
		return -EINVAL;
	*s = p;
	*ret = v;
	return over ? -ERANGE : 0;
}

static int parse_base(const char *s, int base, uint64_t *ret)
{
	uint64_t v = 0;

	if (!s)
		return -EINVAL;
	int r = read_digits(&s, base, &v);

	if (r == -EINVAL || *s)
		return -EINVAL;
	if (r == 0)
		*ret = v;
	return r;
}

int parse_u64(const char *s, uint64_t *ret)
{
	return parse_base(s, 10, ret);
}

int parse_i64(const char *s, int64_t *ret)
{
	bool negative = s && *s == '-';
	uint64_t v = 0;
	int r = parse_u64(negative ? s + 1 : s, &v);

	if (r < 0)
		return r;
	if (v > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*ret = negative ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

int parse_u32(const char *s, uint32_t *ret)
{
	uint64_t v = 0;
	int r = parse_u64(s, &v);

	if (r < 0)
		return r;
	if (v > UINT32_MAX)
		return -ERANGE;
	*ret = (uint32_t)v;
	return 0;
}

int parse_int(const char *s, int *ret)
{
	int64_t v = 0;
	int r = parse_i64(s, &v);

	if (r < 0)
		return r;
	if (v < INT_MIN || v > INT_MAX)
		return -ERANGE;
	*ret = (int)v;
	return 0;
}

int parse_hex(const char *s, uint64_t *ret)
{
	if (s && s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	return parse_base(s, 16, ret);
}

int parse_octal_mode(const char *s, mode_t *ret)
{
	uint64_t v = 0;
	int r = parse_base(s, 8, &v);

	if (r < 0)
		return r;
	if (v > 07777)
		return -ERANGE;
	*ret = (mode_t)v;
	return 0;
}

int parse_bool(const char *s, bool *ret)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };

	for (size_t i = 0; s && i < ARRAY_SIZE(words); i++)
		if (streq(s, words[i])) {
			*ret = i % 2;
			return 0;
		}
	return -EINVAL;
}

/* "12", "1.5": the digits before the point, and the first nine after it as billionths. */
struct decimal {
	uint64_t whole;
	uint32_t billionths;
	bool inexact; /* there were non-zero digits past the ninth */
};

static int read_decimal(const char **s, struct decimal *d)
{
	*d = (struct decimal){ 0 };
	int r = read_digits(s, 10, &d->whole);

	if (r < 0 || **s != '.')
		return r;
	const char *p = ++*s;
	uint32_t place = 1000000000;

	for (; *p >= '0' && *p <= '9'; p++) {
		place /= 10;
		d->billionths += place * (uint32_t)(*p - '0');
		d->inexact = d->inexact || (!place && *p != '0');
	}
	if (p == *s)
		return -EINVAL;
	*s = p;
	return 0;
}

/* d times unit, rounded up, so that something never becomes nothing. */
static int scale(const struct decimal *d, uint64_t unit, uint64_t *ret)
{
	const uint64_t b = 1000000000;
	/* unit = q * b + r; billionths * unit / b, each product below 2^64 */
	uint64_t q = unit / b, r = unit % b, part = d->billionths * r;
	uint64_t fraction = d->billionths * q + part / b + (part % b || d->inexact);

	if (__builtin_mul_overflow(d->whole, unit, ret) ||
	    __builtin_add_overflow(*ret, fraction, ret))
		return -ERANGE;
	return 0;
}

static uint64_t unit_ns(const char *name, size_t len)
{
	static const struct {
		const char *names; /* each between spaces */
		uint64_t ns;
	} units[] = {
		{ " ns ", 1 },
		{ " us ", 1000 },
		{ " ms ", 1000000 },
		{ " s sec second seconds ", 1000000000 },
		{ " m min minute minutes ", 60000000000 },
		{ " h hr hour hours ", 3600000000000 },
		{ " d day days ", 86400000000000 },
		{ " w week weeks ", 604800000000000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		const char *at = units[i].names;
		while ((at = strchr(at, ' ')) && *++at)
			if (strncmp(at, name, len) == 0 && at[len] == ' ')
				return units[i].ns;
	}
	return 0;
}

/* One "90s" at *s, added to *ns; a number without unit is seconds, and then *bare is set. */
static int read_duration_part(const char **s, uint64_t *ns, bool *bare)
{
	struct decimal d;
	uint64_t unit, part;
	int r = read_decimal(s, &d);

	if (r < 0)
		return r;
	*s += strspn(*s, " ");
	size_t len = strspn(*s, "abcdefghijklmnopqrstuvwxyz");

	*bare = !len;
	unit = unit_ns(len ? *s : "s", len ? len : 1);
	if (!unit)
		return -EINVAL;
	*s += len;
	*s += strspn(*s, " ");
	r = scale(&d, unit, &part);
	if (r < 0)
		return r;
	return __builtin_add_overflow(*ns, part, ns) ? -ERANGE : 0;
}

int parse_duration(const char *s, uint64_t *ret_ms)
{
	uint64_t ns = 0;
	bool bare = false;

	if (!s)
		return -EINVAL;
	if (streq(s, "infinity") || streq(s, "none")) {
		*ret_ms = UINT64_MAX;
		return 0;
	}
	for (size_t parts = 0; *s || !parts; parts++) {
		if (bare)
			return -EINVAL;
		int r = read_duration_part(&s, &ns, &bare);
		if (r < 0)
			return r;
		if (bare && parts)
			return -EINVAL;
	}
	ns = ns / 1000000 + (ns % 1000000 != 0);
	if (ns > UINT64_MAX / 1000000) /* rounded up to what could not be read back */
		return -ERANGE;
	*ret_ms = ns;
	return 0;
}

/* The shift that a size suffix stands for, or -1. "64KB" means 64000 to some and 65536 to others:
 * refused. */
static int size_shift(const char *suffix)
{
	static const char letters[] = "KMGTPE";
	const char *l;

	if (streq(suffix, "") || streq(suffix, "B"))
		return 0;
	l = strchr(letters, *suffix);
	if (!l)
		return -1;
	suffix++;
	if (*suffix && !streq(suffix, "i") && !streq(suffix, "iB"))
		return -1;
	return 10 * (int)(l - letters + 1);
}

int parse_size(const char *s, uint64_t *ret)
{
	struct decimal d;
	uint64_t v = 0;

	if (!s)
		return -EINVAL;
	int r = read_decimal(&s, &d);

	if (r == -EINVAL)
		return r;
	s += strspn(s, " ");
	int shift = size_shift(s);

	if (shift < 0 || (shift == 0 && (d.billionths || d.inexact)))
		return -EINVAL;
	if (r < 0)
		return r;
	r = scale(&d, UINT64_C(1) << shift, &v);
	if (r == 0)
		*ret = v;
	return r;
}

int parse_percent(const char *s, uint32_t *ret_ppm)
{
	struct decimal d;

	if (!s)
		return -EINVAL;
	int r = read_decimal(&s, &d);

	if (r == -EINVAL || !streq(s, "%") || d.inexact || d.billionths % 100000)
		return -EINVAL;
	if (r < 0 || d.whole > UINT32_MAX / 10000 - 1)
		return -ERANGE;
	*ret_ppm = (uint32_t)d.whole * 10000 + d.billionths / 100000;
	return 0;
}

/* Exactly n digits at *s, and `end` after them; moves past both. */
static bool read_part(const char **s, int n, char end, int *ret)
{
	const char *p = *s;

	for (*ret = 0; n > 0 && *p >= '0' && *p <= '9'; n--, p++)
		*ret = *ret * 10 + (*p - '0');
	if (n > 0 || (end && *p++ != end))
		return false;
	*s = p;
	return true;
}

/* ".678Z" or "Z" at the end of a time, as milliseconds; negative when it is neither. */
static int read_fraction(const char *s)
{
	int ms = 0, unit = 100;

	if (*s == '.' && s[1] >= '0' && s[1] <= '9')
		for (s++; *s >= '0' && *s <= '9'; s++, unit /= 10)
			ms += (*s - '0') * unit;
	return streq(s, "Z") ? ms : -1;
}

int parse_time(const char *s, uint64_t *ret_ms)
{
	struct tm tm = { 0 }, asked;
	int ms;
	time_t t;

	if (!s || !read_part(&s, 4, '-', &tm.tm_year) || !read_part(&s, 2, '-', &tm.tm_mon) ||
	    !read_part(&s, 2, 'T', &tm.tm_mday) || !read_part(&s, 2, ':', &tm.tm_hour) ||
	    !read_part(&s, 2, ':', &tm.tm_min) || !read_part(&s, 2, '\0', &tm.tm_sec))
		return -EINVAL;
	ms = read_fraction(s);
	if (ms < 0)
		return -EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	asked = tm;
	t = timegm(&tm);
	/* timegm makes 1 March of 30 February. */
	if (t < 0 || tm.tm_mon != asked.tm_mon || tm.tm_mday != asked.tm_mday ||
	    tm.tm_hour != asked.tm_hour || tm.tm_min != asked.tm_min || tm.tm_sec != asked.tm_sec)
		return -ERANGE;
	*ret_ms = (uint64_t)t * 1000 + (uint64_t)ms;
	return 0;
}

const char *format_duration(uint64_t ms, char buf[DURATION_MAX])
{
	uint64_t s = ms / 1000, tenth = ms % 1000 / 100;
	const struct {
		uint64_t n;
		char unit;
	} parts[] = { { s / 86400, 'd' }, { s / 3600 % 24, 'h' }, { s / 60 % 60, 'm' },
		      { s % 60, 's' } };
	size_t used = 0;

	buf[0] = '\0';
	if (ms == UINT64_MAX)
		(void)snprintf(buf, DURATION_MAX, "infinity");
	else if (ms < 1000)
		(void)snprintf(buf, DURATION_MAX, "%" PRIu64 "ms", ms);
	else if (s < 60 && tenth)
		(void)snprintf(buf, DURATION_MAX, "%" PRIu64 ".%" PRIu64 "s", s, tenth);
	else
		for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
			if (parts[i].n)
				used += (size_t)snprintf(buf + used, DURATION_MAX - used,
							 "%s%" PRIu64 "%c", used ? " " : "",
							 parts[i].n, parts[i].unit);
	return buf;
}

const char *format_size(uint64_t bytes, char buf[SIZE_TEXT_MAX])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	size_t u = 0;

	while (u + 1 < ARRAY_SIZE(units) && bytes >> (10 * (u + 1)))
		u++;
	uint64_t unit = UINT64_C(1) << (10 * u);
	unsigned whole = bytes / unit % 1024, tenth = bytes % unit * 10 / unit % 10;

	if (tenth)
		(void)snprintf(buf, SIZE_TEXT_MAX, "%u.%u %s", whole, tenth, units[u]);
	else
		(void)snprintf(buf, SIZE_TEXT_MAX, "%u %s", whole, units[u]);
	return buf;
}
