/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "lib/doc/text.h"

/* cJSON copies a number into 64 bytes before it reads it. */
#define NUMBER_MAX 63

/* Where the scanner is inside one open bracket, for the pointer of a fault. */
struct level {
	bool object, value; /* value: a key and its colon have been seen */
	size_t index;	    /* of an array */
	size_t key, key_len; /* of an object: the last key, as it is written */
};

struct scan {
	const char *source, *text;
	size_t len, at;
	unsigned line, depth;
	struct level levels[DOC_DEPTH_MAX];
	struct json_mark *marks;
	size_t n, cap;
};

/* The scanner knows tokens, not grammar: commas, colons and the pairing of brackets are cJSON's
 * part. What it rules out is what cJSON lets through or trips over. */
static bool digit(const char *s, size_t len, size_t at)
{
	return at < len && s[at] >= '0' && s[at] <= '9';
}

static size_t digits(const char *s, size_t len, size_t at)
{
	while (digit(s, len, at))
		at++;
	return at;
}

size_t json_number_len(const char *s, size_t len)
{
	size_t at = len && s[0] == '-', from;

	if (!digit(s, len, at))
		return 0;
	at = s[at] == '0' ? at + 1 : digits(s, len, at);
	if (at < len && s[at] == '.') {
		from = at + 1;
		at = digits(s, len, from);
		if (at == from)
			return 0;
	}
	if (at < len && (s[at] == 'e' || s[at] == 'E')) {
		from = at + 1;
		if (from < len && (s[from] == '+' || s[from] == '-'))
			from++;
		at = digits(s, len, from);
		if (at == from)
			return 0;
	}
	return at;
}

static struct fault *wrong(const struct scan *s, const char *what)
{
	return text_fault("doc.syntax", s->source, s->line, "%s", what);
}

static struct fault *mark(struct scan *s)
{
	if (s->n == DOC_NODES_MAX)
		return text_fault("doc.too_large", s->source, s->line,
				  "expected at most %u keys and values, found more", DOC_NODES_MAX);
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->marks = xrealloc(s->marks, s->cap * sizeof(s->marks[0]));
	}
	s->marks[s->n++] = (struct json_mark){ (uint32_t)s->at, s->line };
	return NULL;
}

/* A pointer to the value that is scanned; keys are as they are written, escapes and all. */
static char *scan_pointer(const struct scan *s)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	for (unsigned i = 0; i < s->depth; i++) {
		const struct level *l = &s->levels[i];

		if (!l->object) {
			buf_addf(&out, "/%zu", l->index);
			continue;
		}
		buf_addc(&out, '/');
		for (size_t k = 0; k < l->key_len; k++) {
			char c = s->text[l->key + k];

			buf_adds(&out, c == '~' ? "~0" : c == '/' ? "~1" : (char[]){ c, '\0' });
		}
	}
	return text_pointer(buf_take(&out));
}

static struct fault *escaped_nul(const struct scan *s)
{
	_cleanup_free_ char *pointer = scan_pointer(s);

	return text_fault("doc.encoding", s->source, s->line,
			  "%s: expected text, found an escaped NUL", pointer);
}

/* The escape whose backslash is at s->at. */
static struct fault *scan_escape(struct scan *s)
{
	const char *e = s->text + s->at + 1;
	size_t left = s->len - s->at - 1;

	if (left == 0 || !*e || !strchr("\"\\/bfnrtu", *e))
		return wrong(s, "expected an escape sequence after a backslash");
	s->at += 2;
	if (*e != 'u')
		return NULL;
	for (size_t i = 1; i <= 4; i++)
		if (i >= left || !isxdigit((unsigned char)e[i]))
			return wrong(s, "expected four hex digits after \\u");
	if (memcmp(e + 1, "0000", 4) == 0)
		return escaped_nul(s);
	s->at += 4;
	return NULL;
}

