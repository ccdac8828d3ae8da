/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/doc/table.h"

#include <string.h>

bool verb_wants_files(const struct verb *v)
{
	return !v->words && v->args &&
	       (strstr(v->args, "FILE") || strstr(v->args, "PATH") || strstr(v->args, "DIR"));
}

static void add_list(const char *const *words, const char *between, struct buf *out)
{
	for (size_t i = 0; words && words[i]; i++)
		buf_addf(out, "%s%s", i ? between : "", words[i]);
}

void add_words(const char *const *words, struct buf *out)
{
	add_list(words, " ", out);
}

void add_option_help(const struct option_row *row, struct buf *out)
{
	buf_adds(out, row->help);
	if (!row->choices)
		return;
	buf_adds(out, " (");
	add_list(row->choices, ", ", out);
	buf_addc(out, ')');
}

void add_quoted(const char *s, struct buf *out)
{
	buf_addc(out, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, *s);
	}
	buf_addc(out, '\'');
}

/* The paragraph that has been gathered, if there is one. */
static void flush(struct buf *words, paragraph_fn fn, void *arg)
{
	if (words->len)
		fn(arg, words->data, words->len, true);
	buf_reset(words);
}

void paragraphs(const char *text, paragraph_fn fn, void *arg)
{
	_cleanup_buf_ struct buf words = BUF_INIT;

	while (*text) {
		size_t len = strcspn(text, "\n");

		if (len == 0 || *text == ' ' || *text == '\t') {
			flush(&words, fn, arg);
			fn(arg, text, len, false);
		} else {
			if (words.len)
				buf_addc(&words, ' ');
			buf_add(&words, text, len);
		}
		text += len + (text[len] == '\n');
	}
	flush(&words, fn, arg);
}
