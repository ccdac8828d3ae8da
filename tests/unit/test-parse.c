/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/parse.h"
#include "tests/unit/test.h"

#define UNTOUCHED 987654321

struct row {
	const char *s;
	int r;
	uint64_t v; /* when r is 0 */
};

#define CHECK_ROWS(rows, type, fn) \
	for (size_t i_ = 0; i_ < ARRAY_SIZE(rows); i_++) { \
		type v_ = (type)UNTOUCHED; \
		const char *s_ = (rows)[i_].s; \
		int r_ = fn(s_, &v_); \
		CHECK_MSG(r_ == (rows)[i_].r, #fn "(\"%s\") returned %d, wanted %d", \
			  s_ ? s_ : "NULL", r_, (rows)[i_].r); \
		type want_ = r_ ? (type)UNTOUCHED : (type)(rows)[i_].v; \
		CHECK_MSG(v_ == want_, #fn "(\"%s\") gave %llu, wanted %llu", s_ ? s_ : "NULL", \
			  (unsigned long long)v_, (unsigned long long)want_); \
	}

TEST(u64)
{
	static const struct row rows[] = {
		{ "0", 0, 0 },
		{ "007", 0, 7 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "99999999999999999999999x", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ NULL, -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1\n", -EINVAL, 0 },
		{ "0x1", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
		{ "1a", -EINVAL, 0 },
	};
	CHECK_ROWS(rows, uint64_t, parse_u64);
}

TEST(i64)
{
	static const struct row rows[] = {
		{ "-1", 0, (uint64_t)-1 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "-9223372036854775808", 0, (uint64_t)INT64_MIN },
		{ "-9223372036854775809", -ERANGE, 0 },
		{ "-", -EINVAL, 0 },
		{ "--1", -EINVAL, 0 },
		{ NULL, -EINVAL, 0 },
		{ "- 1", -EINVAL, 0 },
	};
	CHECK_ROWS(rows, int64_t, parse_i64);
}

TEST(narrow)
{
	static const struct row u32[] = {
		{ "4294967295", 0, UINT32_MAX }, { "4294967296", -ERANGE, 0 }, { "x", -EINVAL, 0 }
	};
	static const struct row ints[] = {
		{ "2147483647", 0, 2147483647 },	{ "2147483648", -ERANGE, 0 },
		{ "-2147483648", 0, (uint64_t)INT32_MIN }, { "-2147483649", -ERANGE, 0 },
		{ "1.0", -EINVAL, 0 },
	};
	CHECK_ROWS(u32, uint32_t, parse_u32);
	CHECK_ROWS(ints, int, parse_int);
}

TEST(hex_and_mode)
{
	static const struct row hex[] = {
		{ "0x10de", 0, 0x10de }, { "10DE", 0, 0x10de },
		{ "0XfF", 0, 255 },	 { "ffffffffffffffff", 0, UINT64_MAX },
		{ "0x", -EINVAL, 0 },	 { "10000000000000000", -ERANGE, 0 },
		{ "0x0x1", -EINVAL, 0 }, { "g", -EINVAL, 0 },
	};
	static const struct row modes[] = {
		{ "0755", 0, 0755 },	{ "644", 0, 0644 },   { "7777", 0, 07777 },
		{ "10000", -ERANGE, 0 }, { "8", -EINVAL, 0 }, { "", -EINVAL, 0 },
	};
	CHECK_ROWS(hex, uint64_t, parse_hex);
	CHECK_ROWS(modes, mode_t, parse_octal_mode);
}

TEST(bools)
{
	static const char *const yes[] = { "true", "yes", "on", "1" },
				 *const no[] = { "false", "no", "off", "0" },
				 *const neither[] = { "", "TRUE", "y", "2", "truee" };
	bool b;

	for (size_t i = 0; i < 4; i++) {
		b = false;
		CHECK(parse_bool(yes[i], &b) == 0 && b);
		CHECK(parse_bool(no[i], &b) == 0 && !b);
	}
	for (size_t i = 0; i < ARRAY_SIZE(neither); i++)
		CHECK_INT(parse_bool(neither[i], &b), -EINVAL);
	CHECK_INT(parse_bool(NULL, &b), -EINVAL);
}

TEST(durations)
{
	static const struct row rows[] = {
		{ "90s", 0, 90000 },
		{ "10m", 0, 600000 },
		{ "1h30m", 0, 5400000 },
		{ "1h 30min", 0, 5400000 },
		{ "250ms", 0, 250 },
		{ "2d", 0, 172800000 },
		{ "1w", 0, 604800000 },
		{ "5", 0, 5000 },
		{ "1.5", 0, 1500 },
		{ "0", 0, 0 },
		{ "1.5h", 0, 5400000 },
		{ "1 hour", 0, 3600000 },
		{ "0.3s", 0, 300 },
		{ "1us", 0, 1 }, /* never nothing */
		{ "1ns", 0, 1 },
		{ "1000001ns", 0, 2 },
		{ "0.0000000001s", 0, 1 },
		{ "infinity", 0, UINT64_MAX },
		{ "none", 0, UINT64_MAX },
		{ "18446744073709ms", 0, 18446744073709 },
		{ "18446744073709000001ns", -ERANGE, 0 }, /* a ms more would not be read back */
		{ "", -EINVAL, 0 },
		{ NULL, -EINVAL, 0 },
		{ " ", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ "-5s", -EINVAL, 0 },
		{ "5x", -EINVAL, 0 },
		{ "5 s m", -EINVAL, 0 },
		{ "1h30", -EINVAL, 0 },
		{ "30 1h", -EINVAL, 0 },
		{ "1.s", -EINVAL, 0 },
		{ ".5s", -EINVAL, 0 },
		{ "5sec ond", -EINVAL, 0 },
		{ "5S", -EINVAL, 0 },
		{ "infinity5", -EINVAL, 0 },
		{ "99999999999999999999s", -ERANGE, 0 },
		{ "99999999999w", -ERANGE, 0 },
		{ "500y", -EINVAL, 0 },
	};
	CHECK_ROWS(rows, uint64_t, parse_duration);
}

TEST(sizes)
{
	static const struct row rows[] = {
		{ "4096", 0, 4096 },
		{ "4096B", 0, 4096 },
		{ "64K", 0, 65536 },
		{ "64KiB", 0, 65536 },
		{ "2M", 0, 2097152 },
		{ "2MiB", 0, 2097152 },
		{ "10G", 0, UINT64_C(10) << 30 },
		{ "10Gi", 0, UINT64_C(10) << 30 },
		{ "1.5G", 0, UINT64_C(3) << 29 },
		{ "2 TiB", 0, UINT64_C(2) << 40 },
		{ "1P", 0, UINT64_C(1) << 50 },
		{ "15E", 0, UINT64_C(15) << 60 },
		{ "16E", -ERANGE, 0 },
		{ "0.00001K", 0, 1 },
		{ "1.0000000001K", 0, 1025 },
		{ "0", 0, 0 },
		{ "64KB", -EINVAL, 0 }, /* 1000 or 1024? */
		{ "64k", -EINVAL, 0 },
		{ "1.5", -EINVAL, 0 },
		{ "1.5B", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "K", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ NULL, -EINVAL, 0 },
		{ "1Kx", -EINVAL, 0 },
		{ "1KiBs", -EINVAL, 0 },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "18446744073709551616x", -EINVAL, 0 },
	};
	CHECK_ROWS(rows, uint64_t, parse_size);
}

TEST(percents)
{
	static const struct row rows[] = {
		{ "5%", 0, 50000 },	 { "0.5%", 0, 5000 },	     { "0.0001%", 0, 1 },
		{ "100%", 0, 1000000 },	 { "0%", 0, 0 },	     { "5", -EINVAL, 0 },
		{ "%", -EINVAL, 0 },	 { "-5%", -EINVAL, 0 },	     { "0.00001%", -EINVAL, 0 },
		{ "5%%", -EINVAL, 0 },	 { "9999999999%", -ERANGE, 0 }, { NULL, -EINVAL, 0 },
	};
	CHECK_ROWS(rows, uint32_t, parse_percent);
}

TEST(times)
{
	static const struct {
		const char *s;
		int r;
		uint64_t v;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0, 0 },
		{ "2026-01-02T03:04:05Z", 0, UINT64_C(1767323045000) },
		{ "2026-01-02T03:04:05.6Z", 0, UINT64_C(1767323045600) },
		{ "2026-01-02T03:04:05.678999Z", 0, UINT64_C(1767323045678) },
		{ "2024-02-29T23:59:59Z", 0, UINT64_C(1709251199000) },
		{ "2023-02-29T00:00:00Z", -ERANGE, 0 },
		{ "1969-12-31T23:59:59Z", -ERANGE, 0 },
		{ "2026-13-01T00:00:00Z", -ERANGE, 0 },
		{ "2026-01-00T00:00:00Z", -ERANGE, 0 },
		{ "2026-01-01T24:00:00Z", -ERANGE, 0 },
		{ "2026-01-01T00:60:00Z", -ERANGE, 0 },
		{ "2026-01-01T00:00:61Z", -ERANGE, 0 },
		{ "2026-01-02T03:04:05", -EINVAL, 0 },
		{ "2026-01-02T03:04:05.Z", -EINVAL, 0 },
		{ "2026-01-02T03:04:05+01:00", -EINVAL, 0 },
		{ "2026-01-02T03:04:05Z ", -EINVAL, 0 },
		{ "2026-1-2T03:04:05Z", -EINVAL, 0 },
		{ "-026-01-02T03:04:05Z", -EINVAL, 0 },
		{ "2026-01-02", -EINVAL, 0 },
		{ "", -EINVAL, 0 },
		{ NULL, -EINVAL, 0 },
	};

	CHECK_ROWS(rows, uint64_t, parse_time);
}

