/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/parse.h"
#include "lib/doc/text.h"

DEFINE_CLEANUP(cJSON *, cJSON_Delete)

/* The walk over cJSON's tree beside the scanner's marks. */
struct walk {
	const char *source, *text;
	size_t len;
	const struct json_mark *marks;
	size_t n, at;
};

static cJSON *cjson_parse(const char *text, size_t len, const char **end)
{
	/* cJSON reports a failed allocation as bad syntax; ours do not fail. */
	cJSON_InitHooks(&(cJSON_Hooks){ .malloc_fn = xmalloc, .free_fn = free });
	return cJSON_ParseWithLengthOpts(text, len, end, 0);
}

/* cJSON is asked only where a double is wanted: integers that it cannot hold exactly never pass
 * through it. */
bool json_number(const char *s, size_t len, struct doc *ret)
{
	_cleanup_(cJSON_Deletep) cJSON *number = NULL;
	char text[64];
	const char *end;

	if (len == 0 || len >= sizeof(text) || json_number_len(s, len) != len)
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	*ret = (struct doc){ .type = DOC_INT };
	if (!strpbrk(text, ".eE") && parse_i64(text, &ret->integer) == 0)
		return true;
	number = cjson_parse(text, len + 1, &end);
	if (!number || !cJSON_IsNumber(number) || !isfinite(number->valuedouble))
		return false;
	*ret = (struct doc){ .type = DOC_DOUBLE, .real = number->valuedouble };
	return true;
}

/* The fewest digits that read back as the same double; cJSON's own printing is content with
 * nearly the same. */
void json_write_double(double v, struct buf *out)
{
	char text[64] = "null";
	struct doc back = { .real = 0 };

	for (int digits = 15; isfinite(v) && digits <= 17; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, v);
		if (!strpbrk(text, ".e"))
			memcpy(text + strlen(text), ".0", 3);
		if (json_number(text, strlen(text), &back) && !(back.real < v || back.real > v))
			break;
	}
	buf_adds(out, text);
}

static struct fault *disagree(const struct walk *w, unsigned line)
{
	return text_fault("doc.syntax", w->source, line,
			  "expected one meaning, found two: the JSON readers disagree");
}

static const struct json_mark *next_mark(struct walk *w)
{
	return w->at < w->n ? &w->marks[w->at++] : NULL;
}

/* The first bytes that a value of this type may have. */
static const char *first_bytes(const cJSON *item)
{
	switch (item->type & 0xff) {
	case cJSON_False: return "f";
	case cJSON_True: return "t";
	case cJSON_NULL: return "n";
	case cJSON_Number: return "-0123456789";
	case cJSON_String: return "\"";
	case cJSON_Array: return "[";
	case cJSON_Object: return "{";
	default: return "";
	}
}

static struct fault *read_number(const struct walk *w, const struct json_mark *m, struct doc *d)
{
	const char *s = w->text + m->offset;
	struct doc number;

	if (!json_number(s, json_number_len(s, w->len - m->offset), &number))
		return text_fault("doc.syntax", w->source, m->line,
				  "expected a number that a double holds, found a larger one");
	d->type = number.type;
	if (number.type == DOC_INT)
		d->integer = number.integer;
	else
		d->real = number.real;
	return NULL;
}

static struct fault *walk_value(struct walk *w, const cJSON *item, struct doc *d);

/* A child is appended before it is read, so that a fault frees it with its parent. */
static struct fault *walk_children(struct walk *w, const cJSON *parent, struct doc *d)
{
	for (const cJSON *item = parent->child; item; item = item->next) {
		struct doc *child = doc_new(DOC_NULL);

		doc_append(d, child);
		if (d->type == DOC_OBJECT) {
			const struct json_mark *key = next_mark(w);

			child->key = xstrdup(item->string ? item->string : "");
			if (!key || w->text[key->offset] != '"')
				return disagree(w, d->line);
			child->line = key->line;
		}
		TRY(walk_value(w, item, child));
	}
	return NULL;
}

static struct fault *walk_value(struct walk *w, const cJSON *item, struct doc *d)
{
	const struct json_mark *m = next_mark(w);

	if (!m || !strchr(first_bytes(item), w->text[m->offset]))
		return disagree(w, m ? m->line : 0);
	if (!d->line)
		d->line = m->line;
	switch (item->type & 0xff) {
	case cJSON_False:
	case cJSON_True:
		d->type = DOC_BOOL;
		d->boolean = (item->type & 0xff) == cJSON_True;
		return NULL;
	case cJSON_Number:
		return read_number(w, m, d);
	case cJSON_String:
		d->type = DOC_STRING;
		d->string = xstrdup(item->valuestring);
		return NULL;
	case cJSON_Array:
		d->type = DOC_ARRAY;
		return walk_children(w, item, d);
	case cJSON_Object:
		d->type = DOC_OBJECT;
		return walk_children(w, item, d);
	default:
		return NULL;
	}
}

/* cJSON stops behind the first value; RFC 8259 allows only white space there. */
static struct fault *check_end(const char *source, const char *text, size_t len, const char *end)
{
	size_t at = (size_t)(end - text);

	while (at < len && strchr(" \t\r\n", text[at]))
		at++;
	if (at == len)
		return NULL;
	return text_fault("doc.syntax", source, text_line(text, at),
			  "expected the end of the text, found more after the value");
}

static struct fault *bad_syntax(const char *source, const char *text, size_t len, const char *end)
{
	size_t at = end ? MIN((size_t)(end - text), len) : 0;
	unsigned line = text_line(text, at);

	if (at == len || text[at] <= ' ' || text[at] > '~')
		return text_fault("doc.syntax", source, line,
				  "expected JSON, found something else");
	return text_fault("doc.syntax", source, line, "expected JSON, found '%c'", text[at]);
}

struct fault *json_parse(const char *source, const char *text, size_t len, size_t max,
			 struct doc **ret)
{
	_cleanup_free_ struct json_mark *marks = NULL;
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	_cleanup_doc_ struct doc *d = NULL;
	struct walk w = { .source = source };
	const char *end = NULL;

	TRY(text_check(source, &text, &len, max));
	TRY(json_scan(source, text, len, &marks, &w.n));
	tree = cjson_parse(text, len, &end);
	if (!tree)
		return bad_syntax(source, text, len, end);
	TRY(check_end(source, text, len, end));
	w.text = text;
	w.len = len;
	w.marks = marks;
	d = doc_new(DOC_NULL);
	TRY(walk_value(&w, tree, d));
	if (w.at != w.n)
		return disagree(&w, marks[w.at].line);
	TRY(doc_check_keys(source, d));
	*ret = TAKE_PTR(d);
	return NULL;
}
