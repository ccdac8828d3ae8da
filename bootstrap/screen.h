/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Text that fits a screen. A column is a code point; controls become spaces, so that nothing that
 * a script has printed reaches a terminal as anything but words. */

#include <stddef.h>

#include "lib/base/buf.h"

#define SCREEN_COLUMNS 100 /* of what is no terminal; the most that is used of one is 120 */
#define SCREEN_LINES   24

struct screen {
	size_t columns, lines;
};

/* That of standard output. */
struct screen screen_of_stdout(void);
/* At most that many columns of it, in one line; "…" stands for what is left out. */
void screen_clip(struct buf *b, const char *text, size_t columns);
/* Words filled up to the screen's width; the line is at column `at` already, the next ones begin
 * with `indent` spaces. A word that fits no line is broken. */
void screen_fill(struct buf *b, const struct screen *s, size_t at, size_t indent, const char *text);
