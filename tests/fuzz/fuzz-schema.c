/* SPDX-License-Identifier: Apache-2.0 */
/* What a schema accepts is encoded, accepted again, and encoded to the same. */
#include "lib/doc/schema.h"
#include "tests/fuzz/fuzz.h"

struct item {
	char *name;
	uint64_t bytes;
};

struct inner {
	bool flag;
	int64_t count;
};

struct all {
	char *text;
	bool flag;
	int64_t count;
	uint64_t wait_ms, bytes;
	uint32_t ppm;
	int mode;
	char **words;
	struct doc *map, *any;
	struct inner inner;
	struct objects items;
};

static const char *const modes[] = { "one", "two", NULL };

static const struct field item_fields[] = {
	F_STRING("name", struct item, name, "A name.", .required = true, .max = 20),
	F_SIZE("bytes", struct item, bytes, "A size.", .otherwise = "1K"),
	F_END,
};

static const struct field inner_fields[] = {
	F_BOOL("flag", struct inner, flag, "A flag.", .otherwise = "true"),
	F_INT("count", struct inner, count, "A count.", .min = -9, .max = 9),
	F_END,
};

static const struct field fields[] = {
	F_STRING("text", struct all, text, "Text.", .pattern = "^[a-z]*$", .otherwise = "x"),
	F_BOOL("flag", struct all, flag, "A flag."),
	F_INT("count", struct all, count, "A count."),
	F_DURATION("wait", struct all, wait_ms, "A time.", .otherwise = "5m"),
	F_SIZE("bytes", struct all, bytes, "A size."),
	F_PERCENT("part", struct all, ppm, "A part."),
	F_ENUM("mode", struct all, mode, "A mode.", .names = modes),
	F_STRINGS("words", struct all, words, "Words.", .max = 9),
	F_MAP("map", struct all, map, "A map."),
	F_ANY("any", struct all, any, "Anything."),
	F_OBJECT("inner", struct all, inner, "Inside.", inner_fields),
	F_OBJECTS("items", struct all, items, "Items.", item_fields, struct item),
	F_END,
};

static void encode_again(const struct all *in)
{
	_cleanup_doc_ struct doc *d = schema_encode(fields, in), *d2 = NULL;
	_cleanup_fault_ struct fault *f = NULL;
	struct all again = { 0 };

	f = schema_decode(fields, "again", d, SCHEMA_STRICT, &again);
	MUST(!f);
	d2 = schema_encode(fields, &again);
	MUST(doc_equal(d, d2));
	schema_free(fields, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_doc_ struct doc *d = NULL;
	_cleanup_fault_ struct fault *f = doc_parse("in", (const char *)data, size, 4096, &d);
	_cleanup_fault_ struct fault *strict = NULL, *loose = NULL;
	struct all all = { 0 };

	if (f || !d)
		return 0;
	strict = schema_check(fields, "in", d, SCHEMA_STRICT);
	loose = schema_decode(fields, "in", d, 0, &all);
	MUST(strict || !loose); /* strict refuses more, never less */
	if (!loose)
		encode_again(&all);
	schema_free(fields, &all);
	return 0;
}
