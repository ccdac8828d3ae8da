/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/table.h"

#include <string.h>
#include <unistd.h>

#include "lib/base/parse.h"
#include "lib/base/strv.h"

static const char *colour_of(const char *state)
{
	static const char *const colours[][2] = {
		{ "done", "\033[32m" },	       { "Schedulable", "\033[32m" },
		{ "failed", "\033[31m" },      { "running", "\033[36m" },
		{ "retrying", "\033[33m" },    { "Running", "\033[36m" },
		{ "skipped", "\033[2m" },      { "waiting", "\033[2m" },
		{ "interrupted", "\033[33m" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(colours); i++)
		if (streq(state, colours[i][0]))
			return colours[i][1];
	return str_startswith(state, "Unschedulable") ? "\033[31m" : "";
}

static void add_state(struct buf *b, const char *state, int width, bool colour)
{
	const char *on = colour ? colour_of(state) : "";

	buf_addf(b, "%s%-*s%s", on, width, state, *on ? "\033[0m" : "");
}

static void add_head(struct buf *b, const struct doc *s, bool colour)
{
	char text[DURATION_MAX];

	add_state(b, doc_str(s, "state"), 0, colour);
	if (doc_str(s, "instance"))
		buf_addf(b, "  %s", doc_str(s, "instance"));
	if (doc_str(s, "trigger"))
		buf_addf(b, "  %s: %s", doc_str(s, "trigger"), doc_str(s, "why"));
	buf_addc(b, '\n');
	if (!doc_str(s, "run"))
		return;
	buf_addf(b, "run %s, since %s, %s", doc_str(s, "run"), doc_str(s, "since"),
		 format_duration((uint64_t)doc_integer(s, "elapsedMs", 0), text));
	if (doc_get(s, "leftMs"))
		buf_addf(b, ", %s of its time left",
			 format_duration((uint64_t)doc_integer(s, "leftMs", 0), text));
	buf_adds(b, "\n\n");
}

static void add_step(struct buf *b, const struct doc *step, bool colour)
{
	const struct doc *fault = doc_get(step, "fault");
	int64_t elapsed = doc_integer(step, "elapsedMs", 0);
	char text[DURATION_MAX] = "-";

	if (elapsed)
		(void)format_duration((uint64_t)elapsed, text);
	buf_addf(b, "  %-10s ", doc_str(step, "name"));
	add_state(b, doc_str(step, "state"), 12, colour);
	buf_addf(b, "%9s  ", text);
	if (fault)
		buf_addf(b, "%s [%s]", doc_str(fault, "message"), doc_str(fault, "id"));
	else
		buf_adds(b, doc_str(step, "reason") ? doc_str(step, "reason")
						    : doc_str(step, "about"));
	if (doc_integer(step, "attempts", 0) > 1)
		buf_addf(b, " (attempt %lld)", (long long)doc_integer(step, "attempts", 0));
	buf_addc(b, '\n');
}

static void add_indented(struct buf *b, const char *text)
{
	_cleanup_strv_ char **lines = strv_split(text, "\n");
	size_t n = strv_len(lines), first = n > 20 ? n - 20 : 0;

	for (size_t i = first; i < n; i++)
		buf_addf(b, "  | %s\n", lines[i]);
}

static void add_fault(struct buf *b, const struct doc *f)
{
	buf_addf(b, "\n%s: %s [%s]\n", doc_str(f, "step"), doc_str(f, "message"),
		 doc_str(f, "id"));
	if (doc_str(f, "evidence"))
		add_indented(b, doc_str(f, "evidence"));
	if (doc_str(f, "remedy"))
		buf_addf(b, "  What to do: %s\n", doc_str(f, "remedy"));
}

char *table_text(const struct doc *status, bool colour)
{
	const struct doc *steps = doc_get(status, "steps"), *faults = doc_get(status, "faults");
	struct buf b = BUF_INIT;

	add_head(&b, status, colour);
	for (size_t i = 0; steps && doc_str(status, "run") && i < steps->n_items; i++)
		add_step(&b, steps->items[i], colour);
	for (size_t i = 0; faults && i < faults->n_items; i++)
		add_fault(&b, faults->items[i]);
	return buf_take(&b);
}

void table_draw(struct table *t, const struct doc *status)
{
	char *text = table_text(status, true);

	if (streq(text, t->last)) {
		free(text);
		return;
	}
	if (t->lines)
		(void)printf("\033[%uA\033[J", t->lines);
	(void)fputs(text, stdout);
	(void)fflush(stdout);
	t->lines = 0;
	for (const char *p = text; *p; p++)
		t->lines += *p == '\n';
	free(t->last);
	t->last = text;
}

void table_done(struct table *t)
{
	free(t->last);
	*t = (struct table){ 0 };
}