/* Bytes were checked to be UTF-8 before; escapes of lone surrogates are refused by cJSON. */
static struct fault *scan_string(struct scan *s)
{
	for (s->at++; s->at < s->len;) {
		unsigned char c = (unsigned char)s->text[s->at];

		if (c == '"') {
			s->at++;
			return NULL;
		}
		if (c < 0x20)
			return wrong(s,
				     "expected the end of a string, found a raw control character");
		if (c == '\\')
			TRY(scan_escape(s));
		else
			s->at++;
	}
	return wrong(s, "expected the end of a string, found the end of the text");
}

static struct fault *scan_number(struct scan *s)
{
	size_t n = json_number_len(s->text + s->at, s->len - s->at);
	const char *after = s->text + s->at + n;

	if (n == 0 ||
	    (s->at + n < s->len && (isalnum((unsigned char)*after) || strchr("+-.", *after))))
		return wrong(s, "expected a number, found something like one");
	if (n > NUMBER_MAX)
		return wrong(s, "expected a number of at most 63 characters, found a longer one");
	s->at += n;
	return NULL;
}

static struct fault *scan_word(struct scan *s)
{
	static const char *const literals[] = { "true", "false", "null" };

	for (size_t i = 0; i < ARRAY_SIZE(literals); i++) {
		size_t n = strlen(literals[i]);

		if (s->len - s->at >= n && memcmp(s->text + s->at, literals[i], n) == 0) {
			s->at += n;
			return NULL;
		}
	}
	return text_fault("doc.syntax", s->source, s->line,
			  "expected a JSON value, found byte 0x%02x",
			  (unsigned char)s->text[s->at]);
}

static struct fault *open_level(struct scan *s)
{
	if (s->depth == DOC_DEPTH_MAX) {
		_cleanup_free_ char *pointer = scan_pointer(s);

		return text_fault("doc.too_deep", s->source, s->line,
				  "%s: expected at most %d levels, found more", pointer,
				  DOC_DEPTH_MAX);
	}
	s->levels[s->depth++] = (struct level){ .object = s->text[s->at] == '{' };
	s->at++;
	return NULL;
}

static struct fault *scan_text(struct scan *s)
{
	struct level *l = s->depth ? &s->levels[s->depth - 1] : NULL;
	size_t from = s->at + 1;

	TRY(scan_string(s));
	if (l && l->object && !l->value) {
		l->key = from;
		l->key_len = s->at - 1 - from;
	}
	return NULL;
}

static struct fault *scan_value(struct scan *s)
{
	char c = s->text[s->at];

	TRY(mark(s));
	if (c == '"')
		return scan_text(s);
	if (c == '-' || (c >= '0' && c <= '9'))
		return scan_number(s);
	return c == '{' || c == '[' ? open_level(s) : scan_word(s);
}

/* A comma or a colon; whether it may stand here is cJSON's part. */
static void note_separator(struct scan *s, char c)
{
	struct level *l = s->depth ? &s->levels[s->depth - 1] : NULL;

	if (!l)
		return;
	l->value = c == ':';
	l->index += c == ',';
}

static struct fault *scan_token(struct scan *s)
{
	char c = s->text[s->at];

	if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ':') {
		s->line += c == '\n';
		if (c == ',' || c == ':')
			note_separator(s, c);
		s->at++;
		return NULL;
	}
	if (c != '}' && c != ']')
		return scan_value(s);
	if (s->depth == 0)
		return wrong(s, "expected the end of the text, found a closing bracket");
	s->depth--;
	s->at++;
	return NULL;
}

struct fault *json_scan(const char *source, const char *text, size_t len, struct json_mark **ret,
			size_t *ret_n)
{
	struct scan s = { .source = source, .text = text, .len = len, .line = 1 };
	struct fault *f = NULL;

	while (!f && s.at < s.len)
		f = scan_token(&s);
	if (!f && s.depth)
		f = wrong(&s, "expected a closing bracket, found the end of the text");
	if (!f && s.n == 0)
		f = wrong(&s, "expected a JSON value, found an empty text");
	if (f) {
		free(s.marks);
		return f;
	}
	*ret = s.marks;
	*ret_n = s.n;
	return NULL;
}
