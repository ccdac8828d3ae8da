/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/doc/doc.h"

#include <math.h>

#include "lib/base/file.h"
#include "tests/unit/test.h"

static struct doc *parse(const char *text)
{
	struct doc *d = NULL;

	CHECK_OK(doc_parse("t", text, strlen(text), 0, &d));
	return d;
}

TEST(build)
{
	_cleanup_doc_ struct doc *d = doc_object();
	_cleanup_free_ char *text = NULL;

	doc_set_string(d, "s", "x");
	doc_set_string(d, "none", NULL);
	doc_set_int(d, "i", INT64_MIN);
	doc_set_bool(d, "b", true);
	doc_push(doc_set(d, "a", doc_array()), doc_string(NULL));
	doc_set_int(d, "s", 7); /* replaces, keeps its place */
	doc_set_int(d, "gone", 1);
	doc_remove(d, "gone");
	doc_remove(d, "never");
	text = doc_to_string(d, DOC_COMPACT);
	CHECK_STR(text, "{\"s\":7,\"i\":-9223372036854775808,\"b\":true,\"a\":[null]}");
}

TEST(growth)
{
	_cleanup_doc_ struct doc *d = doc_object();
	char key[32];

	for (int i = 0; i < 300; i++) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		doc_set_int(d, key, i);
	}
	for (int i = 0; i < 300; i += 2) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		doc_remove(d, key);
	}
	for (int i = 0; i < 300; i += 2) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		doc_set_int(d, key, -i);
	}
	CHECK_INT(d->n_items, 300);
	CHECK_INT(doc_integer(d, "k299", 0), 299);
	CHECK_INT(doc_integer(d, "k298", 0), -298);
}

TEST(look)
{
	_cleanup_doc_ struct doc *d = parse("{\"Name\":\"x\",\"n\":5,\"t\":true,\"f\":1.5}");
	_cleanup_doc_ struct doc *y = parse("n: 5\nt: true\nq: '5'\nv: 1.30\n");

	CHECK_STR(doc_str(d, "Name"), "x");
	CHECK(!doc_str(d, "name")); /* exact */
	CHECK(!doc_str(d, "n"));
	CHECK_INT(doc_integer(d, "n", 1), 5);
	CHECK_INT(doc_integer(d, "f", 1), 1);
	CHECK_INT(doc_integer(d, "absent", 9), 9);
	CHECK(doc_boolean(d, "t", false) && doc_boolean(d, "n", true));
	CHECK(!doc_get(NULL, "x") && !doc_str(NULL, "x"));
	CHECK_INT(doc_integer(y, "n", 1), 5); /* plain */
	CHECK(doc_boolean(y, "t", false));
	CHECK_INT(doc_integer(y, "q", 1), 1); /* quoted */
	CHECK_STR(doc_str(y, "v"), "1.30");
}

TEST(pointers)
{
	_cleanup_doc_ struct doc *d =
		parse("{\"a\":[{\"x/y\":{\"~\":1}},2],\"\":3,\"01\":4}");
	static const struct {
		const char *pointer;
		int64_t value;
	} rows[] = {
		{ "/a/0/x~1y/~0", 1 }, { "/a/1", 2 }, { "/", 3 }, { "/01", 4 },
		{ "/a/01", -1 },       { "/a/2", -1 }, { "a", -1 }, { "/a/-", -1 },
		{ "/a/0/x/y", -1 },    { "/a/1/0", -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct doc *at = doc_at(d, rows[i].pointer);
		_cleanup_free_ char *back = doc_pointer(d, at);

		CHECK_MSG((at ? at->integer : -1) == rows[i].value, "%s", rows[i].pointer);
		CHECK(!at || streq(back, rows[i].pointer));
	}
	CHECK(doc_at(d, "") == d);
	CHECK(!doc_pointer(doc_get(d, "a"), d));
}

TEST(merge)
{
	_cleanup_doc_ struct doc *a = parse("{\"o\":{\"k\":1,\"l\":[1,2]},\"s\":\"x\",\"z\":1}");
	_cleanup_doc_ struct doc *b =
		parse("{\"o\":{\"l\":[3],\"m\":2},\"s\":{\"t\":1},\"z\":null}");
	_cleanup_doc_ struct doc *copy = doc_copy(b);
	_cleanup_free_ char *text = NULL, *root = NULL;

	doc_merge(a, b);
	text = doc_to_string(a, DOC_COMPACT);
	CHECK_STR(text, "{\"o\":{\"k\":1,\"l\":[3],\"m\":2},\"s\":{\"t\":1},\"z\":null}");
	CHECK(doc_equal(b, copy));
	doc_merge(doc_get_mut(a, "s"), doc_get(b, "z"));
	root = doc_to_string(a, DOC_COMPACT);
	CHECK_STR(root, "{\"o\":{\"k\":1,\"l\":[3],\"m\":2},\"s\":null,\"z\":null}");
}

TEST(equal)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} rows[] = {
		{ "{\"a\":1,\"b\":[2]}", "{\"b\":[2],\"a\":1}", true },
		{ "{\"a\":1}", "{\"a\":2}", false },
		{ "{\"a\":1}", "{\"b\":1}", false },
		{ "[1,2]", "[2,1]", false },
		{ "[1]", "[1.0]", false },
		{ "[1.5]", "- 1.50\n", true },
		{ "[1,\"x\",true]", "[1,\"x\",true]", true },
		{ "{\"a\":5,\"b\":\"x\",\"c\":null}", "a: 5\nb: x\nc:\n", true },
		{ "{\"a\":\"5\"}", "a: 5\n", false },
		{ "{\"a\":\"5\"}", "a: '5'\n", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_doc_ struct doc *a = parse(rows[i].a), *b = parse(rows[i].b);

		CHECK_MSG(doc_equal(a, b) == rows[i].equal, "%s and %s", rows[i].a, rows[i].b);
		CHECK_MSG(doc_equal(b, a) == rows[i].equal, "%s and %s", rows[i].b, rows[i].a);
	}
}

