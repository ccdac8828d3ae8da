/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/doc/schema-kind.h"
#include "lib/doc/text.h"

/* What parse_duration, parse_size and parse_percent accept, for editors. */
#define UNITS "(ns|us|ms|s|sec|seconds?|m|min|minutes?|h|hr|hours?|d|days?|w|weeks?)"
#define DURATION_PATTERN \
	"^(infinity|none|[0-9]+(\\.[0-9]+)?|([0-9]+(\\.[0-9]+)? *" UNITS " *)+)$"
#define SIZE_PATTERN "^[0-9]+(\\.[0-9]+)? *(B|[KMGTPE](i|iB)?)?$"
#define PERCENT_PATTERN "^[0-9]+(\\.[0-9]{1,4}0*)?%$"

static struct doc *types(const char *a, const char *b)
{
	struct doc *array = doc_array();

	doc_push(array, doc_string(a));
	doc_push(array, doc_string(b));
	return array;
}

/* max counts bytes and maxLength characters, which are never more. */
static void add_string(const struct field *field, struct doc *schema)
{
	doc_set_string(schema, "type", "string");
	if (field->max > 0)
		doc_set_int(schema, "maxLength", field->max);
	doc_set_string(schema, "pattern", field->pattern);
}

static void add_integer(const struct field *field, struct doc *schema)
{
	doc_set_string(schema, "type", "integer");
	if (field->min || field->max) {
		doc_set_int(schema, "minimum", field->min);
		doc_set_int(schema, "maximum", field->max);
	}
}

static void add_quantity(struct doc *schema, const char *pattern)
{
	doc_set(schema, "type", types("string", "integer"));
	doc_set_string(schema, "pattern", pattern);
	doc_set_int(schema, "minimum", 0);
}

static void add_enum(const struct field *field, struct doc *schema)
{
	struct doc *names = doc_set(schema, "enum", doc_array());

	for (size_t i = 0; field->names[i]; i++)
		doc_push(names, doc_string(field->names[i]));
}

/* The keywords about length and pattern hold for a lone string, items for an array. */
static void add_strings(const struct field *field, struct doc *schema)
{
	add_string(field, schema);
	doc_set(schema, "type", types("string", "array"));
	add_string(field, doc_set(schema, "items", doc_object()));
}

static void add_map(const struct field *field, struct doc *schema)
{
	doc_set_string(schema, "type", "object");
	add_string(field, doc_set(schema, "additionalProperties", doc_object()));
}

static void add_counts(struct doc *schema)
{
	const struct field count = { .kind = FIELD_INT, .max = INT32_MAX };

	doc_set_string(schema, "type", "object");
	add_integer(&count, doc_set(schema, "additionalProperties", doc_object()));
}

static void add_fields(const struct field *fields, struct doc *schema);

static void add_kind(const struct field *field, struct doc *schema)
{
	switch (field->kind) {
	case FIELD_STRING: add_string(field, schema); break;
	case FIELD_BOOL: doc_set_string(schema, "type", "boolean"); break;
	case FIELD_INT: add_integer(field, schema); break;
	case FIELD_DURATION: add_quantity(schema, DURATION_PATTERN); break;
	case FIELD_SIZE: add_quantity(schema, SIZE_PATTERN); break;
	case FIELD_PERCENT:
		doc_set_string(schema, "type", "string");
		doc_set_string(schema, "pattern", PERCENT_PATTERN);
		break;
	case FIELD_ENUM: add_enum(field, schema); break;
	case FIELD_STRINGS: add_strings(field, schema); break;
	case FIELD_MAP: add_map(field, schema); break;
	case FIELD_COUNTS: add_counts(schema); break;
	case FIELD_TREE: doc_set_string(schema, "type", "object"); break;
	case FIELD_OBJECT: add_fields(field->fields, schema); break;
	case FIELD_OBJECTS:
		doc_set_string(schema, "type", "array");
		add_fields(field->fields, doc_set(schema, "items", doc_object()));
		break;
	case FIELD_ANY:
	case FIELD_END: break;
	}
}

/* The default text as the type that the schema asks for. */
static void add_default(const struct field *field, struct doc *schema)
{
	struct doc *d;

	if (!field->otherwise || field->kind == FIELD_OBJECT)
		return;
	d = doc_set(schema, "default", doc_string(field->otherwise));
	if (field->kind == FIELD_BOOL || field->kind == FIELD_INT) {
		d->plain = true;
		doc_resolve(d);
	}
}

static struct doc *field_json(const struct field *field)
{
	struct doc *schema = doc_object();

	doc_set_string(schema, "description", field->help);
	add_kind(field, schema);
	add_default(field, schema);
	if (field->secret)
		doc_set_bool(schema, "writeOnly", true);
	return schema;
}

static void add_fields(const struct field *fields, struct doc *schema)
{
	struct doc *properties, *required = doc_array();

	doc_set_string(schema, "type", "object");
	properties = doc_set(schema, "properties", doc_object());
	for (const struct field *f = fields; f->kind != FIELD_END; f++) {
		doc_set(properties, f->name, field_json(f));
		if (f->required)
			doc_push(required, doc_string(f->name));
	}
	if (required->n_items)
		doc_set(schema, "required", required);
	else
		doc_free(required);
	doc_set_bool(schema, "additionalProperties", true);
}

struct doc *schema_json(const struct field *fields, const char *id, const char *title)
{
	struct doc *schema = doc_object();

	doc_set_string(schema, "$schema", "https://json-schema.org/draft/2020-12/schema");
	doc_set_string(schema, "$id", id);
	doc_set_string(schema, "title", title);
	add_fields(fields, schema);
	return schema;
}
