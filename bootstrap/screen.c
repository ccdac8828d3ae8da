/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/screen.h"

#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/macro.h"

#define COLUMNS_MIN 40
#define COLUMNS_MAX 120
#define LINES_MIN   10

struct screen screen_of_stdout(void)
{
	struct screen s = { .columns = SCREEN_COLUMNS, .lines = SCREEN_LINES };
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0)
		return s;
	if (w.ws_col >= COLUMNS_MIN)
		s.columns = MIN(w.ws_col, COLUMNS_MAX);
	if (w.ws_row >= LINES_MIN)
		s.lines = w.ws_row;
	return s;
}

static bool is_space(char c)
{
	return (c >= 0 && c <= ' ') || c == 0x7f;
}

/* U+0080 to U+009F in UTF-8: to some terminals they are what ESC and another letter are. */
static bool is_c1(const char *s)
{
	return (unsigned char)s[0] == 0xc2 && ((unsigned char)s[1] & 0xe0) == 0x80;
}

static void add_shown(struct buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool c1 = i + 1 < len && is_c1(s + i);

		buf_addc(b, c1 || is_space(s[i]) ? ' ' : s[i]);
		i += c1;
	}
}

static size_t columns_of(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

/* Bytes that the first columns take. */
static size_t bytes_of(const char *s, size_t len, size_t columns)
{
	size_t i = 0;

	while (i < len && columns_of(s, i + 1) <= columns)
		i++;
	return i;
}

void screen_clip(struct buf *b, const char *text, size_t columns)
{
	size_t len = strlen(text), n = len;

	if (columns_of(text, len) > columns)
		n = columns ? bytes_of(text, len, columns - 1) : 0;
	add_shown(b, text, n);
	if (n < len && columns)
		buf_adds(b, "…");
}

static void new_line(struct buf *b, size_t indent, size_t *at)
{
	buf_addf(b, "\n%*s", (int)indent, "");
	*at = indent;
}

/* A word that is longer than a line. */
static void break_word(struct buf *b, const struct screen *s, size_t *at, size_t indent,
		       const char *word, size_t len)
{
	while (len > 0) {
		size_t room = s->columns > *at ? s->columns - *at : 0;
		size_t n = bytes_of(word, len, room);

		add_shown(b, word, n);
		*at += columns_of(word, n);
		word += n;
		len -= n;
		if (len > 0)
			new_line(b, indent, at);
	}
}

void screen_fill(struct buf *b, const struct screen *s, size_t at, size_t indent, const char *text)
{
	bool first = true;

	for (;;) {
		size_t n = 0, columns;

		while (*text && is_space(*text))
			text++;
		while (text[n] && !is_space(text[n]))
			n++;
		if (n == 0)
			return;
		columns = columns_of(text, n);
		if (!first && at + 1 + columns > s->columns) {
			new_line(b, indent, &at);
		} else if (!first) {
			buf_addc(b, ' ');
			at++;
		}
		break_word(b, s, &at, indent, text, n);
		text += n;
		first = false;
	}
}
