/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/doc/doc.h"

#include "tests/unit/test.h"

/* Texts that other parsers disagree about: what is refused, and with which words. */
static const struct bad {
	const char *text, *id, *message;
} bad[] = {
	{ "", "doc.syntax", "t:1: expected a JSON value, found an empty text" },
	{ " \n ", "doc.syntax", "t:2: expected a JSON value, found an empty text" },
	{ "{", "doc.syntax", "t:1: expected a closing bracket, found the end of the text" },
	{ "{\"a\":1,", "doc.syntax", "t:1: expected a closing bracket, found the end of the text" },
	{ "{\"1\":1,", "doc.syntax", NULL }, /* over-read by cJSON before 1.7.18 */
	{ "[1,]", "doc.syntax", "t:1: expected JSON, found ']'" },
	{ "[1\n,\n]", "doc.syntax", "t:3: expected JSON, found ']'" },
	{ "{\"a\":1,}", "doc.syntax", NULL },
	{ "[,1]", "doc.syntax", NULL },
	{ "[1 2]", "doc.syntax", "t:1: expected JSON, found '2'" },
	{ "{\"a\" 1}", "doc.syntax", NULL },
	{ "{\"a\"}", "doc.syntax", NULL },
	{ "{1:2}", "doc.syntax", NULL },
	{ "[1}", "doc.syntax", NULL },
	{ "{\"a\":1]", "doc.syntax", NULL },
	{ "]", "doc.syntax", "t:1: expected the end of the text, found a closing bracket" },
	{ "1]", "doc.syntax", "t:1: expected the end of the text, found a closing bracket" },
	{ "{}\n{}", "doc.syntax", "t:2: expected the end of the text, found more after the value" },
	{ "1 2", "doc.syntax", "t:1: expected the end of the text, found more after the value" },
	{ "{},", "doc.syntax", "t:1: expected the end of the text, found more after the value" },
	{ "{} x", "doc.syntax", "t:1: expected a JSON value, found byte 0x78" },
	{ "// c\n1", "doc.syntax", NULL },
	{ "/**/1", "doc.syntax", NULL },
	{ "'a'", "doc.syntax", NULL },
	{ "True", "doc.syntax", NULL },
	{ "nul", "doc.syntax", NULL },
	{ "truefalse", "doc.syntax", NULL },
	{ "NaN", "doc.syntax", NULL },
	{ "-Infinity", "doc.syntax", NULL },
	{ "+1", "doc.syntax", NULL },
	{ "01", "doc.syntax", "t:1: expected a number, found something like one" },
	{ "-01", "doc.syntax", NULL },
	{ "1.", "doc.syntax", NULL },
	{ ".5", "doc.syntax", NULL },
	{ "1e", "doc.syntax", NULL },
	{ "1e+", "doc.syntax", NULL },
	{ "1.e1", "doc.syntax", NULL },
	{ "0x10", "doc.syntax", NULL },
	{ "1a", "doc.syntax", NULL },
	{ "1-2", "doc.syntax", NULL },
	{ "--1", "doc.syntax", NULL },
	{ "-", "doc.syntax", NULL },
	{ "1e400", "doc.syntax",
	  "t:1: expected a number that a double holds, found a larger one" },
	{ "1111111111111111111111111111111111111111111111111111111111111111", "doc.syntax",
	  "t:1: expected a number of at most 63 characters, found a longer one" },
	{ "\"a", "doc.syntax", "t:1: expected the end of a string, found the end of the text" },
	{ "\"a\\", "doc.syntax", "t:1: expected an escape sequence after a backslash" },
	{ "\"\\\"", "doc.syntax", NULL },
	{ "\"a\nb\"", "doc.syntax",
	  "t:1: expected the end of a string, found a raw control character" },
	{ "\"\t\"", "doc.syntax", NULL },
	{ "\"\\x41\"", "doc.syntax", NULL },
	{ "\"\\'\"", "doc.syntax", NULL },
	{ "\"\\u12\"", "doc.syntax", "t:1: expected four hex digits after \\u" },
	{ "\"\\u12g4\"", "doc.syntax", NULL },
	{ "\"\\u123", "doc.syntax", NULL },
	{ "\"\\ud800\"", "doc.syntax", NULL },
	{ "\"\\udc00\"", "doc.syntax", NULL },
	{ "\"\\ud800\\u0041\"", "doc.syntax", NULL },
	{ "\"\\u0000\"", "doc.encoding", "t:1: /: expected text, found an escaped NUL" },
	{ "[1,\n\"\xff\"]", "doc.encoding", "t:2: expected UTF-8, found byte 0xff at offset 5" },
	{ "\"\xc0\xaf\"", "doc.encoding", NULL },
	{ "\"\xed\xa0\x80\"", "doc.encoding", NULL },
	{ "\"\xf4\x90\x80\x80\"", "doc.encoding", NULL },
	{ "\"\xe2\x82\"", "doc.encoding", NULL },
	{ "\v1", "doc.syntax", NULL },
	{ "\xc2\xa0""1", "doc.syntax", NULL },
	{ "{\"a\":1,\"b\":{\"x\":1,\n\"y\":2,\"x\":3}}", "doc.duplicate_key",
	  "t:2: /b/x: expected each key once, found it again (first on line 1)" },
	{ "{\"a\":1,\"\\u0061\":2}", "doc.duplicate_key",
	  "t:1: /a: expected each key once, found it again (first on line 1)" },
	{ "[{\"\":1,\"\":2}]", "doc.duplicate_key", NULL },
};

