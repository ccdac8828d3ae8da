/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/hash.h"

#include <string.h>

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static char *encode(const uint8_t *p, size_t len, const char *alphabet, bool pad)
{
	char *out = xmalloc(len / 3 * 4 + 5), *o = out;

	for (; len; p += 3, len -= MIN(len, (size_t)3)) {
		uint32_t v = (uint32_t)p[0] << 16 | (len > 1 ? (uint32_t)p[1] << 8 : 0) |
			     (len > 2 ? (uint32_t)p[2] : 0);
		size_t chars = MIN(len, (size_t)3) + 1;
		for (size_t i = 0; i < 4; i++)
			if (i < chars)
				*o++ = alphabet[v >> (18 - 6 * i) & 63];
			else if (pad)
				*o++ = '=';
	}
	*o = '\0';
	return out;
}

char *base64_encode(const void *data, size_t len)
{
	return encode(data, len, standard, true);
}

char *base64url_encode(const void *data, size_t len)
{
	return encode(data, len, url, false);
}

static int value(char c)
{
	const char *at = c ? strchr(standard, c) : NULL;

	return at ? (int)(at - standard) : -1;
}

struct quad { /* up to four characters being gathered */
	uint32_t bits;
	unsigned chars, pads;
};

/* Takes one character; false when it may not stand here. */
static bool take(struct quad *q, char c)
{
	int v = value(c);

	if (c == '=') {
		q->pads++;
		v = 0;
		if (q->chars < 2)
			return false;
	} else if (v < 0 || q->pads) {
		return false;
	}
	q->bits = q->bits << 6 | (uint32_t)v;
	q->chars++;
	return true;
}

/* The bytes of a full quad; false when bits that no byte uses are set. */
static bool flush(struct quad *q, uint8_t **o)
{
	unsigned bytes = 3 - q->pads;

	for (unsigned i = 0; i < bytes; i++)
		*(*o)++ = (uint8_t)(q->bits >> (16 - 8 * i));
	return !(q->bits & ((1U << (8 * q->pads)) - 1));
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool decode(const char *s, size_t len, uint8_t **o)
{
	struct quad q = { 0 };
	bool ended = false;

	for (; len; s++, len--) {
		if (is_space(*s))
			continue;
		if (ended || !take(&q, *s))
			return false;
		if (q.chars < 4)
			continue;
		if (!flush(&q, o))
			return false;
		ended = q.pads;
		q = (struct quad){ 0 };
	}
	return !q.chars;
}

uint8_t *base64_decode(const char *s, size_t len, size_t *ret_len)
{
	_cleanup_free_ uint8_t *out = xmalloc(len / 4 * 3 + 4);
	uint8_t *o = out;

	if (!decode(s, len, &o))
		return NULL;
	*o = '\0';
	*ret_len = (size_t)(o - out);
	return TAKE_PTR(out);
}
