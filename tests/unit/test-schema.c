/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/doc/schema.h"

#include "lib/base/strv.h"
#include "tests/unit/test.h"

struct disk {
	char *name;
	uint64_t size;
};

struct inner {
	bool flag;
	int64_t count;
	char *must;
};

struct sample {
	char *name, *password;
	bool enabled;
	int64_t count;
	uint64_t timeout_ms, bytes;
	uint32_t ppm;
	int mode;
	char **words;
	struct doc *labels, *any;
	struct inner inner;
	struct objects disks;
};

static const char *const modes[] = { "automatic", "none", "manual", NULL };

static const struct field disk_fields[] = {
	F_STRING("name", struct disk, name, "Its name.", .required = true),
	F_SIZE("size", struct disk, size, "Its size.", .otherwise = "1GiB"),
	F_END,
};

static const struct field inner_fields[] = {
	F_BOOL("flag", struct inner, flag, "A flag.", .otherwise = "true"),
	F_INT("count", struct inner, count, "A count.", .min = 1, .max = 9, .otherwise = "3"),
	F_STRING("must", struct inner, must, "Needed.", .required = true),
	F_END,
};

static const struct field fields[] = {
	F_STRING("name", struct sample, name, "A name.", .max = 8, .pattern = "^[a-z]+$",
		 .otherwise = "node"),
	F_STRING("password", struct sample, password, "Never shown.", .secret = true,
		 .pattern = "^[a-z]*$"),
	F_BOOL("enabled", struct sample, enabled, "Whether."),
	F_INT("count", struct sample, count, "How many.", .min = -5, .max = 10),
	F_DURATION("timeout", struct sample, timeout_ms, "How long.", .otherwise = "30m"),
	F_SIZE("bytes", struct sample, bytes, "How large.", .otherwise = "64KiB"),
	F_PERCENT("share", struct sample, ppm, "Which part.", .otherwise = "0.5%"),
	F_ENUM("mode", struct sample, mode, "Which way.", .names = modes, .otherwise = "none"),
	F_STRINGS("words", struct sample, words, "Words.", .max = 5, .otherwise = "a"),
	F_MAP("labels", struct sample, labels, "Labels."),
	F_ANY("any", struct sample, any, "Anything."),
	F_OBJECT("inner", struct sample, inner, "Inside.", inner_fields),
	F_OBJECTS("disks", struct sample, disks, "Disks.", disk_fields, struct disk),
	F_END,
};

static const struct field one_field[] = {
	F_STRING("name", struct disk, name, "Its name.", .required = true),
	F_END,
};

