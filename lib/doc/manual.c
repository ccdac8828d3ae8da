/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/doc/table.h"
#include "lib/doc/text.h"

/* Text that roff prints as it is: no control lines, no escapes, hyphens that are minus signs. */
static void add_text(const char *s, size_t len, struct buf *out)
{
	size_t n;
	uint32_t c;

	if (len && (*s == '.' || *s == '\''))
		buf_adds(out, "\\&");
	for (size_t i = 0; i < len; i += n) {
		n = utf8_next(s + i, len - i, &c);
		if (n == 0) {
			n = 1;
			c = 0xfffd;
		}
		if (c == '\\')
			buf_adds(out, "\\e");
		else if (c == '-')
			buf_adds(out, "\\-");
		else if (c == '\'')
			buf_adds(out, "\\(aq");
		else if (c == 0x2026) /* not every terminal has an ellipsis */
			buf_adds(out, "...");
		else if (c < 0x80)
			buf_addc(out, (char)c);
		else
			buf_addf(out, "\\[u%04X]", c);
	}
}

static void add_string(const char *s, struct buf *out)
{
	add_text(s, strlen(s), out);
}

static void add_font(char font, const char *s, struct buf *out)
{
	buf_addf(out, "\\f%c", font);
	add_string(s, out);
	buf_adds(out, "\\fR");
}

static void add_sentence(const char *s, struct buf *out)
{
	size_t len = strlen(s);

	add_text(s, len, out);
	buf_adds(out, len && strchr(".!?", s[len - 1]) ? "\n" : ".\n");
}

static void add_option(const struct option_row *row, struct buf *out)
{
	_cleanup_buf_ struct buf help = BUF_INIT;
	_cleanup_free_ char *name = xasprintf("--%s", row->name);

	buf_adds(out, ".TP\n");
	if (row->letter) {
		char letter[] = { '-', row->letter, '\0' };

		add_font('B', letter, out);
		buf_adds(out, ", ");
	}
	add_font('B', name, out);
	if (option_takes_value(row)) {
		buf_addc(out, '=');
		add_font('I', row->value ? row->value : "VALUE", out);
	}
	buf_addc(out, '\n');
	add_option_help(row, &help);
	add_sentence(buf_str(&help), out);
}

static void add_options(const struct option_row *rows, struct buf *out)
{
	for (; option_more(rows); rows++)
		add_option(rows, out);
}

static void add_paragraph(void *arg, const char *text, size_t len, bool filled)
{
	struct buf *out = arg;

	if (len == 0) {
		buf_adds(out, ".sp\n");
		return;
	}
	buf_adds(out, filled ? "" : ".nf\n");
	add_text(text, len, out);
	buf_adds(out, filled ? "\n" : "\n.fi\n");
}

static void add_verb(const struct verb *v, struct buf *out)
{
	_cleanup_free_ char *name = xasprintf("%s %s", PROGRAM, v->name);

	buf_adds(out, ".TP\n");
	add_font('B', name, out);
	if (option_more(v->options)) {
		buf_adds(out, " [");
		add_font('I', "OPTIONS", out);
		buf_addc(out, ']');
	}
	if (v->args) {
		buf_addc(out, ' ');
		add_font('I', v->args, out);
	}
	buf_addc(out, '\n');
	add_sentence(v->help, out);
	if (v->about) {
		buf_adds(out, ".sp\n");
		paragraphs(v->about, add_paragraph, out);
	}
	if (!option_more(v->options))
		return;
	buf_adds(out, ".RS\n");
	add_options(v->options, out);
	buf_adds(out, ".RE\n");
}

void manual_sections(const struct verb *verbs, const struct option_row *globals, struct buf *out)
{
	buf_adds(out, ".SH COMMANDS\n");
	for (; verbs->name; verbs++)
		if (!verbs->hidden)
			add_verb(verbs, out);
	if (!option_more(globals))
		return;
	buf_adds(out, ".SH OPTIONS\nThese are understood by every command.\n");
	add_options(globals, out);
}
