/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/table.h"

#include <string.h>
#include <unistd.h>

#include "bootstrap/screen.h"
#include "lib/base/parse.h"
#include "lib/base/strv.h"

#define STEP_PREFIX  36 /* columns before a step's words */
#define EVIDENCE_MIN 3	/* lines, however small the screen is */

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

static void add_head(struct buf *b, const struct screen *screen, const struct doc *s, bool colour)
{
	const char *state = doc_str(s, "state");
	_cleanup_buf_ struct buf words = BUF_INIT;
	char text[DURATION_MAX];

	add_state(b, state, 0, colour);
	if (doc_str(s, "instance"))
		buf_addf(&words, "  %s", doc_str(s, "instance"));
	if (doc_str(s, "trigger"))
		buf_addf(&words, "  %s: %s", doc_str(s, "trigger"), doc_str(s, "why"));
	screen_clip(b, buf_str(&words), screen->columns - MIN(strlen(state), screen->columns));
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

/* The fault's id stays where its message is cut: it is what `muster explain` takes. */
static void add_step(struct buf *b, const struct screen *s, const struct doc *step, bool colour)
{
	const struct doc *fault = doc_get(step, "fault");
	const char *words = doc_str(step, "reason") ? doc_str(step, "reason")
						    : doc_str(step, "about");
	int64_t elapsed = doc_integer(step, "elapsedMs", 0);
	long long attempts = doc_integer(step, "attempts", 0);
	_cleanup_buf_ struct buf tail = BUF_INIT;
	char text[DURATION_MAX] = "-";

	if (elapsed)
		(void)format_duration((uint64_t)elapsed, text);
	buf_addf(b, "  %-10s ", doc_str(step, "name"));
	add_state(b, doc_str(step, "state"), 12, colour);
	buf_addf(b, "%9s  ", text);
	if (fault)
		buf_addf(&tail, " [%s]", doc_str(fault, "id"));
	if (attempts > 1)
		buf_addf(&tail, " (attempt %lld)", attempts);
	screen_clip(b, fault ? doc_str(fault, "message") : words,
		    s->columns > STEP_PREFIX + tail.len ? s->columns - STEP_PREFIX - tail.len : 0);
	buf_addf(b, "%s\n", buf_str(&tail));
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* The last lines of the evidence, those that a screen has room for; the journal has all. */
static void add_evidence(struct buf *b, const struct screen *s, const char *text, size_t room)
{
	_cleanup_strv_ char **lines = strv_split(text, "\n");
	size_t n = strv_len(lines), most = MAX(room, EVIDENCE_MIN), i = n > most ? n - most : 0;

	for (; i < n; i++) {
		buf_adds(b, "  | ");
		screen_clip(b, lines[i], s->columns - strlen("  | "));
		buf_addc(b, '\n');
	}
}

static void add_fault(struct buf *b, const struct screen *s, const struct doc *f)
{
	_cleanup_free_ char *head = xasprintf("%s: %s [%s]", doc_str(f, "step"),
					      doc_str(f, "message"), doc_str(f, "id"));
	const char *evidence = doc_str(f, "evidence"), *remedy = doc_str(f, "remedy");
	_cleanup_buf_ struct buf end = BUF_INIT;
	size_t used;

	buf_addc(b, '\n');
	screen_fill(b, s, 0, 2, head);
	buf_addc(b, '\n');
	if (remedy) {
		buf_adds(&end, "  What to do: ");
		screen_fill(&end, s, end.len, 4, remedy);
		buf_addc(&end, '\n');
	}
	used = count_lines(buf_str(b)) + count_lines(buf_str(&end));
	if (evidence)
		add_evidence(b, s, evidence, s->lines > used ? s->lines - used : 0);
	buf_adds(b, buf_str(&end));
}

/* Those of the verdict; while there is none, those that a step is tried again for. */
static void add_faults(struct buf *b, const struct screen *s, const struct doc *status)
{
	const struct doc *steps = doc_get(status, "steps"), *faults = doc_get(status, "faults");

	for (size_t i = 0; faults && i < faults->n_items; i++)
		add_fault(b, s, faults->items[i]);
	for (size_t i = 0; !faults && steps && i < steps->n_items; i++)
		if (streq(doc_str(steps->items[i], "state"), "retrying") &&
		    doc_get(steps->items[i], "fault"))
			add_fault(b, s, doc_get(steps->items[i], "fault"));
}

char *table_text(const struct doc *status, bool colour)
{
	const struct doc *steps = doc_get(status, "steps");
	const struct screen s = screen_of_stdout();
	struct buf b = BUF_INIT;

	add_head(&b, &s, status, colour);
	for (size_t i = 0; steps && doc_str(status, "run") && i < steps->n_items; i++)
		add_step(&b, &s, steps->items[i], colour);
	add_faults(&b, &s, status);
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
	t->lines = (unsigned)count_lines(text);
	free(t->last);
	t->last = text;
}

void table_done(struct table *t)
{
	free(t->last);
	*t = (struct table){ 0 };
}
