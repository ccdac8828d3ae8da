/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lib/doc/text.h"

/* A key that is longer is written as "? key": YAML 1.2 (7.4.3) allows 1024 characters on one line
 * for the short form. */
#define SHORT_KEY_MAX 1000

/* Bytes that mean nothing to YAML inside a plain scalar wherever it stands. */
static bool plain_byte(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_./+@%=,-", c));
}

/* Whether the bytes, unquoted, are read back as this one scalar. */
static bool plain_bytes(const char *s)
{
	bool sign = *s == '-' || *s == '+' || *s == '.';

	if (!isalnum((unsigned char)*s) && *s != '_' && *s != '/' && !sign)
		return false;
	if (sign && !isalnum((unsigned char)s[1]))
		return false;
	for (const char *p = s; *p; p++) {
		bool inner = *p == ' ' || *p == ':';

		if (!inner && !plain_byte(*p))
			return false;
		if (inner && !plain_byte(p[1])) /* also at the end, and for ": " and "  " */
			return false;
	}
	return true;
}

/* Whether some reader of YAML 1.1 or 1.2 takes the plain word for something else than text. */
static bool reads_as_other(const char *s)
{
	static const char *const words[] = { "null", "true", "false", "yes", "no", "on", "off",
					     "y", "n" };

	if (!isalpha((unsigned char)*s) && *s != '_' && *s != '/')
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(s, words[i]) == 0)
			return true;
	return false;
}

static void write_text(const char *s, bool plain, struct buf *out)
{
	if (plain_bytes(s) && (plain || !reads_as_other(s)))
		buf_adds(out, s);
	else
		json_write_string(s, out);
}

static bool is_block(const struct doc *d)
{
	return d->n_items > 0;
}

static void write_scalar(const struct doc *d, struct buf *out)
{
	if (d->type == DOC_STRING)
		write_text(d->string ? d->string : "", d->plain, out);
	else
		doc_write(d, DOC_COMPACT, out); /* and the empty array and object */
}

static void indent_to(unsigned indent, struct buf *out)
{
	buf_addf(out, "%*s", (int)indent, "");
}

static void write_block(const struct doc *d, unsigned indent, struct buf *out);

static void write_key(const char *key, unsigned indent, struct buf *out)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	write_text(key, false, &text);
	if (text.len > SHORT_KEY_MAX) {
		buf_addf(out, "? %s\n", buf_str(&text));
		indent_to(indent, out);
	} else {
		buf_adds(out, buf_str(&text));
	}
	buf_addc(out, ':');
}

static void write_member(const struct doc *child, unsigned indent, struct buf *out)
{
	write_key(child->key, indent, out);
	if (is_block(child)) {
		buf_addc(out, '\n');
		indent_to(indent + 2, out);
		write_block(child, indent + 2, out);
		return;
	}
	buf_addc(out, ' ');
	write_scalar(child, out);
	buf_addc(out, '\n');
}

static void write_item(const struct doc *child, unsigned indent, struct buf *out)
{
	buf_adds(out, "- ");
	if (is_block(child)) {
		write_block(child, indent + 2, out);
		return;
	}
	write_scalar(child, out);
	buf_addc(out, '\n');
}

/* The first line is already indented. */
static void write_block(const struct doc *d, unsigned indent, struct buf *out)
{
	for (size_t i = 0; i < d->n_items; i++) {
		if (i)
			indent_to(indent, out);
		if (d->type == DOC_OBJECT)
			write_member(d->items[i], indent, out);
		else
			write_item(d->items[i], indent, out);
	}
}

void doc_write_yaml(const struct doc *d, struct buf *out)
{
	if (is_block(d)) {
		write_block(d, 0, out);
		return;
	}
	write_scalar(d, out);
	buf_addc(out, '\n');
}
