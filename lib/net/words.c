/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/words.h"

#include "lib/base/buf.h"

/* Least code point that a sequence of this many bytes may stand for. */
static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

static size_t claimed(uint8_t lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead < 0xe0)
		return 2;
	if (lead >= 0xe0 && lead < 0xf0)
		return 3;
	return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

/* Bytes of the character at p, 0 when there is none that we want. */
static size_t character(const uint8_t *p, size_t len)
{
	size_t n = len > 0 ? claimed(p[0]) : 0;
	uint32_t c;

	if (n == 0 || n > len)
		return 0;
	if (n == 1)
		return p[0] >= ' ' && p[0] != 0x7f;
	c = p[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) || c < 0xa0)
		return 0;
	return n;
}

bool words_are_clean(const char *data, size_t len)
{
	const uint8_t *p = (const uint8_t *)data;

	while (len > 0) {
		size_t n = character(p, len);

		if (n == 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

char *words_clean(const char *data, size_t len, size_t max)
{
	const uint8_t *p = (const uint8_t *)data, *end = p + len;
	struct buf out = BUF_INIT;

	while (p < end && out.len + 4 < max) {
		size_t n = character(p, (size_t)(end - p));

		if (is_space(*p)) {
			if (out.len > 0 && out.data[out.len - 1] != ' ')
				buf_addc(&out, ' ');
		} else if (n == 0) {
			buf_addc(&out, '?');
		} else {
			buf_add(&out, p, n);
		}
		p += n ? n : 1;
	}
	if (out.len > 0 && out.data[out.len - 1] == ' ')
		out.data[--out.len] = '\0';
	return buf_take(&out);
}
