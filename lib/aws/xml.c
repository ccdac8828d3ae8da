/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/xml.h"

#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/parse.h"

#define DEPTH_MAX 8
#define NAME_MAX_BYTES 64

struct xml {
	const char *p, *end;
	struct buf path;
	struct buf text[DEPTH_MAX + 1];
	unsigned depth;
	bool rooted; /* an element has been seen */
	xml_fn fn;
	void *arg;
};

static struct fault *bad(const char *words)
{
	return fault_new("s3.xml", "an answer that is no proper XML: %s", words);
}

static void add_utf8(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_addc(out, (char)c);
	} else if (c < 0x800) {
		buf_addc(out, (char)(0xc0 | c >> 6));
		buf_addc(out, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_addc(out, (char)(0xe0 | c >> 12));
		buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_addc(out, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_addc(out, (char)(0xf0 | c >> 18));
		buf_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_addc(out, (char)(0x80 | (c & 0x3f)));
	}
}

static bool add_reference(struct buf *out, const char *name)
{
	static const char *const known[][2] = { { "amp", "&" }, { "lt", "<" }, { "gt", ">" },
						{ "quot", "\"" }, { "apos", "'" } };
	uint64_t c;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (streq(name, known[i][0])) {
			buf_adds(out, known[i][1]);
			return true;
		}
	}
	if (name[0] != '#')
		return false;
	r = name[1] == 'x' ? parse_hex(name + 2, &c) : parse_u64(name + 1, &c);
	if (r < 0 || c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return false;
	add_utf8(out, (uint32_t)c);
	return true;
}

static struct fault *take_text(struct xml *x)
{
	struct buf *out = &x->text[x->depth];

	while (x->p < x->end && *x->p != '<') {
		if (*x->p == '&') {
			const char *semi = memchr(x->p, ';', MIN((size_t)(x->end - x->p), 12u));
			_cleanup_free_ char *name = NULL;

			if (!semi)
				return bad("a lone ampersand");
			name = xstrndup(x->p + 1, (size_t)(semi - x->p) - 1);
			if (!add_reference(out, name))
				return bad("an unknown entity");
			x->p = semi + 1;
		} else if (*x->p == '\0') {
			return bad("a NUL");
		} else {
			buf_addc(out, *x->p++);
		}
	}
	return NULL;
}

static struct fault *open_element(struct xml *x, const char *name)
{
	if (x->depth == 0 && x->rooted)
		return bad("a second root");
	if (x->depth == DEPTH_MAX)
		return bad("too deep");
	x->rooted = true;
	buf_addf(&x->path, "%s%s", x->depth ? "/" : "", name);
	x->depth++;
	buf_reset(&x->text[x->depth]);
	return NULL;
}

static struct fault *close_element(struct xml *x, const char *name)
{
	const char *path = buf_str(&x->path), *last = strrchr(path, '/');
	struct fault *f;

	last = last ? last + 1 : path;
	if (x->depth == 0 || !streq(last, name))
		return bad("an end that fits no start");
	f = x->fn(x->arg, path, buf_str(&x->text[x->depth]));
	x->path.len = last == path ? 0 : (size_t)(last - path) - 1;
	x->path.data[x->path.len] = '\0';
	x->depth--;
	return f;
}

/* The '>' that ends a tag, past quoted attribute values. */
static const char *tag_end(const char *p, const char *end)
{
	char quote = 0;

	for (; p < end; p++) {
		if (quote)
			quote = *p == quote ? 0 : quote;
		else if (*p == '"' || *p == '\'')
			quote = *p;
		else if (*p == '>')
			return p;
	}
	return NULL;
}

static struct fault *take_tag(struct xml *x)
{
	const char *start = x->p + 1, *close = tag_end(start, x->end);
	char name[NAME_MAX_BYTES];
	bool ends, empty;
	size_t n;

	if (!close)
		return bad("a tag without end");
	x->p = close + 1;
	if (*start == '?')
		return NULL;
	ends = *start == '/';
	start += ends;
	for (n = 0; start + n < close && !strchr(" \t\r\n/", start[n]); n++)
		if (strchr("<&!\"'", start[n]) || !start[n])
			return bad("a strange name");
	if (n == 0 || n >= sizeof(name))
		return bad("a name that is none");
	memcpy(name, start, n);
	name[n] = '\0';
	empty = !ends && close[-1] == '/';
	if (ends)
		return close_element(x, name);
	TRY(open_element(x, name));
	return empty ? close_element(x, name) : NULL;
}

static struct fault *scan(struct xml *x)
{
	while (x->p < x->end) {
		TRY(take_text(x));
		if (x->p < x->end)
			TRY(take_tag(x));
	}
	if (x->depth > 0 || !x->rooted)
		return bad("it ends too early");
	return NULL;
}

struct fault *xml_scan(const char *data, size_t len, xml_fn fn, void *arg)
{
	struct xml x = { .p = data, .end = data + len, .fn = fn, .arg = arg };
	struct fault *f = scan(&x);

	buf_done(&x.path);
	for (size_t i = 0; i < ARRAY_SIZE(x.text); i++)
		buf_done(&x.text[i]);
	return f;
}
