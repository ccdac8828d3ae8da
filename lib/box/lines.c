/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/box/lines.h"

#include <string.h>

#include "lib/box/runner.h"

static size_t sequence_length(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c < 0xe0)
		return 2;
	if (c >= 0xe0 && c < 0xf0)
		return 3;
	return c >= 0xf0 && c < 0xf5 ? 4 : 0;
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
static bool second_byte_fits(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second < 0xa0;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second < 0x90;
	default:
		return true;
	}
}

/* Bytes of the character at s, 0 when it is none. */
static size_t character(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = sequence_length(u[0]);

	if (n == 0 || n > len || (n > 1 && !second_byte_fits(u[0], u[1])))
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	return u[0] == '\0' ? 0 : n;
}

static void give(struct lines *l, const char *data, size_t len)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	for (size_t i = 0, n; i < len; i += MAX(n, (size_t)1)) {
		n = character(data + i, len - i);
		if (n > 0)
			buf_add(&text, data + i, n);
		else
			buf_addf(&text, "\\x%02x", (unsigned char)data[i]);
	}
	l->count++;
	l->line(l->arg, l->stream, buf_str(&text));
}

/* Where to cut a line that is too long: at most max, not inside a sequence. */
static size_t piece(const char *data, size_t len)
{
	size_t n = MIN(len, (size_t)RUNNER_LINE_MAX);

	for (size_t back = 0; n < len && back < 3; back++)
		if (((unsigned char)data[n - back] & 0xc0) != 0x80)
			return n - back;
	return n;
}

static void give_line(struct lines *l, const char *data, size_t len)
{
	if (len > 0 && data[len - 1] == '\r')
		len--;
	while (len > RUNNER_LINE_MAX) {
		size_t n = piece(data, len);

		give(l, data, n);
		data += n;
		len -= n;
	}
	give(l, data, len);
}

void lines_add(struct lines *l, const char *data, size_t len)
{
	size_t from = 0;
	const char *end;

	buf_add(&l->part, data, len);
	while (from < l->part.len &&
	       (end = memchr(l->part.data + from, '\n', l->part.len - from))) {
		size_t n = (size_t)(end - (l->part.data + from));

		give_line(l, l->part.data + from, n);
		from += n + 1;
	}
	while (l->part.len - from > RUNNER_LINE_MAX) {
		size_t n = piece(l->part.data + from, l->part.len - from);

		give(l, l->part.data + from, n);
		from += n;
	}
	buf_consume(&l->part, from);
}

void lines_flush(struct lines *l)
{
	if (l->part.len > 0)
		give_line(l, l->part.data, l->part.len);
	buf_reset(&l->part);
}

void lines_done(struct lines *l)
{
	buf_done(&l->part);
}
