/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/doc/table.h"

/* _arguments gives brackets and colons a meaning. */
static char *escaped(const char *s)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	for (; *s; s++) {
		if (strchr("[]:\\", *s))
			buf_addc(&out, '\\');
		buf_addc(&out, *s);
	}
	return buf_take(&out);
}

/* ":DIR:_files", ":GATE:(auto label)", ":N: " */
static void add_action(const struct option_row *row, struct buf *out)
{
	_cleanup_free_ char *value = escaped(row->value ? row->value : "VALUE");

	buf_addf(out, ":%s:", value);
	if (row->choices) {
		buf_addc(out, '(');
		add_words(row->choices, out);
		buf_addc(out, ')');
	} else {
		buf_adds(out, row->path ? "_files" : " ");
	}
}

/* One spec for each form of the option. */
static void add_spec(const struct option_row *row, const char *form, struct buf *out)
{
	_cleanup_buf_ struct buf spec = BUF_INIT;
	_cleanup_free_ char *help = escaped(row->help);

	if (row->letter)
		buf_addf(&spec, "(-%c --%s)", row->letter, row->name);
	buf_addf(&spec, "%s[%s]", form, help);
	if (option_takes_value(row))
		add_action(row, &spec);
	buf_adds(out, " \\\n\t\t");
	add_quoted(buf_str(&spec), out);
}

static void add_specs(const struct option_row *rows, struct buf *out)
{
	for (; option_more(rows); rows++) {
		const char *sign = option_takes_value(rows) ? "=" : "";
		_cleanup_free_ char *name = xasprintf("--%s%s", rows->name, sign);

		add_spec(rows, name, out);
		if (rows->letter) {
			char letter[] = { '-', rows->letter, '\0', '\0' };

			if (option_takes_value(rows))
				letter[2] = '+';
			add_spec(rows, letter, out);
		}
	}
}

static void add_arguments(const struct verb *v, struct buf *out)
{
	_cleanup_buf_ struct buf spec = BUF_INIT;

	if (!v->words && !verb_wants_files(v))
		return;
	buf_adds(&spec, "*:argument:");
	if (v->words) {
		buf_addc(&spec, '(');
		add_words(v->words, &spec);
		buf_addc(&spec, ')');
	} else {
		buf_adds(&spec, "_files");
	}
	buf_adds(out, " \\\n\t\t");
	add_quoted(buf_str(&spec), out);
}

/* Every verb is a function of its own: _arguments then sees the verb as the command, and its
 * options after it. */
static void add_verb(const struct verb *v, const struct option_row *globals, struct buf *out)
{
	buf_addf(out, "_" PROGRAM "_%s() {\n\t_arguments -s", v->name);
	add_specs(globals, out);
	add_specs(v->options, out);
	add_arguments(v, out);
	buf_adds(out, "\n}\n\n");
}

void completion_zsh(const struct verb *verbs, const struct option_row *globals, struct buf *out)
{
	buf_adds(out, "#compdef " PROGRAM "\n\n");
	for (const struct verb *v = verbs; v->name; v++)
		if (!v->hidden)
			add_verb(v, globals, out);
	buf_adds(out, "_" PROGRAM "() {\n"
		      "\tlocal curcontext=\"$curcontext\" state line\n"
		      "\tlocal -a commands\n"
		      "\t_arguments -C -s");
	add_specs(globals, out);
	buf_adds(out, " \\\n\t\t'(-)1:command:->command' \\\n\t\t'(-)*::argument:->argument'\n"
		      "\tcase $state in\n\tcommand)\n\t\tcommands=(\n");
	for (const struct verb *v = verbs; v->name; v++) {
		_cleanup_free_ char *help = escaped(v->help), *entry = NULL;

		if (v->hidden)
			continue;
		entry = xasprintf("%s:%s", v->name, help);
		buf_adds(out, "\t\t\t");
		add_quoted(entry, out);
		buf_addc(out, '\n');
	}
	buf_adds(out, "\t\t)\n\t\t_describe command commands\n\t\t;;\n\targument)\n"
		      "\t\t(( $+functions[_" PROGRAM "_$words[1]] )) && _" PROGRAM
		      "_$words[1]\n\t\t;;\n\tesac\n}\n\n"
		      "_" PROGRAM " \"$@\"\n");
}
