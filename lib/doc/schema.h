/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Schema tables: one row a field, from which a struct is decoded, a JSON Schema is printed, and a
 * manual section is made.
 *
 *	static const struct field lifecycle_fields[] = {
 *		F_STRING("source", struct lifecycle, source, "Where the bundle lies", .max = 1024),
 *		F_DURATION("timeout", struct lifecycle, timeout_ms, "Deadline of a script",
 *			   .otherwise = "30m"),
 *		F_END
 *	};
 */

#include "lib/doc/doc.h"

enum field_kind {
	FIELD_END,
	FIELD_STRING,	/* char *; owned by the struct */
	FIELD_BOOL,	/* bool */
	FIELD_INT,	/* int64_t, between min and max */
	FIELD_DURATION, /* uint64_t in milliseconds; text as parse_duration has it; a number is s */
	FIELD_SIZE,	/* uint64_t in bytes; text as parse_size has it */
	FIELD_PERCENT,	/* uint32_t in parts per million */
	FIELD_ENUM,	/* int: index into names */
	FIELD_STRINGS,	/* char **: array of strings (one string counts as an array of one) */
	FIELD_MAP,	/* struct doc *: object of strings, kept as a tree; owned */
	FIELD_COUNTS,	/* struct doc *: object of whole numbers, 0 to 2^31 - 1; owned */
	FIELD_TREE,	/* struct doc *: an object, kept as it is; owned */
	FIELD_ANY,	/* struct doc *: kept as it is; owned */
	FIELD_OBJECT,	/* a struct inside, decoded by `fields` */
	FIELD_OBJECTS,	/* struct objects: an array of structs of `size` bytes, each by `fields` */
};

struct objects { /* what FIELD_OBJECTS fills; items are `size` apart */
	void *items;
	size_t n;
};

struct field {
	const char *name;
	enum field_kind kind;
	size_t offset;
	const char *help;	 /* one sentence: what it does, its unit */
	const char *otherwise;	 /* default as text, NULL for none (zero) */
	bool required;
	int64_t min, max;	 /* FIELD_INT: bounds (both 0: none). FIELD_STRING: max length */
	const char *const *names; /* FIELD_ENUM: NULL-terminated */
	const struct field *fields; /* FIELD_OBJECT, FIELD_OBJECTS */
	size_t size;		 /* FIELD_OBJECTS: bytes of one item */
	const char *pattern;	 /* what it must look like, as POSIX extended regex; NULL: anything.
				  * Kept to what ECMA 262 reads the same way: no [[:classes:]] */
	bool secret;		 /* never shown: dump and faults print "(secret)" */
};

#define F_(nm, knd, type, member, hlp, ...) \
	{ .name = (nm), .kind = (knd), .offset = offsetof(type, member), .help = (hlp), \
	  __VA_ARGS__ }
#define F_STRING(n, t, m, h, ...) F_(n, FIELD_STRING, t, m, h, __VA_ARGS__)
#define F_BOOL(n, t, m, h, ...) F_(n, FIELD_BOOL, t, m, h, __VA_ARGS__)
#define F_INT(n, t, m, h, ...) F_(n, FIELD_INT, t, m, h, __VA_ARGS__)
#define F_DURATION(n, t, m, h, ...) F_(n, FIELD_DURATION, t, m, h, __VA_ARGS__)
#define F_SIZE(n, t, m, h, ...) F_(n, FIELD_SIZE, t, m, h, __VA_ARGS__)
#define F_PERCENT(n, t, m, h, ...) F_(n, FIELD_PERCENT, t, m, h, __VA_ARGS__)
#define F_ENUM(n, t, m, h, ...) F_(n, FIELD_ENUM, t, m, h, __VA_ARGS__)
#define F_STRINGS(n, t, m, h, ...) F_(n, FIELD_STRINGS, t, m, h, __VA_ARGS__)
#define F_MAP(n, t, m, h, ...) F_(n, FIELD_MAP, t, m, h, __VA_ARGS__)
#define F_COUNTS(n, t, m, h, ...) F_(n, FIELD_COUNTS, t, m, h, __VA_ARGS__)
#define F_TREE(n, t, m, h, ...) F_(n, FIELD_TREE, t, m, h, __VA_ARGS__)
#define F_ANY(n, t, m, h, ...) F_(n, FIELD_ANY, t, m, h, __VA_ARGS__)
#define F_OBJECT(n, t, m, h, f, ...) F_(n, FIELD_OBJECT, t, m, h, .fields = (f), __VA_ARGS__)
#define F_OBJECTS(n, t, m, h, f, item, ...) \
	F_(n, FIELD_OBJECTS, t, m, h, .fields = (f), .size = sizeof(item), __VA_ARGS__)
#define F_END { .kind = FIELD_END }

enum schema_flags {
	SCHEMA_STRICT = 1, /* unknown keys are refused (schema.unknown_key); else ignored */
};

/* A null, in JSON or YAML, counts as an absent key. A YAML plain scalar is what the field wants it
 * to be; a quoted one, like a JSON string, is text and no boolean, integer or null. FIELD_STRING
 * has max in bytes; for FIELD_STRINGS max and pattern hold for every string. */

/* Decodes an object into *out, which the caller has zeroed; defaults are applied where a key is
 * absent (also inside absent FIELD_OBJECTs). On a fault *out may be half filled: schema_free is
 * safe. Faults: schema.type, schema.value, schema.missing, schema.unknown_key; each message is
 * "SOURCE:LINE: /json/pointer: expected …, found …", with "/" for the whole document and
 * `; did you mean "x"?` where a known word is near. */
struct fault *schema_decode(const struct field *fields, const char *source, const struct doc *d,
			    unsigned flags, void *out) _must_check_;
/* Only the checks: what schema_decode would say. */
struct fault *schema_check(const struct field *fields, const char *source, const struct doc *d,
			   unsigned flags) _must_check_;
void schema_free(const struct field *fields, void *out); /* frees what it owns; *out is zeroed */
/* The struct back as a tree, every field, defaults included; durations and sizes as text that
 * decodes to the same number; what is NULL as null; a secret that is set as "(secret)". */
struct doc *schema_encode(const struct field *fields, const void *in);
/* JSON Schema (draft 2020-12) of the table; id may be NULL. */
struct doc *schema_json(const struct field *fields, const char *id, const char *title);
