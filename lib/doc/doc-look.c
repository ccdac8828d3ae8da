/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/base/parse.h"
#include "lib/doc/text.h"

/* The core schema of YAML 1.2 (10.3.2), without its hexadecimal, octal and infinite numbers:
 * JSON has none of them. */
static const struct {
	const char *word;
	enum doc_type type;
	bool boolean;
} words[] = {
	{ "", DOC_NULL, false },	{ "~", DOC_NULL, false },
	{ "null", DOC_NULL, false },	{ "Null", DOC_NULL, false },
	{ "NULL", DOC_NULL, false },	{ "true", DOC_BOOL, true },
	{ "True", DOC_BOOL, true },	{ "TRUE", DOC_BOOL, true },
	{ "false", DOC_BOOL, false },	{ "False", DOC_BOOL, false },
	{ "FALSE", DOC_BOOL, false },
};

bool doc_spelled(const struct doc *d, struct doc *ret)
{
	if (d->type != DOC_STRING || !d->plain)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (streq(d->string, words[i].word)) {
			*ret = (struct doc){ .type = words[i].type, .boolean = words[i].boolean };
			return true;
		}
	return json_number(d->string, strlen(d->string), ret);
}

void doc_resolve(struct doc *d)
{
	struct doc read;

	if (doc_spelled(d, &read)) {
		read.key = d->key;
		read.line = d->line;
		free(d->string);
		*d = read;
	}
	d->plain = false;
	for (size_t i = 0; i < d->n_items; i++)
		doc_resolve(d->items[i]);
}

static bool objects_equal(const struct doc *a, const struct doc *b)
{
	for (size_t i = 0; i < a->n_items; i++) {
		const struct doc *other = doc_get(b, a->items[i]->key);

		if (!other || !doc_equal(a->items[i], other))
			return false;
	}
	return true;
}

static bool arrays_equal(const struct doc *a, const struct doc *b)
{
	for (size_t i = 0; i < a->n_items; i++)
		if (!doc_equal(a->items[i], b->items[i]))
			return false;
	return true;
}

bool doc_equal(const struct doc *a, const struct doc *b)
{
	struct doc read_a, read_b;

	if (!a || !b)
		return a == b;
	if (doc_spelled(a, &read_a))
		a = &read_a;
	if (doc_spelled(b, &read_b))
		b = &read_b;
	if (a->type != b->type || a->n_items != b->n_items)
		return false;
	switch (a->type) {
	case DOC_NULL: return true;
	case DOC_BOOL: return a->boolean == b->boolean;
	case DOC_INT: return a->integer == b->integer;
	case DOC_DOUBLE: return !(a->real < b->real || a->real > b->real);
	case DOC_STRING: return streq(a->string, b->string);
	case DOC_ARRAY: return arrays_equal(a, b);
	case DOC_OBJECT: return objects_equal(a, b);
	}
	return false;
}

/* The next part of a pointer, decoded; *at moves to the slash after it or to the end. */
static char *pointer_part(const char **at)
{
	_cleanup_buf_ struct buf part = BUF_INIT;
	const char *s = *at + 1;

	for (; *s && *s != '/'; s++) {
		if (*s == '~' && (s[1] == '0' || s[1] == '1'))
			buf_addc(&part, *++s == '0' ? '~' : '/');
		else
			buf_addc(&part, *s);
	}
	*at = s;
	return buf_take(&part);
}

static const struct doc *array_item(const struct doc *array, const char *index)
{
	uint64_t i;

	if (parse_u64(index, &i) || (index[0] == '0' && index[1]) || i >= array->n_items)
		return NULL;
	return array->items[i];
}

const struct doc *doc_at(const struct doc *d, const char *pointer)
{
	while (d && *pointer) {
		_cleanup_free_ char *part = NULL;

		if (*pointer != '/')
			return NULL;
		part = pointer_part(&pointer);
		d = d->type == DOC_ARRAY ? array_item(d, part) : doc_get(d, part);
	}
	return d;
}

static void add_part(struct buf *out, const char *key)
{
	buf_addc(out, '/');
	for (; *key; key++) {
		if (*key == '~')
			buf_adds(out, "~0");
		else if (*key == '/')
			buf_adds(out, "~1");
		else
			buf_addc(out, *key);
	}
}

static bool find_node(const struct doc *at, const struct doc *node, struct buf *path)
{
	size_t before = path->len;

	if (at == node)
		return true;
	for (size_t i = 0; i < at->n_items; i++) {
		if (at->type == DOC_ARRAY)
			buf_addf(path, "/%zu", i);
		else
			add_part(path, at->items[i]->key);
		if (find_node(at->items[i], node, path))
			return true;
		path->len = before;
	}
	return false;
}

char *doc_pointer(const struct doc *root, const struct doc *node)
{
	_cleanup_buf_ struct buf path = BUF_INIT;

	if (!root || !node || !find_node(root, node, &path))
		return NULL;
	return xstrndup(buf_str(&path), path.len);
}

static int by_key(const void *a, const void *b)
{
	const struct doc *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

const struct doc **doc_sorted(const struct doc *object)
{
	const struct doc **v = NEW(const struct doc *, object->n_items + 1);

	for (size_t i = 0; i < object->n_items; i++)
		v[i] = object->items[i];
	if (object->n_items > 1)
		qsort(v, object->n_items, sizeof(v[0]), by_key);
	return v;
}
