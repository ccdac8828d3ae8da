/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/doc/table.h"

/* fish knows two escapes inside single quotes. */
static void add_fish_quoted(const char *s, struct buf *out)
{
	buf_addc(out, '\'');
	for (; *s; s++) {
		if (*s == '\'' || *s == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *s);
	}
	buf_addc(out, '\'');
}

/* Prints the verb of the command line; the value of a global option is none. */
static void add_verb_function(const struct option_row *globals, struct buf *out)
{
	buf_adds(out, "function __" PROGRAM "_verb\n"
		      "\tset -l tokens (commandline -opc)\n"
		      "\tset -l skip 0\n"
		      "\tfor word in $tokens[2..-1]\n"
		      "\t\tif test $skip = 1\n"
		      "\t\t\tset skip 0\n"
		      "\t\t\tcontinue\n"
		      "\t\tend\n"
		      "\t\tswitch $word\n"
		      "\t\tcase ''");
	for (; option_more(globals); globals++) {
		if (!option_takes_value(globals))
			continue;
		buf_addf(out, " --%s", globals->name);
		if (globals->letter)
			buf_addf(out, " -%c", globals->letter);
	}
	buf_adds(out, "\n"
		      "\t\t\tset skip 1\n"
		      "\t\tcase '-*'\n"
		      "\t\tcase '*'\n"
		      "\t\t\techo $word\n"
		      "\t\t\treturn 0\n"
		      "\t\tend\n"
		      "\tend\n"
		      "\treturn 1\n"
		      "end\n");
}

static void add_condition(const char *verb, struct buf *out)
{
	if (verb)
		buf_addf(out, " -n 'contains -- %s (__" PROGRAM "_verb)'", verb);
}

static void add_options(const struct option_row *rows, const char *verb, struct buf *out)
{
	for (; option_more(rows); rows++) {
		buf_adds(out, "complete -c " PROGRAM);
		add_condition(verb, out);
		buf_addf(out, " -l %s", rows->name);
		if (rows->letter)
			buf_addf(out, " -s %c", rows->letter);
		if (option_takes_value(rows))
			buf_adds(out, rows->path ? " -r -F" : " -x");
		if (rows->choices) {
			buf_adds(out, " -a '");
			add_words(rows->choices, out);
			buf_addc(out, '\'');
		}
		buf_adds(out, " -d ");
		add_fish_quoted(rows->help, out);
		buf_addc(out, '\n');
	}
}

static void add_verb(const struct verb *v, struct buf *out)
{
	buf_addf(out, "complete -c " PROGRAM " -n 'not __" PROGRAM "_verb >/dev/null' -a %s -d ",
		 v->name);
	add_fish_quoted(v->help, out);
	buf_addc(out, '\n');
	add_options(v->options, v->name, out);
	if (!v->words && !verb_wants_files(v))
		return;
	buf_adds(out, "complete -c " PROGRAM);
	add_condition(v->name, out);
	if (v->words) {
		buf_adds(out, " -a '");
		add_words(v->words, out);
		buf_adds(out, "'\n");
	} else {
		buf_adds(out, " -F\n");
	}
}

void completion_fish(const struct verb *verbs, const struct option_row *globals, struct buf *out)
{
	buf_adds(out, "# fish completion for " PROGRAM "\n");
	add_verb_function(globals, out);
	buf_adds(out, "complete -c " PROGRAM " -f\n");
	add_options(globals, NULL, out);
	for (const struct verb *v = verbs; v->name; v++)
		if (!v->hidden)
			add_verb(v, out);
}
