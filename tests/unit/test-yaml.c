/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/doc/doc.h"

#include "tests/unit/test.h"

static const struct bad {
	const char *text, *id, *message;
} bad[] = {
	{ "a: [1\nb: 2\n", "doc.syntax", NULL },
	{ "a: b: c\n", "doc.syntax",
	  "t:1: expected YAML, found a problem: mapping values are not allowed in this context" },
	{ "a: 1\n\tb: 2\n", "doc.syntax", NULL },
	{ "a: 'x\n", "doc.syntax", NULL },
	{ "a: 1\n---\nb: 2\n", "doc.syntax", "t:2: expected one document, found a second one" },
	{ "a: 1\n...\n---\nb: 2\n", "doc.syntax",
	  "t:3: expected one document, found a second one" },
	{ "? [a]\n: b\n", "doc.syntax",
	  "t:1: /: expected a scalar as key, found a collection" },
	{ "{{a: 1}: 2}", "doc.syntax", NULL },
	{ "a: &x 1\n", "doc.alias", "t:1: /a: expected a value, found a YAML anchor (&name)" },
	{ "&r a: 1\n", "doc.alias", NULL },
	{ "&r\na: 1\n", "doc.alias", NULL },
	{ "a: &r [1]\n", "doc.alias", NULL },
	{ "a: &r {b: 1}\n", "doc.alias", NULL },
	{ "a: 1\nb: *x\n", "doc.alias", "t:2: /b: expected a value, found a YAML alias (*name)" },
	{ "*x : 1\n", "doc.alias", NULL },
	{ "a: !!int 1\n", "doc.alias", "t:1: /a: expected a value, found a YAML tag (!name)" },
	{ "a: ! 1\n", "doc.alias", NULL },
	{ "a: !x [1]\n", "doc.alias", NULL },
	{ "!x\na: 1\n", "doc.alias", NULL },
	{ "!!str a: 1\n", "doc.alias", NULL },
	{ "%TAG ! tag:x,2000:\n---\na: 1\n", "doc.alias", NULL },
	{ "%YAML 3.0\n---\na: 1\n", "doc.syntax", NULL },
	{ "a: 1\nb:\n  c: 1\n  c: 2\n", "doc.duplicate_key",
	  "t:4: /b/c: expected each key once, found it again (first on line 3)" },
	{ "a: 1\n'a': 2\n", "doc.duplicate_key", NULL },
	{ "a: \"\\0\"\n", "doc.encoding", "t:1: /a: expected text, found an escaped NUL" },
	{ "\"a\\0\": 1\n", "doc.encoding", NULL },
	{ "a: \x01\n", "doc.encoding", NULL },
	{ "a: 1\nb: \xff\n", "doc.encoding",
	  "t:2: expected UTF-8, found byte 0xff at offset 8" },
};

TEST(refused)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_doc_ struct doc *d = NULL;
		_cleanup_fault_ struct fault *f =
			yaml_parse("t", bad[i].text, strlen(bad[i].text), 0, &d);

		CHECK_MSG(f && !d, "accepted %s", bad[i].text);
		CHECK_MSG(streq(f->id, bad[i].id), "%s: %s", bad[i].text, f->id);
		if (bad[i].message)
			CHECK_STR(f->message, bad[i].message);
		CHECK(strncmp(f->message, "t:", 2) == 0);
	}
}

static struct doc *parse(const char *text)
{
	struct doc *d = NULL;

	CHECK_OK(yaml_parse("t", text, strlen(text), 0, &d));
	return d;
}