/* Every kind of error, word for word. */
static const struct golden {
	const char *text, *id, *message;
} golden[] = {
	{ "{\"name\":5}", "schema.type", "f:1: /name: expected a string, found integer 5" },
	{ "{\n\"name\":\n[]}", "schema.type", "f:2: /name: expected a string, found an array" },
	{ "{\"name\":true}", "schema.type", "f:1: /name: expected a string, found true" },
	{ "[]", "schema.type", "f:1: /: expected an object, found an array" },
	{ "text", "schema.type", "f:1: /: expected an object, found \"text\"" },
	{ "{\"name\":\"UPPER\"}", "schema.value",
	  "f:1: /name: expected text that matches \"^[a-z]+$\", found \"UPPER\"" },
	{ "name: abcdefghi\n", "schema.value", "f:1: /name: expected at most 8 bytes, found 9" },
	{ "password: HUNTER2\n", "schema.value",
	  "f:1: /password: expected text that matches \"^[a-z]*$\", found (secret)" },
	{ "{\"password\":[1]}", "schema.type",
	  "f:1: /password: expected a string, found (secret)" },
	{ "{\"enabled\":\"true\"}", "schema.type",
	  "f:1: /enabled: expected true or false, found \"true\"" },
	{ "enabled: \"true\"\n", "schema.type",
	  "f:1: /enabled: expected true or false, found \"true\"" },
	{ "enabled: 1\n", "schema.type", "f:1: /enabled: expected true or false, found \"1\"" },
	{ "{\"count\":\"5\"}", "schema.type",
	  "f:1: /count: expected an integer between -5 and 10, found \"5\"" },
	{ "count: '5'\n", "schema.type",
	  "f:1: /count: expected an integer between -5 and 10, found \"5\"" },
	{ "{\"count\":1.5}", "schema.type",
	  "f:1: /count: expected an integer between -5 and 10, found number 1.5" },
	{ "{\"count\":11}", "schema.value",
	  "f:1: /count: expected an integer between -5 and 10, found integer 11" },
	{ "count: -6\n", "schema.value",
	  "f:1: /count: expected an integer between -5 and 10, found \"-6\"" },
	{ "timeout: soon\n", "schema.value",
	  "f:1: /timeout: expected a duration such as \"90s\" or \"1h30m\", found \"soon\"" },
	{ "{\"timeout\":-1}", "schema.value",
	  "f:1: /timeout: expected a duration such as \"90s\" or \"1h30m\", found integer -1" },
	{ "{\"timeout\":false}", "schema.type",
	  "f:1: /timeout: expected a duration such as \"90s\" or \"1h30m\", found false" },
	{ "bytes: 64KB\n", "schema.value",
	  "f:1: /bytes: expected a size such as \"64K\" or \"10GiB\", found \"64KB\"" },
	{ "{\"bytes\":{}}", "schema.type",
	  "f:1: /bytes: expected a size such as \"64K\" or \"10GiB\", found an object" },
	{ "share: 5\n", "schema.value",
	  "f:1: /share: expected a percentage such as \"5%\", found \"5\"" },
	{ "{\"share\":5}", "schema.type",
	  "f:1: /share: expected a percentage such as \"5%\", found integer 5" },
	{ "mode: Automatic\n", "schema.value",
	  "f:1: /mode: expected one of \"automatic\", \"none\", \"manual\", found \"Automatic\"; "
	  "did you mean \"automatic\"?" },
	{ "mode: xyzzy\n", "schema.value",
	  "f:1: /mode: expected one of \"automatic\", \"none\", \"manual\", found \"xyzzy\"" },
	{ "{\"mode\":0}", "schema.type",
	  "f:1: /mode: expected one of \"automatic\", \"none\", \"manual\", found integer 0" },
	{ "{\"words\":7}", "schema.type",
	  "f:1: /words: expected a string or an array of strings, found integer 7" },
	{ "words:\n- ok\n- [no]\n", "schema.type",
	  "f:3: /words/1: expected a string, found an array" },
	{ "words:\n- ok\n-\n", "schema.type", "f:3: /words/1: expected a string, found null" },
	{ "words: [ok, toolong]\n", "schema.value",
	  "f:1: /words/1: expected at most 5 bytes, found 7" },
	{ "{\"labels\":[]}", "schema.type",
	  "f:1: /labels: expected an object of strings, found an array" },
	{ "{\"labels\":\n{\"a/b\":1}}", "schema.type",
	  "f:2: /labels/a~1b: expected a string, found integer 1" },
	{ "inner: 5\n", "schema.type", "f:1: /inner: expected an object, found \"5\"" },
	{ "inner:\n  flag: true\n", "schema.missing",
	  "f:1: /inner/must: expected a string, found nothing" },
	{ "inner:\n  must: ~\n", "schema.missing",
	  "f:1: /inner/must: expected a string, found nothing" },
	{ "inner:\n  must: x\n  count: 10\n", "schema.value",
	  "f:3: /inner/count: expected an integer between 1 and 9, found \"10\"" },
	{ "disks: {}\n", "schema.type",
	  "f:1: /disks: expected an array of objects, found an object" },
	{ "disks:\n- name: a\n- size: 1M\n", "schema.missing",
	  "f:3: /disks/1/name: expected a string, found nothing" },
	{ "disks:\n- name: a\n- x\n", "schema.type",
	  "f:3: /disks/1: expected an object, found \"x\"" },
	{ "nmae: x\n", "schema.unknown_key",
	  "f:1: /nmae: expected a known key, found an unknown one; did you mean \"name\"?" },
	{ "zzzzzz: x\n", "schema.unknown_key",
	  "f:1: /zzzzzz: expected a known key, found an unknown one" },
	{ "disks:\n- name: a\n  siez: 1\n", "schema.unknown_key",
	  "f:3: /disks/0/siez: expected a known key, found an unknown one; "
	  "did you mean \"size\"?" },
	/* and what the readers refuse before */
	{ "{\"a\":1,\n\"a\":2}", "doc.duplicate_key",
	  "f:2: /a: expected each key once, found it again (first on line 1)" },
	{ "inner:\n  flag: yes\n  flag: no\n", "doc.duplicate_key",
	  "f:3: /inner/flag: expected each key once, found it again (first on line 2)" },
	{ "name: x\nany: *x\n", "doc.alias",
	  "f:2: /any: expected a value, found a YAML alias (*name)" },
	{ "name: &x x\n", "doc.alias",
	  "f:1: /name: expected a value, found a YAML anchor (&name)" },
	{ "name: !!str x\n", "doc.alias",
	  "f:1: /name: expected a value, found a YAML tag (!name)" },
	{ "name: \"\xff\"\n", "doc.encoding",
	  "f:1: expected UTF-8, found byte 0xff at offset 7" },
	{ "{\"name\":\"\\u0000\"}", "doc.encoding",
	  "f:1: /name: expected text, found an escaped NUL" },
	{ "name: \"a\\0b\"\n", "doc.encoding", "f:1: /name: expected text, found an escaped NUL" },
};

