/* SPDX-License-Identifier: Apache-2.0 */
#include <regex.h>
#include <string.h>

#include "lib/base/parse.h"
#include "lib/base/strv.h"
#include "lib/doc/nearest.h"
#include "lib/doc/schema-kind.h"
#include "lib/doc/text.h"

/* Bytes of a wrong string that a fault shows. */
#define SHOWN_MAX 60

static char *shown_string(const char *s)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	_cleanup_free_ char *cut = xstrdup(s);
	size_t len = strlen(s), n = SHOWN_MAX;

	if (len > SHOWN_MAX) {
		while (n && ((uint8_t)s[n] & 0xc0) == 0x80) /* not inside a UTF-8 sequence */
			n--;
		cut[n] = '\0';
	}
	json_write_string(cut, &out);
	if (len > SHOWN_MAX)
		buf_adds(&out, "…");
	return buf_take(&out);
}

/* The value as the person who reads the fault would write it. */
static char *shown(const struct field *field, const struct doc *d)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	if (field->secret)
		return xstrdup("(secret)");
	switch (d->type) {
	case DOC_NULL: return xstrdup("null");
	case DOC_STRING: return shown_string(d->string);
	case DOC_ARRAY: return xstrdup("an array");
	case DOC_OBJECT: return xstrdup("an object");
	default: break;
	}
	buf_adds(&out, d->type == DOC_INT ? "integer " : d->type == DOC_DOUBLE ? "number " : "");
	doc_write(d, DOC_COMPACT, &out);
	return buf_take(&out);
}

/* The fault about a value, in the words of its field. */
static struct fault *wrong(const struct decoder *c, const char *id, const struct field *field,
			   const struct doc *d)
{
	_cleanup_buf_ struct buf expected = BUF_INIT;
	_cleanup_free_ char *found = shown(field, d);

	schema_expected(field, &expected);
	return schema_fault(c, id, d, NULL, buf_str(&expected), found);
}

static struct fault *wrong_type(const struct decoder *c, const struct field *field,
				const struct doc *d)
{
	return wrong(c, "schema.type", field, d);
}

static struct fault *wrong_value(const struct decoder *c, const struct field *field,
				 const struct doc *d)
{
	return wrong(c, "schema.value", field, d);
}

static struct fault *check_pattern(const struct decoder *c, const struct field *field,
				   const struct doc *d)
{
	_cleanup_free_ char *expected = NULL, *found = NULL;
	regex_t regex;
	int r;

	expected = xasprintf("text that matches \"%s\"", field->pattern);
	if (regcomp(&regex, field->pattern, REG_EXTENDED | REG_NOSUB))
		return schema_fault(c, "schema.value", d, NULL, expected,
				    "that this is no regular expression");
	r = regexec(&regex, d->string, 0, NULL, 0);
	regfree(&regex);
	if (r == 0)
		return NULL;
	found = shown(field, d);
	return schema_fault(c, "schema.value", d, NULL, expected, found);
}

/* Length and pattern of a string. */
static struct fault *check_string(const struct decoder *c, const struct field *field,
				  const struct doc *d)
{
	size_t len = strlen(d->string);

	if (field->max > 0 && len > (uint64_t)field->max) {
		_cleanup_free_ char *expected =
			xasprintf("at most %lld bytes", (long long)field->max);
		_cleanup_free_ char *found = xasprintf("%zu", len);

		return schema_fault(c, "schema.value", d, NULL, expected, found);
	}
	return field->pattern ? check_pattern(c, field, d) : NULL;
}

static struct fault *decode_string(const struct decoder *c, const struct field *field,
				   const struct doc *d, void *at)
{
	if (d->type != DOC_STRING)
		return wrong_type(c, field, d);
	TRY(check_string(c, field, d));
	*(char **)at = xstrdup(d->string);
	return NULL;
}

