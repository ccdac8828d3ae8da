/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/doc/doc.h"

#include <string.h>

#include "lib/base/parse.h"
#include "lib/doc/text.h"

struct doc *doc_new(enum doc_type type)
{
	struct doc *d = NEW(struct doc, 1);

	d->type = type;
	return d;
}

struct doc *doc_object(void)
{
	return doc_new(DOC_OBJECT);
}

struct doc *doc_array(void)
{
	return doc_new(DOC_ARRAY);
}

struct doc *doc_string(const char *s)
{
	struct doc *d = doc_new(s ? DOC_STRING : DOC_NULL);

	if (s)
		d->string = xstrdup(s);
	return d;
}

struct doc *doc_int(int64_t v)
{
	struct doc *d = doc_new(DOC_INT);

	d->integer = v;
	return d;
}

struct doc *doc_bool(bool v)
{
	struct doc *d = doc_new(DOC_BOOL);

	d->boolean = v;
	return d;
}

/* Frees what a node holds, except its key. */
static void clear(struct doc *d)
{
	if (d->type == DOC_STRING)
		free(d->string);
	for (size_t i = 0; i < d->n_items; i++)
		doc_free(d->items[i]);
	free(d->items);
}

void doc_free(struct doc *d)
{
	if (!d)
		return;
	clear(d);
	free(d->key);
	free(d);
}

struct doc *doc_copy(const struct doc *d)
{
	struct doc *copy;

	if (!d)
		return NULL;
	copy = NEW(struct doc, 1);
	*copy = *d;
	copy->key = xstrdup(d->key);
	copy->items = NULL;
	copy->n_items = 0;
	if (d->type == DOC_STRING)
		copy->string = xstrdup(d->string ? d->string : "");
	for (size_t i = 0; i < d->n_items; i++)
		doc_append(copy, doc_copy(d->items[i]));
	return copy;
}

/* The array has room for the next power of two, so it grows only when the count is one. */
void doc_append(struct doc *parent, struct doc *child)
{
	size_t n = parent->n_items;

	if ((n & (n - 1)) == 0)
		parent->items = xrealloc(parent->items, MAX(n * 2, (size_t)1) * sizeof(child));
	parent->items[parent->n_items++] = child;
}

static size_t find(const struct doc *object, const char *key)
{
	for (size_t i = 0; i < object->n_items; i++)
		if (streq(object->items[i]->key, key))
			return i;
	return SIZE_MAX;
}

struct doc *doc_set(struct doc *object, const char *key, struct doc *value)
{
	size_t i = find(object, key);
	char *name = xstrdup(key);

	free(value->key);
	value->key = name;
	if (i == SIZE_MAX) {
		doc_append(object, value);
	} else if (object->items[i] != value) {
		doc_free(object->items[i]);
		object->items[i] = value;
	}
	return value;
}

void doc_set_string(struct doc *object, const char *key, const char *s)
{
	if (s)
		doc_set(object, key, doc_string(s));
}

void doc_set_int(struct doc *object, const char *key, int64_t v)
{
	doc_set(object, key, doc_int(v));
}

void doc_set_bool(struct doc *object, const char *key, bool v)
{
	doc_set(object, key, doc_bool(v));
}

struct doc *doc_push(struct doc *array, struct doc *value)
{
	free(value->key);
	value->key = NULL;
	doc_append(array, value);
	return value;
}

void doc_remove(struct doc *object, const char *key)
{
	size_t i = find(object, key);

	if (i == SIZE_MAX)
		return;
	doc_free(object->items[i]);
	memmove(&object->items[i], &object->items[i + 1],
		(object->n_items - i - 1) * sizeof(object->items[0]));
	object->n_items--;
}

static void replace(struct doc *base, const struct doc *over)
{
	struct doc *copy = doc_copy(over);
	char *key = base->key;

	clear(base);
	free(copy->key);
	*base = *copy;
	base->key = key;
	free(copy);
}

void doc_merge(struct doc *base, const struct doc *over)
{
	if (base == over)
		return;
	if (base->type != DOC_OBJECT || over->type != DOC_OBJECT) {
		replace(base, over);
		return;
	}
	for (size_t i = 0; i < over->n_items; i++) {
		const struct doc *child = over->items[i];
		struct doc *mine = doc_get_mut(base, child->key);

		if (mine)
			doc_merge(mine, child);
		else
			doc_set(base, child->key, doc_copy(child));
	}
}

struct doc *doc_get_mut(struct doc *object, const char *key)
{
	size_t i;

	if (!object || object->type != DOC_OBJECT)
		return NULL;
	i = find(object, key);
	return i == SIZE_MAX ? NULL : object->items[i];
}

const struct doc *doc_get(const struct doc *object, const char *key)
{
	return doc_get_mut((struct doc *)object, key);
}

const char *doc_str(const struct doc *object, const char *key)
{
	const struct doc *d = doc_get(object, key);

	return d && d->type == DOC_STRING ? d->string : NULL;
}

/* A member as a scalar, plain ones read; false when it is not there. */
static bool scalar(const struct doc *object, const char *key, struct doc *ret)
{
	const struct doc *d = doc_get(object, key);

	if (!d)
		return false;
	if (!doc_spelled(d, ret))
		*ret = *d;
	return true;
}

int64_t doc_integer(const struct doc *object, const char *key, int64_t otherwise)
{
	struct doc d;

	return scalar(object, key, &d) && d.type == DOC_INT ? d.integer : otherwise;
}

bool doc_boolean(const struct doc *object, const char *key, bool otherwise)
{
	struct doc d;

	return scalar(object, key, &d) && d.type == DOC_BOOL ? d.boolean : otherwise;
}