static struct fault *decode(const char *text, unsigned flags, struct sample *out)
{
	_cleanup_doc_ struct doc *d = NULL;

	TRY(doc_parse("f", text, strlen(text), 0, &d));
	return schema_decode(fields, "f", d, flags, out);
}

TEST(golden_messages)
{
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		struct sample s = { 0 };
		_cleanup_fault_ struct fault *f = decode(golden[i].text, SCHEMA_STRICT, &s);

		schema_free(fields, &s);
		CHECK_MSG(f, "%s: no fault", golden[i].text);
		CHECK_STR(f->message, golden[i].message);
		CHECK_STR(f->id, golden[i].id);
	}
}

TEST(check_says_what_decode_says)
{
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		_cleanup_doc_ struct doc *d = NULL;
		_cleanup_fault_ struct fault *f = NULL;

		f = doc_parse("f", golden[i].text, strlen(golden[i].text), 0, &d);
		if (!f)
			f = schema_check(fields, "f", d, SCHEMA_STRICT);
		CHECK(f);
		CHECK_STR(f->message, golden[i].message);
	}
}

TEST(defaults)
{
	struct sample s = { 0 };

	CHECK_OK(decode("{}", SCHEMA_STRICT, &s));
	CHECK_STR(s.name, "node");
	CHECK(!s.password && !s.labels && !s.any && !s.enabled);
	CHECK_INT(s.timeout_ms, 30 * 60 * 1000);
	CHECK_INT(s.bytes, 65536);
	CHECK_INT(s.ppm, 5000);
	CHECK_INT(s.mode, 1);
	CHECK_INT(strv_len(s.words), 1);
	CHECK(s.inner.flag);
	CHECK_INT(s.inner.count, 3);
	CHECK_INT(s.disks.n, 0);
	schema_free(fields, &s);
	CHECK(!s.name && s.timeout_ms == 0 && !s.words && !s.inner.flag);
}