/* Also the words that YAML 1.1 had, in plain scalars: people write them. */
static struct fault *decode_bool(const struct decoder *c, const struct field *field,
				 const struct doc *d, void *at)
{
	struct doc read;
	bool word;

	if (!doc_spelled(d, &read))
		read = *d;
	if (read.type == DOC_BOOL)
		*(bool *)at = read.boolean;
	else if (read.type == DOC_STRING && d->plain && parse_bool(d->string, &word) == 0)
		*(bool *)at = word;
	else
		return wrong_type(c, field, d);
	return NULL;
}

static struct fault *decode_int(const struct decoder *c, const struct field *field,
				const struct doc *d, void *at)
{
	int64_t v = d->type == DOC_INT ? d->integer : 0;

	if (d->type != DOC_INT && (d->type != DOC_STRING || !d->plain || parse_i64(d->string, &v)))
		return wrong_type(c, field, d);
	if ((field->min || field->max) && (v < field->min || v > field->max))
		return wrong_value(c, field, d);
	*(int64_t *)at = v;
	return NULL;
}

/* Text, or an integer as text: the parsers read a bare number as seconds and as bytes. */
static struct fault *decode_quantity(const struct decoder *c, const struct field *field,
				     const struct doc *d, void *at)
{
	int (*parse)(const char *, uint64_t *) =
		field->kind == FIELD_DURATION ? parse_duration : parse_size;
	_cleanup_free_ char *number = NULL;

	if (d->type != DOC_STRING && d->type != DOC_INT)
		return wrong_type(c, field, d);
	if (d->type == DOC_INT)
		number = xasprintf("%lld", (long long)d->integer);
	return parse(number ? number : d->string, at) ? wrong_value(c, field, d) : NULL;
}

static struct fault *decode_percent(const struct decoder *c, const struct field *field,
				    const struct doc *d, void *at)
{
	if (d->type != DOC_STRING)
		return wrong_type(c, field, d);
	return parse_percent(d->string, at) ? wrong_value(c, field, d) : NULL;
}

static struct fault *unknown_name(const struct decoder *c, const struct field *field,
				  const struct doc *d)
{
	_cleanup_buf_ struct buf expected = BUF_INIT;
	_cleanup_free_ char *text = shown(field, d), *words = NULL, *found = NULL;
	struct nearest near = { .word = d->string };

	for (size_t i = 0; field->names[i]; i++)
		nearest_offer(&near, field->names[i]);
	words = nearest_words(&near);
	found = xasprintf("%s%s", text, words);
	schema_expected(field, &expected);
	return schema_fault(c, "schema.value", d, NULL, buf_str(&expected), found);
}

static struct fault *decode_enum(const struct decoder *c, const struct field *field,
				 const struct doc *d, void *at)
{
	if (d->type != DOC_STRING)
		return wrong_type(c, field, d);
	for (int i = 0; field->names[i]; i++)
		if (streq(field->names[i], d->string)) {
			*(int *)at = i;
			return NULL;
		}
	return unknown_name(c, field, d);
}

static struct fault *add_string(const struct decoder *c, const struct field *field,
				const struct doc *d, char ***v)
{
	const struct field one = { .kind = FIELD_STRING, .secret = field->secret };

	if (d->type != DOC_STRING)
		return wrong_type(c, &one, d);
	TRY(check_string(c, field, d));
	strv_add(v, d->string);
	return NULL;
}

static struct fault *decode_strings(const struct decoder *c, const struct field *field,
				    const struct doc *d, void *at)
{
	char ***v = at;

	if (d->type != DOC_ARRAY && d->type != DOC_STRING)
		return wrong_type(c, field, d);
	if (d->type == DOC_STRING)
		return add_string(c, field, d, v);
	for (size_t i = 0; i < d->n_items; i++)
		TRY(add_string(c, field, d->items[i], v));
	return NULL;
}

/* The copies are no longer plain: these are strings now, whatever they look like, and doc_write
 * must write them so. */
