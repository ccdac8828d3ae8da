/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/screen.h"

#include <string.h>

#include "tests/unit/test.h"

static const struct screen narrow = { .columns = 12, .lines = 10 };

TEST(no_control_reaches_a_terminal)
{
	static const char *const rows[][2] = {
		{ "a\033[31mb", "a [31mb" },
		{ "tab\tbell\adel\177", "tab bell del " },
		{ "csi \302\2333Jx", "csi  3Jx" }, /* U+009B, which some take for ESC [ */
		{ "a\302", "a\302" },
		{ "gr\303\274n \302\240", "gr\303\274n \302\240" }, /* ü, and U+00A0: no control */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf b = BUF_INIT;

		screen_clip(&b, rows[i][0], 40);
		CHECK_STR(buf_str(&b), rows[i][1]);
	}
}

TEST(words_are_clean_where_they_fill_lines)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	screen_fill(&b, &narrow, 0, 2, "\033[2Jone two\302\205three");
	CHECK_STR(buf_str(&b), "[2Jone\n  two three");
}

TEST(a_clipped_line_says_so)
{
	_cleanup_buf_ struct buf b = BUF_INIT, none = BUF_INIT;

	screen_clip(&b, "gr\303\274n und blau", 6);
	CHECK_STR(buf_str(&b), "gr\303\274n \342\200\246");
	screen_clip(&none, "words", 0);
	CHECK_STR(buf_str(&none), "");
}

TEST(a_word_that_fits_no_line_is_broken)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	screen_fill(&b, &narrow, 0, 2, "0123456789abcdefghij");
	CHECK_STR(buf_str(&b), "0123456789ab\n  cdefghij");
}

TEST_MAIN