static void check_full(const struct sample *s)
{
	const struct disk *disks = s->disks.items;

	CHECK_STR(s->name, "abc");
	CHECK(s->enabled);
	CHECK_INT(s->count, -5);
	CHECK_INT(s->timeout_ms, 90000);
	CHECK_INT(s->bytes, 10);
	CHECK_INT(s->ppm, 50000);
	CHECK_INT(s->mode, 2);
	CHECK_INT(strv_len(s->words), 2);
	CHECK_STR(s->words[1], "2");
	CHECK_STR(doc_str(s->labels, "k"), "5");
	CHECK_INT(doc_integer(s->any, "x", 0), 1);
	CHECK(!s->inner.flag);
	CHECK_INT(s->disks.n, 2);
	CHECK_STR(disks[1].name, "b");
	CHECK_INT(disks[0].size, 1 << 30);
	CHECK_INT(disks[1].size, 5 << 20);
}

TEST(full_json_and_yaml)
{
	static const char *const texts[] = {
		"{\"name\":\"abc\",\"enabled\":true,\"count\":-5,\"timeout\":90,\"bytes\":10,"
		"\"share\":\"5%\",\"mode\":\"manual\",\"words\":[\"1\",\"2\"],"
		"\"labels\":{\"k\":\"5\",\"gone\":null},\"any\":{\"x\":1},"
		"\"inner\":{\"flag\":false,\"must\":\"m\"},"
		"\"disks\":[{\"name\":\"a\"},{\"name\":\"b\",\"size\":\"5M\"}],\"password\":null}",
		"name: abc\nenabled: yes\ncount: -5\ntimeout: 90\nbytes: 10\nshare: 5%\n"
		"mode: manual\nwords: [1, '2']\nlabels: {k: 5, gone: }\nany: {x: 1}\n"
		"inner:\n  flag: off\n  must: m\ndisks:\n- name: a\n- name: b\n  size: 5Mi\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct sample s = { 0 };

		CHECK_OK(decode(texts[i], SCHEMA_STRICT, &s));
		check_full(&s);
		schema_free(fields, &s);
	}
}

TEST(unknown_keys_are_quiet_unless_strict)
{
	struct sample s = { 0 };

	CHECK_OK(decode("{\"Future\":1,\"disks\":[{\"name\":\"a\",\"Later\":2}]}", 0, &s));
	CHECK_INT(s.disks.n, 1);
	schema_free(fields, &s);
}

TEST(map_loses_plain)
{
	struct sample s = { 0 };
	_cleanup_free_ char *text = NULL;

	CHECK_OK(decode("labels: {a: 5, b: true}\n", 0, &s));
	text = doc_to_string(s.labels, DOC_COMPACT);
	schema_free(fields, &s);
	CHECK_STR(text, "{\"a\":\"5\",\"b\":\"true\"}");
}

TEST(encode_decodes_to_the_same)
{
	struct sample s = { 0 }, again = { 0 };
	_cleanup_doc_ struct doc *d = NULL, *d2 = NULL;
	_cleanup_free_ char *text = NULL;

	CHECK_OK(decode("timeout: 1h30m\nbytes: 3MiB\nshare: 12.0345%\nwords: [x, y]\n"
			"password: geheim\ninner: {must: m}\ndisks: [{name: a, size: 1025}]\n",
			0, &s));
	d = schema_encode(fields, &s);
	text = doc_to_string(d, DOC_COMPACT);
	CHECK_STR(text, "{\"name\":\"node\",\"password\":\"(secret)\",\"enabled\":false,"
			"\"count\":0,\"timeout\":\"90m\",\"bytes\":\"3MiB\","
			"\"share\":\"12.0345%\",\"mode\":\"none\",\"words\":[\"x\",\"y\"],"
			"\"labels\":null,\"any\":null,"
			"\"inner\":{\"flag\":true,\"count\":3,\"must\":\"m\"},"
			"\"disks\":[{\"name\":\"a\",\"size\":\"1025\"}]}");
	doc_remove(d, "password"); /* its pattern refuses "(secret)" */
	CHECK_OK(schema_decode(fields, "f", d, SCHEMA_STRICT, &again));
	d2 = schema_encode(fields, &again);
	doc_remove(d2, "password");
	CHECK(doc_equal(d, d2));
	schema_free(fields, &s);
	schema_free(fields, &again);
}