static struct fault *decode_map(const struct decoder *c, const struct field *field,
				const struct doc *d, void *at)
{
	const struct field one = { .kind = FIELD_STRING, .secret = field->secret };
	struct doc *map;

	if (d->type != DOC_OBJECT)
		return wrong_type(c, field, d);
	*(struct doc **)at = map = doc_object();
	map->line = d->line;
	for (size_t i = 0; i < d->n_items; i++) {
		const struct doc *item = d->items[i];

		if (item->type == DOC_NULL)
			continue;
		if (item->type != DOC_STRING)
			return wrong_type(c, &one, item);
		TRY(check_string(c, field, item));
		doc_append(map, doc_copy(item));
		map->items[map->n_items - 1]->plain = false;
	}
	return NULL;
}

static struct fault *decode_counts(const struct decoder *c, const struct field *field,
				   const struct doc *d, void *at)
{
	const struct field one = { .kind = FIELD_INT, .max = INT32_MAX };
	struct doc *counts;

	if (d->type != DOC_OBJECT)
		return wrong_type(c, field, d);
	*(struct doc **)at = counts = doc_object();
	counts->line = d->line;
	for (size_t i = 0; i < d->n_items; i++) {
		const struct doc *item = d->items[i];
		int64_t n = 0;

		if (item->type == DOC_NULL)
			continue;
		TRY(decode_int(c, &one, item, &n));
		doc_append(counts, doc_int(n));
		counts->items[counts->n_items - 1]->key = xstrdup(item->key);
	}
	return NULL;
}

static struct fault *decode_tree(const struct decoder *c, const struct field *field,
				 const struct doc *d, void *at)
{
	if (d->type != DOC_OBJECT)
		return wrong_type(c, field, d);
	*(struct doc **)at = doc_copy(d);
	return NULL;
}

static struct fault *decode_any(const struct decoder *c _unused_,
				const struct field *field _unused_, const struct doc *d, void *at)
{
	*(struct doc **)at = doc_copy(d);
	return NULL;
}

static struct fault *decode_object(const struct decoder *c, const struct field *field,
				   const struct doc *d, void *at)
{
	if (d->type != DOC_OBJECT)
		return wrong_type(c, field, d);
	return fields_decode(c, field->fields, d, at);
}

static struct fault *decode_objects(const struct decoder *c, const struct field *field,
				    const struct doc *d, void *at)
{
	const struct field one = { .kind = FIELD_OBJECT, .fields = field->fields };
	struct objects *objects = at;

	if (d->type != DOC_ARRAY)
		return wrong_type(c, field, d);
	objects->items = xcalloc(MAX(d->n_items, (size_t)1), field->size);
	objects->n = d->n_items;
	for (size_t i = 0; i < d->n_items; i++)
		TRY(decode_object(c, &one, d->items[i],
				  (char *)objects->items + i * field->size));
	return NULL;
}

struct fault *field_decode(const struct decoder *c, const struct field *field,
			   const struct doc *value, void *at)
{
	static struct fault *(*const decoders[])(const struct decoder *, const struct field *,
						 const struct doc *, void *) = {
		[FIELD_STRING] = decode_string,
		[FIELD_BOOL] = decode_bool,
		[FIELD_INT] = decode_int,
		[FIELD_DURATION] = decode_quantity,
		[FIELD_SIZE] = decode_quantity,
		[FIELD_PERCENT] = decode_percent,
		[FIELD_ENUM] = decode_enum,
		[FIELD_STRINGS] = decode_strings,
		[FIELD_MAP] = decode_map,
		[FIELD_COUNTS] = decode_counts,
		[FIELD_TREE] = decode_tree,
		[FIELD_ANY] = decode_any,
		[FIELD_OBJECT] = decode_object,
		[FIELD_OBJECTS] = decode_objects,
	};

	return decoders[field->kind](c, field, value, at);
}