TEST(accepted)
{
	static const struct {
		const char *text, *json;
	} rows[] = {
		{ "", "{}" },
		{ "# only words\n", "{}" },
		{ "---\n", "{}" },
		{ "--- \na: 1\n...\n", "{\"a\":1}" },
		{ "%YAML 1.1\n---\na: 1\n", "{\"a\":1}" },
		{ "\xef\xbb\xbf""a: 1\n", "{\"a\":1}" },
		{ "a:\nb: ~\nc: null\nd: ''\ne: 'null'\nf: Null\n",
		  "{\"a\":null,\"b\":null,\"c\":null,\"d\":\"\",\"e\":\"null\",\"f\":null}" },
		{ "a: |\n  x\n  y\nb: >-\n  x\n  y\n", "{\"a\":\"x\\ny\\n\",\"b\":\"x y\"}" },
		{ "a: [1, {b: c}]\n", "{\"a\":[1,{\"b\":\"c\"}]}" },
		{ "- a\n- - b\n", "[\"a\",[\"b\"]]" },
		{ "a: \"\\u00e9\\x41\"\n", "{\"a\":\"\xc3\xa9""A\"}" },
		{ "<<: {a: 1}\n", "{\"<<\":{\"a\":1}}" }, /* no merge keys */
		{ "1: a\ntrue: b\n", "{\"1\":\"a\",\"true\":\"b\"}" },
		{ "text\n", "\"text\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_doc_ struct doc *d = parse(rows[i].text);
		_cleanup_free_ char *text = doc_to_string(d, DOC_COMPACT);

		CHECK_STR(text, rows[i].json);
	}
}

TEST(plain)
{
	_cleanup_doc_ struct doc *d = parse("a: yes\nb: 'yes'\nc: 1.30\nd: |\n  5\ne: ~\n");

	CHECK(doc_get(d, "a")->plain && doc_get(d, "c")->plain);
	CHECK(!doc_get(d, "b")->plain && !doc_get(d, "d")->plain);
	CHECK_INT(doc_get(d, "a")->type, DOC_STRING);
	CHECK_STR(doc_str(d, "c"), "1.30");
	CHECK_INT(doc_get(d, "e")->type, DOC_NULL);
}

TEST(lines)
{
	_cleanup_doc_ struct doc *d = parse("# x\na: 1\nb:\n  c:\n  - 1\n  - x: 2\n    y: 3\n");

	CHECK_INT(doc_at(d, "/a")->line, 2);
	CHECK_INT(doc_at(d, "/b")->line, 3);
	CHECK_INT(doc_at(d, "/b/c")->line, 4);
	CHECK_INT(doc_at(d, "/b/c/1")->line, 6);
	CHECK_INT(doc_at(d, "/b/c/1/y")->line, 7);
}

TEST(depth)
{
	static const struct {
		const char *open;
		int n;
		const char *id;
	} rows[] = {
		{ "[", 33, "doc.too_deep" },	{ "[", 1000, "doc.too_deep" },
		{ "[", 100000, "doc.too_deep" }, { "- ", 1000, "doc.too_deep" },
		{ "{a: ", 1000, "doc.too_deep" }, { "? ", 1000, "doc.syntax" },
	};
	_cleanup_doc_ struct doc *d = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf text = BUF_INIT;

		for (int k = 0; k < rows[i].n; k++)
			buf_adds(&text, rows[i].open);
		CHECK_FAULT(yaml_parse("t", buf_str(&text), text.len, 0, &d), rows[i].id);
	}
	d = parse("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
}

TEST(size)
{
	_cleanup_doc_ struct doc *d = NULL;

	CHECK_OK(yaml_parse("t", "a: 1", 4, 4, &d));
	CHECK_FAULT(yaml_parse("t", "a: 12", 5, 4, &d), "doc.too_large");
	CHECK_FAULT(yaml_parse("t", "a\0: 1", 5, 0, &d), "doc.encoding");
}

TEST(count)
{
	_cleanup_doc_ struct doc *d = NULL;
	_cleanup_buf_ struct buf text = BUF_INIT;

	for (unsigned i = 0; i < DOC_NODES_MAX; i++)
		buf_adds(&text, "- 0\n");
	CHECK_FAULT(yaml_parse("t", buf_str(&text), text.len, 0, &d), "doc.too_large");
}

/* Everything that would be read back as something else is quoted. */
TEST(quoting)
{
	static const struct {
		const char *s;
		bool quoted;
	} rows[] = {
		{ "abc", false },     { "a b", false },	      { "a:b", false },
		{ "/etc/x.y", false }, { "s3://b/k", false },  { "", true },
		{ "a: b", true },     { "a:", true },	      { "a #b", true },
		{ " a", true },	      { "a ", true },	      { "a  b", true },
		{ "yes", true },      { "No", true },	      { "NULL", true },
		{ "~", true },	      { "5", true },	      { "1.30", true },
		{ "-1", true },	      { "0x1f", true },	      { "12:30", true },
		{ "2024-01-02", true }, { ".inf", true },     { "=", true },
		{ "<<", true },	      { "- a", true },	      { "-", true },
		{ "---", true },      { "...", true },	      { "? a", true },
		{ "*a", true },	      { "&a", true },	      { "!a", true },
		{ "%a", true },	      { "@a", true },	      { "`a", true },
		{ "{a", true },	      { "[a", true },	      { "|", true },
		{ ">", true },	      { "'a", true },	      { "\"a", true },
		{ "a\nb", true },     { "\xc3\xa9", true },   { "a,b", false },
		{ "a\tb", true },     { "#a", true },	      { "y", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_doc_ struct doc *d = doc_object(), *back = NULL;
		_cleanup_buf_ struct buf out = BUF_INIT;

		doc_set_string(d, "k", rows[i].s);
		doc_set_int(d, rows[i].s, 1);
		doc_push(doc_set(d, "list", doc_array()), doc_string(rows[i].s));
		doc_write_yaml(d, &out);
		CHECK_MSG((buf_str(&out)[3] == '"') == rows[i].quoted, "%s", buf_str(&out));
		CHECK_OK(yaml_parse("t", buf_str(&out), out.len, 0, &back));
		CHECK_MSG(doc_equal(d, back), "%s", buf_str(&out));
	}
}

TEST(written)
{
	static const char json[] =
		"{\"a\":{\"b\":[1,{\"c\":null,\"d\":[]},[2.5,[true]],{}]},\"e\":\"x\\ny\"}";
	_cleanup_doc_ struct doc *d = NULL, *back = NULL;
	_cleanup_buf_ struct buf out = BUF_INIT;

	CHECK_OK(json_parse("t", json, strlen(json), 0, &d));
	doc_write_yaml(d, &out);
	CHECK_STR(buf_str(&out), "a:\n  b:\n    - 1\n    - c: null\n      d: []\n"
				 "    - - 2.5\n      - - true\n    - {}\ne: \"x\\ny\"\n");
	back = parse(buf_str(&out));
	CHECK(doc_equal(d, back));
}

TEST(plain_words_stay_plain)
{
	_cleanup_doc_ struct doc *d = parse("a: yes\nb: 1h30m\nc: 0644\nd: +5\ne: x # y\n");
	_cleanup_buf_ struct buf out = BUF_INIT;

	doc_write_yaml(d, &out);
	CHECK_STR(buf_str(&out), "a: yes\nb: 1h30m\nc: 0644\nd: +5\ne: x\n");
}

TEST(long_keys)
{
	_cleanup_doc_ struct doc *d = doc_object(), *back = NULL;
	_cleanup_buf_ struct buf key = BUF_INIT, out = BUF_INIT;
	struct doc *inner;

	while (key.len < 3000)
		buf_adds(&key, "key\n");
	inner = doc_set(d, buf_str(&key), doc_object());
	doc_set_int(inner, buf_str(&key), 1);
	doc_push(doc_set(inner, "l", doc_array()), doc_copy(inner));
	doc_write_yaml(d, &out);
	back = parse(buf_str(&out));
	CHECK(doc_equal(d, back));
}

TEST_MAIN
