/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the files behind schema.h share; nobody else includes it. */

#include "lib/doc/schema.h"

struct decoder {
	const char *source;
	const struct doc *root; /* for pointers in faults */
	unsigned flags;
};

/* The fault about a node, or about its member `name` where that is not NULL. */
struct fault *schema_fault(const struct decoder *c, const char *id, const struct doc *node,
			   const char *name, const char *expected, const char *found) _must_check_;
/* "a string", "one of "a", "b"", "an integer between 1 and 9". */
void schema_expected(const struct field *field, struct buf *out);

/* Decodes one value, which is there and not null, into its place. */
struct fault *field_decode(const struct decoder *c, const struct field *field,
			   const struct doc *value, void *at) _must_check_;
/* Decodes an object; with NULL it only applies defaults. */
struct fault *fields_decode(const struct decoder *c, const struct field *fields,
			    const struct doc *object, void *out) _must_check_;
size_t field_size(const struct field *field); /* bytes of its place in the struct */