TEST(styles)
{
	_cleanup_doc_ struct doc *d = parse("{\"b\":{\"z\":[],\"a\":{}},\"a\":[1,[2]],\"B\":0}");
	_cleanup_free_ char *pretty = doc_to_string(d, DOC_PRETTY);
	_cleanup_free_ char *canonical = doc_to_string(d, DOC_CANONICAL);

	CHECK_STR(canonical, "{\"B\":0,\"a\":[1,[2]],\"b\":{\"a\":{},\"z\":[]}}");
	CHECK_STR(pretty, "{\n  \"b\": {\n    \"z\": [],\n    \"a\": {}\n  },\n  \"a\": [\n    1,\n"
			  "    [\n      2\n    ]\n  ],\n  \"B\": 0\n}\n");
}

TEST(written_strings_are_valid)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "\"\"" },
		{ "a\"b\\c/", "\"a\\\"b\\\\c/\"" },
		{ "\b\f\n\r\t\x01\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\"" },
		{ "\xc3\xa9\xf0\x9f\x98\x80", "\"\xc3\xa9\xf0\x9f\x98\x80\"" },
		{ "\xc2\x85\xe2\x80\xa8\xef\xbb\xbf", "\"\\u0085\\u2028\\ufeff\"" },
		{ "x\xff", "\"x\xef\xbf\xbd\"" },			/* no first byte */
		{ "\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },		/* overlong */
		{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" }, /* surrogate */
		{ "\xf4\x90\x80\x80z", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"" },
		{ "\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },		/* cut off */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_doc_ struct doc *d = doc_string(rows[i].in);
		_cleanup_free_ char *text = doc_to_string(d, DOC_COMPACT);

		CHECK_STR(text, rows[i].out);
	}
}

TEST(written_doubles)
{
	static const struct {
		double v;
		const char *text;
	} rows[] = {
		{ 0.1, "0.1" },
		{ 5, "5.0" },
		{ -2.5e-7, "-2.5e-07" },
		{ 1e300, "1e+300" },
		{ 3333333333333330.333333333, "3333333333333330.5" },
		{ 2337203685477580100.4, "2.3372036854775803e+18" },
		{ 5e-324, "4.94065645841247e-324" },
		{ 1.7976931348623157e308, "1.7976931348623157e+308" },
		{ HUGE_VAL, "null" },
		{ -HUGE_VAL, "null" },
	};
	_cleanup_doc_ struct doc *d = doc_new(DOC_DOUBLE);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = NULL;

		d->real = rows[i].v;
		text = doc_to_string(d, DOC_COMPACT);
		CHECK_STR(text, rows[i].text);
	}
}

TEST(resolve)
{
	_cleanup_doc_ struct doc *d = parse("a: 5\nb: ['5', true, 1.30, 0x10, 0644, yes, x]\n");
	_cleanup_free_ char *before = doc_to_string(d, DOC_COMPACT), *after = NULL;

	CHECK_STR(before, "{\"a\":5,\"b\":[\"5\",true,1.3,\"0x10\",\"0644\",\"yes\",\"x\"]}");
	doc_resolve(d);
	after = doc_to_string(d, DOC_COMPACT);
	CHECK_STR(after, before);
	CHECK_INT(doc_at(d, "/a")->type, DOC_INT);
	CHECK_INT(doc_at(d, "/a")->line, 1);
	CHECK(!doc_at(d, "/b/6")->plain);
}

TEST(by_content)
{
	_cleanup_doc_ struct doc *d = NULL;

	CHECK_FAULT(doc_parse("t", " \n{a: 1}", 8, 0, &d), "doc.syntax"); /* JSON by its brace */
	d = parse("\xef\xbb\xbf \n\t[1]");
	CHECK_INT(d->type, DOC_ARRAY);
	doc_free(TAKE_PTR(d));
	d = parse(" \n");
	CHECK_INT(d->type, DOC_OBJECT);
}

TEST(read_file)
{
	_cleanup_free_ char *path = xasprintf("%s/a.yaml", test_dir());
	_cleanup_doc_ struct doc *d = NULL;
	_cleanup_fault_ struct fault *f = NULL;

	CHECK_OK(file_write_volatile(path, "a: 1\nb: &x 2\n", 13, 0600));
	f = doc_read_file(path, 0, &d);
	CHECK(fault_is(f, "doc.alias"));
	CHECK(strstr(f->message, path) && strstr(f->message, ".yaml:2: "));
	CHECK_OK(file_write_volatile(path, "{\"a\":1}", 7, 0600));
	CHECK_OK(doc_read_file(path, 7, &d));
	CHECK_INT(doc_integer(d, "a", 0), 1);
	CHECK_FAULT(doc_read_file(path, 6, &d), "file.too_large");
	CHECK_FAULT(doc_read_file("/nonexistent/x", 0, &d), "file.unreadable");
}

TEST_MAIN
