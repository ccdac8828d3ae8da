/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "lib/doc/schema-kind.h"

struct unit {
	uint64_t n;
	const char *name;
};

/* In the largest unit that divides it, so that it reads back as the same number. */
static struct doc *in_units(uint64_t v, const struct unit *units)
{
	struct doc *d = doc_new(DOC_STRING);

	while (v == 0 ? units->n != 1 : v % units->n)
		units++;
	d->string = xasprintf("%" PRIu64 "%s", v / units->n, units->name);
	return d;
}

static struct doc *encode_duration(uint64_t ms)
{
	static const struct unit units[] = { { 3600000, "h" }, { 60000, "m" }, { 1000, "s" },
					     { 1, "ms" } };

	if (ms == UINT64_MAX)
		return doc_string("infinity");
	return ms ? in_units(ms, units) : doc_string("0s");
}

static struct doc *encode_size(uint64_t bytes)
{
	static const struct unit units[] = { { UINT64_C(1) << 40, "TiB" }, { 1u << 30, "GiB" },
					     { 1u << 20, "MiB" }, { 1u << 10, "KiB" }, { 1, "" } };

	return in_units(bytes, units);
}

/* Parts per million with as many decimals as they need. */
static struct doc *encode_percent(uint32_t ppm)
{
	struct doc *d = doc_new(DOC_STRING);
	uint32_t fraction = ppm % 10000;
	int width = 4;

	for (; fraction && fraction % 10 == 0; width--)
		fraction /= 10;
	d->string = fraction ? xasprintf("%u.%0*u%%", ppm / 10000, width, fraction) :
			       xasprintf("%u%%", ppm / 10000);
	return d;
}

static struct doc *encode_enum(const struct field *field, int v)
{
	for (int i = 0; field->names[i]; i++)
		if (i == v)
			return doc_string(field->names[i]);
	return doc_new(DOC_NULL);
}

static struct doc *encode_strings(const struct field *field, char *const *v)
{
	struct doc *array = doc_array();

	for (; v && *v; v++)
		doc_push(array, doc_string(field->secret ? "(secret)" : *v));
	return array;
}

static struct doc *encode_objects(const struct field *field, const struct objects *objects)
{
	struct doc *array = doc_array();

	for (size_t i = 0; i < objects->n; i++)
		doc_push(array, schema_encode(field->fields,
					      (const char *)objects->items + i * field->size));
	return array;
}

static struct doc *encode_tree(const struct field *field, const struct doc *d)
{
	if (!d)
		return doc_new(DOC_NULL);
	return field->secret ? doc_string("(secret)") : doc_copy(d);
}

static struct doc *encode(const struct field *field, const void *at)
{
	const char *s;

	switch (field->kind) {
	case FIELD_STRING:
		s = *(char *const *)at;
		return doc_string(s && field->secret ? "(secret)" : s);
	case FIELD_BOOL: return doc_bool(*(const bool *)at);
	case FIELD_INT: return doc_int(*(const int64_t *)at);
	case FIELD_DURATION: return encode_duration(*(const uint64_t *)at);
	case FIELD_SIZE: return encode_size(*(const uint64_t *)at);
	case FIELD_PERCENT: return encode_percent(*(const uint32_t *)at);
	case FIELD_ENUM: return encode_enum(field, *(const int *)at);
	case FIELD_STRINGS: return encode_strings(field, *(char **const *)at);
	case FIELD_MAP:
	case FIELD_COUNTS:
	case FIELD_TREE:
	case FIELD_ANY: return encode_tree(field, *(struct doc *const *)at);
	case FIELD_OBJECT: return schema_encode(field->fields, at);
	case FIELD_OBJECTS: return encode_objects(field, at);
	case FIELD_END: break;
	}
	return doc_new(DOC_NULL);
}

struct doc *schema_encode(const struct field *fields, const void *in)
{
	struct doc *object = doc_object();

	for (const struct field *f = fields; f->kind != FIELD_END; f++)
		doc_set(object, f->name, encode(f, (const char *)in + f->offset));
	return object;
}