TEST(refused)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_doc_ struct doc *d = NULL;
		_cleanup_fault_ struct fault *f =
			json_parse("t", bad[i].text, strlen(bad[i].text), 0, &d);

		CHECK_MSG(f && !d, "accepted %s", bad[i].text);
		CHECK_MSG(streq(f->id, bad[i].id), "%s: %s", bad[i].text, f->id);
		if (bad[i].message)
			CHECK_STR(f->message, bad[i].message);
		CHECK(strncmp(f->message, "t:", 2) == 0);
	}
}

/* The bytes after the length do not exist: each text sits at the end of its own allocation. */
TEST(reads_only_its_bytes)
{
	const char *text = "{\"a\":[1,\"x\\u00e9\",true,null,-1.5e3],\"b\":{}}";

	for (size_t len = 0; len <= strlen(text); len++) {
		_cleanup_doc_ struct doc *d = NULL;
		_cleanup_free_ char *exact = xmalloc(MAX(len, (size_t)1));
		_cleanup_fault_ struct fault *f = NULL;

		memcpy(exact, text, len);
		f = json_parse("t", exact, len, 0, &d);
		CHECK_MSG(!f == (len == strlen(text)), "%zu bytes", len);
	}
}

TEST(accepted)
{
	static const struct {
		const char *text, *written;
	} rows[] = {
		{ " \t\r\n1 ", "1" },
		{ "\"\"", "\"\"" },
		{ "null", "null" },
		{ "[ ]", "[]" },
		{ "{\"\":{}}", "{\"\":{}}" },
		{ "{\"A\":1,\"a\":2}", "{\"A\":1,\"a\":2}" }, /* exact: no duplicate */
		{ "\"\\u0041\\n\\/\\ud83d\\ude00\"", "\"A\\n/\xf0\x9f\x98\x80\"" },
		{ "\xef\xbb\xbf[]", "[]" },
		{ "[0,-0,1E2,1e-2,0.5]", "[0,0,100.0,0.01,0.5]" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_doc_ struct doc *d = NULL;
		_cleanup_free_ char *text = NULL;

		CHECK_OK(json_parse("t", rows[i].text, strlen(rows[i].text), 0, &d));
		text = doc_to_string(d, DOC_COMPACT);
		CHECK_STR(text, rows[i].written);
	}
}

TEST(exact_integers)
{
	static const char text[] = "[9007199254740993,9223372036854775807,-9223372036854775808,"
				   "9223372036854775808,18446744073709551615,1.0]";
	_cleanup_doc_ struct doc *d = NULL;

	CHECK_OK(json_parse("t", text, strlen(text), 0, &d));
	CHECK(d->items[0]->type == DOC_INT && d->items[0]->integer == 9007199254740993);
	CHECK(d->items[1]->type == DOC_INT && d->items[1]->integer == INT64_MAX);
	CHECK(d->items[2]->type == DOC_INT && d->items[2]->integer == INT64_MIN);
	CHECK(d->items[3]->type == DOC_DOUBLE && d->items[3]->real >= 9.2233720368547758e18);
	CHECK_INT(d->items[4]->type, DOC_DOUBLE);
	CHECK_INT(d->items[5]->type, DOC_DOUBLE);
}

TEST(lines)
{
	static const char text[] = "{\n\"a\": 1,\n\"b\":\n{ \"c\": [\n\n2, \"x\"\n] }\n}";
	_cleanup_doc_ struct doc *d = NULL;

	CHECK_OK(json_parse("t", text, strlen(text), 0, &d));
	CHECK_INT(d->line, 1);
	CHECK_INT(doc_at(d, "/a")->line, 2);
	CHECK_INT(doc_at(d, "/b")->line, 3);
	CHECK_INT(doc_at(d, "/b/c")->line, 4);
	CHECK_INT(doc_at(d, "/b/c/1")->line, 6);
}

static struct fault *nested(int depth, struct doc **ret)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	for (int i = 0; i < depth; i++)
		buf_adds(&text, i % 2 ? "{\"k\":" : "[");
	buf_adds(&text, "1");
	for (int i = depth; i-- > 0;)
		buf_adds(&text, i % 2 ? "}" : "]");
	return json_parse("t", buf_str(&text), text.len, 0, ret);
}

