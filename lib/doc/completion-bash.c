/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/doc/table.h"

/* Finds the verb among the words before the cursor. bash breaks words at "=", so "--root=/x" is
 * three words here. */
static const char head[] =
	"# bash completion for " PROGRAM "\n"
	"_" PROGRAM "()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	"\tlocal verb= opts= words= files= i\n"
	"\tCOMPREPLY=()\n"
	"\tif [[ $cur == \"=\" ]]; then\n"
	"\t\tcur=\n"
	"\telif [[ $prev == \"=\" ]]; then\n"
	"\t\tprev=${COMP_WORDS[COMP_CWORD-2]}\n"
	"\tfi\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tcase ${COMP_WORDS[i]} in\n";

static const char after_globals[] =
	"\t\t\t[[ ${COMP_WORDS[i+1]} == \"=\" ]] && ((i++))\n"
	"\t\t\t((i++))\n"
	"\t\t\t;;\n";

static const char after_verb[] =
	"\t\t-*|\"=\") ;;\n"
	"\t\t*) verb=${COMP_WORDS[i]}; break ;;\n"
	"\t\tesac\n"
	"\tdone\n";

static const char tail[] =
	"\tif [[ $files ]]; then\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	"\t\tcompopt -o filenames 2>/dev/null\n"
	"\telif [[ $cur == -* ]]; then\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$opts\" -- \"$cur\")\n"
	"\telse\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	"\tfi\n"
	"}\n"
	"complete -F _" PROGRAM " " PROGRAM "\n";

/* "--root|-r" with a prefix before each form. */
static void add_forms(const struct option_row *row, const char *prefix, struct buf *out)
{
	buf_addf(out, "%s--%s", prefix, row->name);
	if (row->letter)
		buf_addf(out, "|%s-%c", prefix, row->letter);
}

static void skip_values(const struct option_row *globals, struct buf *out)
{
	bool any = false;

	for (const struct option_row *r = globals; option_more(r); r++) {
		if (!option_takes_value(r))
			continue;
		buf_adds(out, any ? "|" : "\t\t");
		add_forms(r, "", out);
		any = true;
	}
	if (!any)
		return;
	buf_adds(out, ")\n");
	buf_adds(out, after_globals);
}

/* The cases of options whose value is being completed, "VERB:OPTION". */
static void add_values(const char *verb, const struct option_row *rows, struct buf *out)
{
	_cleanup_free_ char *prefix = xasprintf("%s:", verb);

	for (; option_more(rows); rows++) {
		if (!option_takes_value(rows))
			continue;
		buf_adds(out, "\t");
		add_forms(rows, prefix, out);
		buf_adds(out, ")\n");
		if (rows->choices) {
			buf_adds(out, "\t\tmapfile -t COMPREPLY < <(compgen -W '");
			add_words(rows->choices, out);
			buf_adds(out, "' -- \"$cur\")\n");
		} else if (rows->path) {
			buf_adds(out, "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
				      "\t\tcompopt -o filenames 2>/dev/null\n");
		}
		buf_adds(out, "\t\treturn\n\t\t;;\n");
	}
}

static void add_names(const struct option_row *rows, struct buf *out)
{
	for (; option_more(rows); rows++)
		buf_addf(out, "--%s ", rows->name);
}

static void add_verb(const struct verb *v, struct buf *out)
{
	buf_addf(out, "\t%s)\n\t\topts+='", v->name);
	add_names(v->options, out);
	buf_adds(out, "'\n\t\twords='");
	add_words(v->words, out);
	buf_adds(out, "'\n");
	if (verb_wants_files(v))
		buf_adds(out, "\t\t[[ $cur == -* ]] || files=1\n");
	buf_adds(out, "\t\t;;\n");
}

void completion_bash(const struct verb *verbs, const struct option_row *globals, struct buf *out)
{
	buf_adds(out, head);
	skip_values(globals, out);
	buf_adds(out, after_verb);
	buf_adds(out, "\tcase $verb:$prev in\n");
	for (const struct verb *v = verbs; v->name; v++)
		if (!v->hidden)
			add_values(v->name, v->options, out);
	add_values("*", globals, out);
	buf_adds(out, "\tesac\n\topts='");
	add_names(globals, out);
	buf_adds(out, "'\n\tcase $verb in\n\t'')\n\t\twords='");
	for (const struct verb *v = verbs; v->name; v++)
		if (!v->hidden)
			buf_addf(out, "%s ", v->name);
	buf_adds(out, "'\n\t\t;;\n");
	for (const struct verb *v = verbs; v->name; v++)
		if (!v->hidden)
			add_verb(v, out);
	buf_adds(out, "\tesac\n");
	buf_adds(out, tail);
}
