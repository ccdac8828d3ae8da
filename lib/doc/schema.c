/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/doc/schema.h"

#include <string.h>

#include "lib/doc/nearest.h"
#include "lib/doc/schema-kind.h"
#include "lib/doc/text.h"

static void *place(void *base, size_t offset)
{
	return (char *)base + offset;
}

static size_t fields_extent(const struct field *fields)
{
	size_t end = 0;

	for (; fields->kind != FIELD_END; fields++)
		end = MAX(end, fields->offset + field_size(fields));
	return end;
}

size_t field_size(const struct field *field)
{
	static const size_t sizes[] = {
		[FIELD_STRING] = sizeof(char *),     [FIELD_BOOL] = sizeof(bool),
		[FIELD_INT] = sizeof(int64_t),	     [FIELD_DURATION] = sizeof(uint64_t),
		[FIELD_SIZE] = sizeof(uint64_t),     [FIELD_PERCENT] = sizeof(uint32_t),
		[FIELD_ENUM] = sizeof(int),	     [FIELD_STRINGS] = sizeof(char **),
		[FIELD_MAP] = sizeof(struct doc *),  [FIELD_COUNTS] = sizeof(struct doc *),
		[FIELD_TREE] = sizeof(struct doc *), [FIELD_ANY] = sizeof(struct doc *),
		[FIELD_OBJECTS] = sizeof(struct objects),
	};

	return field->kind == FIELD_OBJECT ? fields_extent(field->fields) : sizes[field->kind];
}

static const struct doc *member(const struct doc *object, const char *name)
{
	const struct doc *value = doc_get(object, name);

	return value && value->type != DOC_NULL ? value : NULL;
}

/* Defaults are decoded like text in a YAML document, so a default that its own row would refuse is
 * found by the first test that decodes an empty document. Inside an absent object the defaults
 * apply too, but nothing is required: who leaves out the whole need not give its parts. */
static struct fault *apply_default(const struct decoder *c, const struct field *field, void *at)
{
	struct doc text = { .type = DOC_STRING, .plain = true, .string = (char *)field->otherwise };

	if (field->kind == FIELD_OBJECT)
		return fields_decode(c, field->fields, NULL, at);
	if (field->otherwise)
		return field_decode(c, field, &text, at);
	return NULL;
}

static struct fault *missing(const struct decoder *c, const struct field *field,
			     const struct doc *object)
{
	_cleanup_buf_ struct buf expected = BUF_INIT;

	schema_expected(field, &expected);
	return schema_fault(c, "schema.missing", object, field->name, buf_str(&expected),
			    "nothing");
}

static bool known(const struct field *fields, const char *key)
{
	for (; fields->kind != FIELD_END; fields++)
		if (streq(fields->name, key))
			return true;
	return false;
}

static struct fault *check_unknown(const struct decoder *c, const struct field *fields,
				   const struct doc *object)
{
	for (size_t i = 0; i < object->n_items; i++) {
		const struct doc *child = object->items[i];
		struct nearest near = { .word = child->key };
		_cleanup_free_ char *words = NULL, *found = NULL;

		if (known(fields, child->key))
			continue;
		for (const struct field *f = fields; f->kind != FIELD_END; f++)
			nearest_offer(&near, f->name);
		words = nearest_words(&near);
		found = xasprintf("an unknown one%s", words);
		return schema_fault(c, "schema.unknown_key", child, NULL, "a known key", found);
	}
	return NULL;
}

struct fault *fields_decode(const struct decoder *c, const struct field *fields,
			    const struct doc *object, void *out)
{
	if (object && (c->flags & SCHEMA_STRICT))
		TRY(check_unknown(c, fields, object));
	for (const struct field *f = fields; f->kind != FIELD_END; f++) {
		const struct doc *value = member(object, f->name);

		if (value)
			TRY(field_decode(c, f, value, place(out, f->offset)));
		else if (object && f->required)
			return missing(c, f, object);
		else
			TRY(apply_default(c, f, place(out, f->offset)));
	}
	return NULL;
}

struct fault *schema_decode(const struct field *fields, const char *source, const struct doc *d,
			    unsigned flags, void *out)
{
	const struct decoder c = { .source = source, .root = d, .flags = flags };
	const struct field whole = { .kind = FIELD_OBJECT, .fields = fields };

	return field_decode(&c, &whole, d, out);
}

/* Decoding into memory that is thrown away is the one way to say the same as decoding. */
struct fault *schema_check(const struct field *fields, const char *source, const struct doc *d,
			   unsigned flags)
{
	_cleanup_free_ void *scratch = xcalloc(1, MAX(fields_extent(fields), (size_t)1));
	struct fault *f = schema_decode(fields, source, d, flags, scratch);

	schema_free(fields, scratch);
	return f;
}

/* A secret must not outlive its struct in freed memory. */
static void erase(const struct field *field, char *s)
{
	if (s && field->secret)
		explicit_bzero(s, strlen(s));
	free(s);
}

static void free_strings(const struct field *field, char **v)
{
	for (char **s = v; s && *s; s++)
		erase(field, *s);
	free(v);
}

static void free_objects(const struct field *field, struct objects *objects)
{
	for (size_t i = 0; i < objects->n; i++)
		schema_free(field->fields, place(objects->items, i * field->size));
	free(objects->items);
}

void schema_free(const struct field *fields, void *out)
{
	for (const struct field *f = fields; out && f->kind != FIELD_END; f++) {
		void *at = place(out, f->offset);

		switch (f->kind) {
		case FIELD_STRING: erase(f, *(char **)at); break;
		case FIELD_STRINGS: free_strings(f, *(char ***)at); break;
		case FIELD_MAP:
		case FIELD_COUNTS:
		case FIELD_TREE:
		case FIELD_ANY: doc_free(*(struct doc **)at); break;
		case FIELD_OBJECT: schema_free(f->fields, at); continue;
		case FIELD_OBJECTS: free_objects(f, at); break;
		default: break;
		}
		memset(at, 0, field_size(f));
	}
}
