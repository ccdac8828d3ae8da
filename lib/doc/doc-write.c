/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/doc/text.h"

/* Code points that are escaped: C0, DEL, C1, line and paragraph separator, byte order mark, and
 * the two non-characters that YAML 1.2 (5.1) leaves out of its printable set. */
static bool must_escape(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff ||
	       c == 0xfffe || c == 0xffff;
}

static void write_escaped(uint32_t c, struct buf *out)
{
	static const char from[] = "\b\f\n\r\t", to[] = "bfnrt";
	const char *short_form = c && c < 0x20 ? strchr(from, (char)c) : NULL;

	if (short_form)
		buf_addf(out, "\\%c", to[short_form - from]);
	else
		buf_addf(out, "\\u%04x", c);
}

void json_write_string(const char *s, struct buf *out)
{
	size_t len = strlen(s), start = 0, n;
	uint32_t c;

	buf_addc(out, '"');
	for (size_t i = 0; i < len; i += n) {
		bool bad, special;

		n = utf8_next(s + i, len - i, &c);
		bad = n == 0;
		special = bad || c == '"' || c == '\\' || must_escape(c);
		n = bad ? 1 : n;
		if (!special)
			continue;
		buf_add(out, s + start, i - start);
		start = i + n;
		if (bad)
			buf_adds(out, "\xef\xbf\xbd");
		else if (must_escape(c))
			write_escaped(c, out);
		else
			buf_addf(out, "\\%c", (char)c);
	}
	buf_add(out, s + start, len - start);
	buf_addc(out, '"');
}

static void break_line(enum doc_style style, unsigned depth, struct buf *out)
{
	if (style == DOC_PRETTY)
		buf_addf(out, "\n%*s", (int)depth * 2, "");
}

static void write_value(const struct doc *d, enum doc_style style, unsigned depth, struct buf *out);

static void write_children(const struct doc *d, enum doc_style style, unsigned depth,
			   struct buf *out)
{
	_cleanup_free_ const struct doc **sorted = NULL;
	bool object = d->type == DOC_OBJECT;

	if (object && style == DOC_CANONICAL)
		sorted = doc_sorted(d);
	buf_addc(out, object ? '{' : '[');
	for (size_t i = 0; i < d->n_items; i++) {
		const struct doc *child = sorted ? sorted[i] : d->items[i];

		if (i)
			buf_addc(out, ',');
		break_line(style, depth + 1, out);
		if (object) {
			json_write_string(child->key, out);
			buf_adds(out, style == DOC_PRETTY ? ": " : ":");
		}
		write_value(child, style, depth + 1, out);
	}
	if (d->n_items)
		break_line(style, depth, out);
	buf_addc(out, object ? '}' : ']');
}

static void write_value(const struct doc *d, enum doc_style style, unsigned depth, struct buf *out)
{
	struct doc read;

	if (doc_spelled(d, &read))
		d = &read;
	switch (d->type) {
	case DOC_NULL: buf_adds(out, "null"); break;
	case DOC_BOOL: buf_adds(out, d->boolean ? "true" : "false"); break;
	case DOC_INT: buf_addf(out, "%lld", (long long)d->integer); break;
	case DOC_DOUBLE: json_write_double(d->real, out); break;
	case DOC_STRING: json_write_string(d->string ? d->string : "", out); break;
	case DOC_ARRAY:
	case DOC_OBJECT: write_children(d, style, depth, out); break;
	}
}

void doc_write(const struct doc *d, enum doc_style style, struct buf *out)
{
	write_value(d, style, 0, out);
	if (style == DOC_PRETTY)
		buf_addc(out, '\n');
}

char *doc_to_string(const struct doc *d, enum doc_style style)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	doc_write(d, style, &out);
	return buf_take(&out);
}