TEST(durations_for_people)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} rows[] = {
		{ 0, "0ms" },
		{ 150, "150ms" },
		{ 999, "999ms" },
		{ 1000, "1s" },
		{ 4200, "4.2s" },
		{ 59999, "59.9s" },
		{ 60000, "1m" },
		{ 3723000, "1h 2m 3s" },
		{ 3603999, "1h 3s" },
		{ 90061000, "1d 1h 1m 1s" },
		{ UINT64_MAX, "infinity" },
		{ UINT64_MAX - 1, "213503982334d 14h 25m 51s" },
	};
	char buf[DURATION_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_STR(format_duration(rows[i].ms, buf), rows[i].text);
}

TEST(what_people_read_parses_back)
{
	char buf[DURATION_MAX];

	for (uint64_t ms = 1, back = 0; ms < UINT64_C(1) << 40; ms = ms * 3 + 1) {
		uint64_t whole = ms < 1000 ? ms : ms < 60000 ? ms / 100 * 100 : ms / 1000 * 1000;
		CHECK_INT(parse_duration(format_duration(ms, buf), &back), 0);
		CHECK_INT(back, whole);
	}
}

TEST(sizes_for_people)
{
	static const struct {
		uint64_t n;
		const char *text;
	} rows[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1 KiB" },
		{ 512 << 20, "512 MiB" },
		{ UINT64_C(3) << 29, "1.5 GiB" },
		{ (UINT64_C(1) << 30) - 1, "1023.9 MiB" },
		{ UINT64_MAX, "15.9 EiB" },
	};
	char buf[SIZE_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_STR(format_size(rows[i].n, buf), rows[i].text);
}

TEST_MAIN