TEST(depth)
{
	_cleanup_doc_ struct doc *d = NULL;

	CHECK_OK(nested(32, &d));
	CHECK_FAULT(nested(33, &d), "doc.too_deep");
	CHECK_FAULT(nested(1000, &d), "doc.too_deep");
	CHECK_FAULT(nested(100000, &d), "doc.too_deep");
}

TEST(size)
{
	_cleanup_doc_ struct doc *d = NULL;
	_cleanup_buf_ struct buf text = BUF_INIT;

	CHECK_OK(json_parse("t", "[1]", 3, 3, &d));
	CHECK_FAULT(json_parse("t", "[1] ", 4, 3, &d), "doc.too_large");
	for (size_t i = 0; i <= DOC_SIZE_MAX; i += 64)
		buf_adds(&text, "                                                                ");
	CHECK_FAULT(json_parse("t", buf_str(&text), text.len, 0, &d), "doc.too_large");
	CHECK_FAULT(json_parse("t", buf_str(&text), text.len, SIZE_MAX, &d), "doc.too_large");
}

TEST(count)
{
	_cleanup_doc_ struct doc *d = NULL;
	_cleanup_buf_ struct buf text = BUF_INIT;

	buf_addc(&text, '[');
	for (unsigned i = 2; i < DOC_NODES_MAX; i++)
		buf_adds(&text, "0,");
	buf_adds(&text, "0]");
	CHECK_OK(json_parse("t", buf_str(&text), text.len, 0, &d));
	CHECK_INT(d->n_items, DOC_NODES_MAX - 1);
	doc_free(TAKE_PTR(d));
	text.len -= 1;
	buf_adds(&text, ",0]");
	CHECK_FAULT(json_parse("t", buf_str(&text), text.len, 0, &d), "doc.too_large");
}

TEST(nul)
{
	_cleanup_doc_ struct doc *d = NULL;

	CHECK_FAULT(json_parse("t", "\"a\0b\"", 5, 0, &d), "doc.encoding");
	CHECK_FAULT(json_parse("t", "[1]\0", 4, 0, &d), "doc.encoding");
}

/* Many keys: the check for duplicates is no square. */
TEST(many_keys)
{
	_cleanup_doc_ struct doc *d = NULL;
	_cleanup_buf_ struct buf text = BUF_INIT;

	buf_addc(&text, '{');
	for (int i = 0; i < 200000; i++)
		buf_addf(&text, "\"key%d\":%d,", i, i);
	buf_adds(&text, "\"key7\":1}");
	CHECK_FAULT(json_parse("t", buf_str(&text), text.len, 0, &d), "doc.duplicate_key");
}

TEST_MAIN
