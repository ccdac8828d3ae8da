/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/retry.h"

#include "lib/net/words.h"
#include "tests/unit/test.h"

#define ALL UINT32_MAX

TEST(caps_double_up_to_the_greatest)
{
	const struct retry r = { .base_ms = 100, .max_ms = 1000 };
	const uint64_t want[] = { 99, 199, 399, 799, 999, 999 };

	for (unsigned i = 0; i < ARRAY_SIZE(want); i++)
		CHECK_INT(retry_delay(&r, i + 2, 0, ALL), want[i]);
	CHECK_INT(retry_delay(&r, 4000000000u, 0, ALL), 999);
}

TEST(jitter_is_full)
{
	const struct retry r = { .base_ms = 1000, .max_ms = 1000 };

	CHECK_INT(retry_delay(&r, 2, 0, 0), 0);
	CHECK_INT(retry_delay(&r, 2, 0, 1u << 31), 500);
	CHECK_INT(retry_delay(&r, 2, 0, 1u << 30), 250);
}

TEST(retry_after_is_a_floor)
{
	CHECK_INT(retry_delay(&retry_request, 2, 3000, 0), 3000);
	CHECK_INT(retry_delay(&retry_request, 2, 3000, 1u << 31), 3150);
	CHECK_INT(retry_delay(&(struct retry){ .base_ms = 9000, .max_ms = 9000 }, 2, 10, ALL),
		  8999);
}

TEST(huge_values_do_not_wrap)
{
	const struct retry r = { .base_ms = UINT64_MAX / 2, .max_ms = UINT64_MAX };

	CHECK(retry_delay(&r, 2, 0, ALL) > UINT64_MAX / 4);
}

TEST(statuses_worth_another_try)
{
	const int yes[] = { 408, 429, 500, 502, 503, 504 };
	const int no[] = { 200, 301, 400, 401, 403, 404, 409, 410, 412, 416, 501, 505 };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		CHECK_MSG(retry_status(yes[i]), "%d", yes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		CHECK_MSG(!retry_status(no[i]), "%d", no[i]);
}

TEST(words_of_strangers)
{
	_cleanup_free_ char *s = words_clean("a\x1b[2J\n\n b\xc3\xa4\xff\xc0\x80", 14, 100);

	CHECK_STR(s, "a?[2J b\xc3\xa4???");
	CHECK(words_are_clean("b\xc3\xa4\xf0\x9f\x8e\x89", 7));
	CHECK(!words_are_clean("\xed\xa0\x80", 3)); /* a surrogate */
	CHECK(!words_are_clean("\xc2\x85", 2));	    /* a C1 control */
	CHECK(!words_are_clean("a\nb", 3));
	CHECK(!words_are_clean("\xf4\x90\x80\x80", 4)); /* beyond Unicode */
	CHECK(!words_are_clean("\xe2\x82", 2));
}

TEST_MAIN
