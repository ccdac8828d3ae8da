/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/doc/table.h"

#define WIDTH 79
#define COLUMN_MAX 28 /* where help begins at most; longer names have it on a line of its own */

/* Columns of a UTF-8 text, one for each code point. */
static size_t columns(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((uint8_t)s[i] & 0xc0) != 0x80;
	return n;
}

static void pad(size_t n, struct buf *out)
{
	buf_addf(out, "%*s", (int)n, "");
}

/* Words filled between `indent` and WIDTH; the line is at column `at` already. */
static void fill(const char *text, size_t len, size_t at, size_t indent, struct buf *out)
{
	bool first = true;

	for (size_t i = 0; i < len;) {
		size_t word = strcspn(text + i, " "), n;

		word = MIN(word, len - i);
		n = columns(text + i, word);
		if (!first && at + 1 + n > WIDTH) {
			buf_addc(out, '\n');
			pad(indent, out);
			at = indent;
		} else if (!first) {
			buf_addc(out, ' ');
			at++;
		}
		buf_add(out, text + i, word);
		at += n;
		first = false;
		i += word;
		i += strspn(text + i, " ");
	}
	buf_addc(out, '\n');
}

/* "  left      help", help filled in its own column. */
static void add_row(const char *left, size_t column, const char *help, struct buf *out)
{
	size_t at = columns(left, strlen(left));

	buf_adds(out, left);
	if (at + 2 > column) {
		buf_addc(out, '\n');
		at = 0;
	}
	pad(column - at, out);
	fill(help, strlen(help), column, column, out);
}

static char *option_left(const struct option_row *row)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	if (row->letter)
		buf_addf(&out, "  -%c, --%s", row->letter, row->name);
	else
		buf_addf(&out, "      --%s", row->name);
	if (option_takes_value(row))
		buf_addf(&out, "=%s", row->value ? row->value : "VALUE");
	return buf_take(&out);
}

static size_t option_column(const struct option_row *rows, size_t column)
{
	for (; option_more(rows); rows++) {
		_cleanup_free_ char *left = option_left(rows);

		column = MAX(column, columns(left, strlen(left)) + 2);
	}
	return MIN(column, (size_t)COLUMN_MAX);
}

static void add_options(const char *title, const struct option_row *rows, size_t column,
			struct buf *out)
{
	if (!option_more(rows))
		return;
	buf_addf(out, "\n%s:\n", title);
	for (; option_more(rows); rows++) {
		_cleanup_free_ char *left = option_left(rows);
		_cleanup_buf_ struct buf help = BUF_INIT;

		add_option_help(rows, &help);
		add_row(left, column, buf_str(&help), out);
	}
}

static char *verb_left(const struct verb *v)
{
	return xasprintf("  %s%s%s", v->name, v->args ? " " : "", v->args ? v->args : "");
}

static void add_verbs(const struct verb *verbs, struct buf *out)
{
	size_t column = 0;

	for (const struct verb *v = verbs; v->name; v++) {
		_cleanup_free_ char *left = verb_left(v);

		if (!v->hidden)
			column = MAX(column, columns(left, strlen(left)) + 2);
	}
	column = MIN(column, (size_t)COLUMN_MAX);
	for (const struct verb *v = verbs; v->name; v++) {
		_cleanup_free_ char *left = verb_left(v);

		if (!v->hidden)
			add_row(left, column, v->help, out);
	}
}

void help_program(const struct verb *verbs, const struct option_row *globals, const char *program,
		  const char *tagline, struct buf *out)
{
	buf_addf(out, "Usage: %s [OPTIONS] COMMAND [ARGUMENTS]\n\n", program);
	fill(tagline, strlen(tagline), 0, 0, out);
	buf_adds(out, "\nCommands:\n");
	add_verbs(verbs, out);
	add_options("Options", globals, option_column(globals, 0), out);
	buf_addf(out, "\n\"%s COMMAND --help\" says more about a command.\n", program);
}

static void add_paragraph(void *arg, const char *text, size_t len, bool filled)
{
	struct buf *out = arg;

	if (!filled) {
		buf_add(out, text, len);
		buf_addc(out, '\n');
		return;
	}
	fill(text, len, 0, 0, out);
}

void help_verb(const struct verb *v, const struct option_row *globals, const char *program,
	       struct buf *out)
{
	size_t column = option_column(v->options, option_column(globals, 0));

	buf_addf(out, "Usage: %s %s [OPTIONS]%s%s\n\n", program, v->name, v->args ? " " : "",
		 v->args ? v->args : "");
	fill(v->help, strlen(v->help), 0, 0, out);
	if (v->about) {
		buf_addc(out, '\n');
		paragraphs(v->about, add_paragraph, out);
	}
	add_options("Options", v->options, column, out);
	add_options("Options of every command", globals, column, out);
}
