/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/doc/schema-kind.h"
#include "lib/doc/text.h"

struct fault *schema_fault(const struct decoder *c, const char *id, const struct doc *node,
			   const char *name, const char *expected, const char *found)
{
	_cleanup_free_ char *pointer = doc_pointer(c->root, node), *at = NULL;

	if (!pointer)
		pointer = xstrdup("(default)");
	at = text_pointer(name ? xasprintf("%s/%s", pointer, name) : TAKE_PTR(pointer));
	return text_fault(id, c->source, node->line, "%s: expected %s, found %s", at, expected,
			  found);
}

static void add_names(const char *const *names, struct buf *out)
{
	buf_adds(out, "one of ");
	for (size_t i = 0; names[i]; i++)
		buf_addf(out, "%s\"%s\"", i ? ", " : "", names[i]);
}

static void add_integer(const struct field *field, struct buf *out)
{
	buf_adds(out, "an integer");
	if (field->min || field->max)
		buf_addf(out, " between %lld and %lld", (long long)field->min,
			 (long long)field->max);
}

void schema_expected(const struct field *field, struct buf *out)
{
	static const char *const words[] = {
		[FIELD_STRING] = "a string",
		[FIELD_BOOL] = "true or false",
		[FIELD_DURATION] = "a duration such as \"90s\" or \"1h30m\"",
		[FIELD_SIZE] = "a size such as \"64K\" or \"10GiB\"",
		[FIELD_PERCENT] = "a percentage such as \"5%\"",
		[FIELD_STRINGS] = "a string or an array of strings",
		[FIELD_MAP] = "an object of strings",
		[FIELD_COUNTS] = "an object of whole numbers",
		[FIELD_TREE] = "an object",
		[FIELD_ANY] = "a value",
		[FIELD_OBJECT] = "an object",
		[FIELD_OBJECTS] = "an array of objects",
	};

	if (field->kind == FIELD_ENUM)
		add_names(field->names, out);
	else if (field->kind == FIELD_INT)
		add_integer(field, out);
	else
		buf_adds(out, words[field->kind]);
}
