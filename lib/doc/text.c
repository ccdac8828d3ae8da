/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/doc/text.h"

#include <stdarg.h>
#include <string.h>

#include "lib/base/file.h"

#define POINTER_SHOWN 200

struct fault *text_fault(const char *id, const char *source, unsigned line, const char *fmt, ...)
{
	_cleanup_buf_ struct buf words = BUF_INIT;
	va_list ap;

	buf_adds(&words, source ? source : "document");
	if (line)
		buf_addf(&words, ":%u", line);
	buf_adds(&words, ": ");
	va_start(ap, fmt);
	buf_vaddf(&words, fmt, ap);
	va_end(ap);
	return fault_new(id, "%s", buf_str(&words));
}

unsigned text_line(const char *text, size_t offset)
{
	unsigned line = 1;

	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n';
	return line;
}

char *text_pointer(char *pointer)
{
	_cleanup_free_ char *owned = pointer;
	_cleanup_buf_ struct buf out = BUF_INIT;

	if (!owned || !*owned)
		return xstrdup("/");
	for (const char *s = owned; *s; s++) {
		if (out.len > POINTER_SHOWN && ((uint8_t)*s & 0xc0) != 0x80) {
			buf_adds(&out, "…");
			break;
		}
		if ((uint8_t)*s < ' ' || *s == 0x7f)
			buf_addf(&out, "\\u%04x", (unsigned)*s);
		else
			buf_addc(&out, *s);
	}
	return buf_take(&out);
}

/* First bytes, the range of the second byte, and how many follow. */
static const struct {
	uint8_t first, last, low, high, more;
} sequences[] = {
	{ 0x00, 0x7f, 0x00, 0x00, 0 }, { 0xc2, 0xdf, 0x80, 0xbf, 1 }, { 0xe0, 0xe0, 0xa0, 0xbf, 2 },
	{ 0xe1, 0xec, 0x80, 0xbf, 2 }, { 0xed, 0xed, 0x80, 0x9f, 2 }, { 0xee, 0xef, 0x80, 0xbf, 2 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 3 }, { 0xf1, 0xf3, 0x80, 0xbf, 3 }, { 0xf4, 0xf4, 0x80, 0x8f, 3 },
};

size_t utf8_next(const char *s, size_t len, uint32_t *ret)
{
	const uint8_t *u = (const uint8_t *)s;
	size_t k = 0;

	if (len == 0)
		return 0;
	while (k < ARRAY_SIZE(sequences) && (u[0] < sequences[k].first || u[0] > sequences[k].last))
		k++;
	if (k == ARRAY_SIZE(sequences) || len <= sequences[k].more)
		return 0;
	*ret = k == 0 ? u[0] : u[0] & (0x3fu >> sequences[k].more);
	for (size_t i = 1; i <= sequences[k].more; i++) {
		uint8_t low = i == 1 ? sequences[k].low : 0x80;
		uint8_t high = i == 1 ? sequences[k].high : 0xbf;

		if (u[i] < low || u[i] > high)
			return 0;
		*ret = *ret << 6 | (u[i] & 0x3fu);
	}
	return sequences[k].more + 1u;
}

struct fault *text_check(const char *source, const char **text, size_t *len, size_t max)
{
	uint32_t c;
	size_t n;

	if (max == 0 || max > DOC_SIZE_MAX)
		max = DOC_SIZE_MAX;
	if (*len > max)
		return text_fault("doc.too_large", source, 0,
				  "expected at most %zu bytes, found %zu", max, *len);
	for (size_t i = 0; i < *len; i += n) {
		n = utf8_next(*text + i, *len - i, &c);
		if (n == 0)
			return text_fault("doc.encoding", source, text_line(*text, i),
					  "expected UTF-8, found byte 0x%02x at offset %zu",
					  (uint8_t)(*text)[i], i);
		if (c == 0)
			return text_fault("doc.encoding", source, text_line(*text, i),
					  "expected text, found a NUL byte at offset %zu", i);
	}
	if (*len >= 3 && memcmp(*text, "\xef\xbb\xbf", 3) == 0) {
		*text += 3;
		*len -= 3;
	}
	return NULL;
}

static struct fault *duplicate(const char *source, const struct doc *root, const struct doc *a,
			       const struct doc *b)
{
	const struct doc *first = a->line <= b->line ? a : b, *again = first == a ? b : a;
	_cleanup_free_ char *pointer = text_pointer(doc_pointer(root, again));

	return text_fault("doc.duplicate_key", source, again->line,
			  "%s: expected each key once, found it again (first on line %u)", pointer,
			  first->line);
}

/* Sorted, because a document of a million keys must not cost a million squared. */
static struct fault *check_object(const char *source, const struct doc *root,
				  const struct doc *object)
{
	_cleanup_free_ const struct doc **v = doc_sorted(object);

	for (size_t i = 1; i < object->n_items; i++)
		if (streq(v[i - 1]->key, v[i]->key))
			return duplicate(source, root, v[i - 1], v[i]);
	return NULL;
}

static struct fault *check_keys(const char *source, const struct doc *root, const struct doc *d)
{
	if (d->type == DOC_OBJECT)
		TRY(check_object(source, root, d));
	for (size_t i = 0; i < d->n_items; i++)
		TRY(check_keys(source, root, d->items[i]));
	return NULL;
}

struct fault *doc_check_keys(const char *source, const struct doc *root)
{
	return check_keys(source, root, root);
}

struct fault *doc_parse(const char *source, const char *text, size_t len, size_t max,
			struct doc **ret)
{
	size_t i = 0;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		i = 3;
	while (i < len && strchr(" \t\r\n", text[i]) && text[i])
		i++;
	if (i < len && (text[i] == '{' || text[i] == '['))
		return json_parse(source, text, len, max, ret);
	return yaml_parse(source, text, len, max, ret);
}

struct fault *doc_read_file(const char *path, size_t max, struct doc **ret)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	TRY(file_read(path, max && max < DOC_SIZE_MAX ? max : DOC_SIZE_MAX, &text));
	return doc_parse(path, buf_str(&text), text.len, max, ret);
}