TEST(encode_quantities)
{
	static const struct {
		uint64_t ms, bytes;
		uint32_t ppm;
		const char *text;
	} rows[] = {
		{ 0, 0, 0, "0s 0 0%" },
		{ 1, 1, 1, "1ms 1 0.0001%" },
		{ 1500, 1536, 100, "1500ms 1536 0.01%" },
		{ 61000, 65536, 1000000, "61s 64KiB 100%" },
		{ 86400000, 1ull << 40, 125000, "24h 1TiB 12.5%" },
		{ UINT64_MAX, 5ull << 30, 10, "infinity 5GiB 0.001%" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sample s = { .timeout_ms = rows[i].ms, .bytes = rows[i].bytes,
				    .ppm = rows[i].ppm };
		_cleanup_doc_ struct doc *d = schema_encode(fields, &s);
		_cleanup_free_ char *text = xasprintf("%s %s %s", doc_str(d, "timeout"),
						      doc_str(d, "bytes"), doc_str(d, "share"));
		struct sample back = { 0 };

		CHECK_STR(text, rows[i].text);
		doc_remove(d, "inner");
		CHECK_OK(schema_decode(fields, "f", d, 0, &back));
		CHECK(back.timeout_ms == rows[i].ms && back.bytes == rows[i].bytes &&
		      back.ppm == rows[i].ppm);
		schema_free(fields, &back);
	}
}

TEST(json_schema)
{
	_cleanup_doc_ struct doc *d = schema_json(fields, "urn:x", "Sample"), *want = NULL;
	_cleanup_doc_ struct doc *small = schema_json(one_field, NULL, "Small");
	_cleanup_free_ char *text = doc_to_string(small, DOC_COMPACT);
	static const struct {
		const char *pointer, *json;
	} rows[] = {
		{ "/$schema", "\"https://json-schema.org/draft/2020-12/schema\"" },
		{ "/$id", "\"urn:x\"" },
		{ "/properties/name",
		  "{\"description\":\"A name.\",\"type\":\"string\",\"maxLength\":8,"
		  "\"pattern\":\"^[a-z]+$\",\"default\":\"node\"}" },
		{ "/properties/password/writeOnly", "true" },
		{ "/properties/mode",
		  "{\"description\":\"Which way.\",\"enum\":[\"automatic\",\"none\",\"manual\"],"
		  "\"default\":\"none\"}" },
		{ "/properties/inner/properties/count",
		  "{\"description\":\"A count.\",\"type\":\"integer\",\"minimum\":1,"
		  "\"maximum\":9,\"default\":3}" },
		{ "/properties/inner/properties/flag/default", "true" },
		{ "/properties/inner/required", "[\"must\"]" },
		{ "/properties/disks/items/required", "[\"name\"]" },
		{ "/properties/disks/items/additionalProperties", "true" },
		{ "/properties/labels/additionalProperties", "{\"type\":\"string\"}" },
		{ "/properties/words/items", "{\"type\":\"string\",\"maxLength\":5}" },
	};

	CHECK_STR(text, "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
			"\"title\":\"Small\",\"type\":\"object\",\"properties\":{\"name\":"
			"{\"description\":\"Its name.\",\"type\":\"string\"}},"
			"\"required\":[\"name\"],\"additionalProperties\":true}");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		doc_free(TAKE_PTR(want));
		CHECK_OK(json_parse("want", rows[i].json, strlen(rows[i].json), 0, &want));
		CHECK_MSG(doc_equal(doc_at(d, rows[i].pointer), want), "%s", rows[i].pointer);
	}
}

TEST_MAIN
