/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/operate.h"

#include <stdio.h>
#include <string.h>

#include "bootstrap/plan.h"
#include "bootstrap/screen.h"
#include "lib/base/clock.h"
#include "lib/base/path.h"
#include "lib/sys/log.h"
#include "lifecycle/check/check.h"
#include "lifecycle/engine/history.h"
#include "lifecycle/hostcheck/hostcheck.h"
#include "lifecycle/identify/identify.h"
#include "lifecycle/values/identity.h"

const struct option_row check_options[] = {
	O_FLAG("json", 'j', struct check_options, json, "print the results as JSON"),
	O_DURATION("budget", 'b', struct check_options, budget_ms, "TIME",
		   "how long it may take (default 10m)"),
	O_END
};
const char *const check_words[] = { "hostcheck", "check", NULL };

static void explain_row(const struct fault_row *row)
{
	const struct screen s = screen_of_stdout();
	_cleanup_buf_ struct buf b = BUF_INIT;

	buf_addf(&b, "%s (%s, exit code %d)\n\n", row->id, fault_class_name(row->class),
		 fault_class_exit(row->class));
	screen_fill(&b, &s, 0, 0, row->meaning);
	buf_adds(&b, "\n\nWhat to do: ");
	screen_fill(&b, &s, strlen("What to do: "), 2, row->remedy);
	(void)printf("%s\n", buf_str(&b));
}

static int explain_all(void)
{
	for (size_t i = 0; i < n_fault_rows; i++)
		(void)printf("%-26s %-16s %s\n", fault_rows[i].id,
			     fault_class_name(fault_rows[i].class), fault_rows[i].meaning);
	return 0;
}

int verb_explain(const void *globals, const void *opts, int argc, char **argv)
{
	const struct fault_row *row;

	(void)globals;
	(void)opts;
	if (argc == 0)
		return explain_all();
	row = fault_lookup(argv[0]);
	if (streq(row->id, "muster.bug") && !streq(argv[0], "muster.bug"))
		return fail(fault_new("usage", "there is no fault \"%s\"; 'muster explain' lists "
					       "them all", argv[0]));
	explain_row(row);
	return 0;
}

static struct fault *append_reset(struct history *h, const struct plan *plan, int argc, char **argv)
{
	if (argc == 0)
		return history_append(h, history_record("reset"));
	for (int i = 0; i < argc; i++) {
		struct doc *r = history_record("reset");

		if (state_index(h->state, argv[i]) < 0) {
			doc_free(r);
			return fault_new("usage", "there is no step \"%s\"; the first is %s",
					 argv[i], plan->steps[0].name);
		}
		doc_set_string(r, "step", argv[i]);
		TRY(history_append(h, r));
	}
	return NULL;
}

/* Nothing goes on from a history that cannot be read: who resets everything wants a new one. */
static struct fault *begin_afresh(struct fault *why, struct history *h, const char *state_dir)
{
	_cleanup_fault_ struct fault *f = why;
	_cleanup_free_ char *kept = NULL;

	if (!fault_is(f, "record.damaged") && !fault_is(f, "history.record"))
		return TAKE_PTR(f);
	TRY(history_set_aside(state_dir, &kept));
	(void)printf("%s; it is kept as %s\n", f->message, kept);
	return history_open(h, state_dir, h->state, NULL);
}

int verb_reset(const void *globals, const void *opts, int argc, char **argv)
{
	_cleanup_free_ char *state_dir = globals_state_dir(globals);
	struct plan plan = plan_for(NULL);
	struct history h = { .log = NULL };
	struct state state;
	struct fault *f;

	(void)opts;
	state_init(&state, plan.steps, plan.n);
	f = history_open(&h, state_dir, &state, NULL);
	if (f && argc == 0)
		f = begin_afresh(f, &h, state_dir);
	if (!f)
		f = append_reset(&h, &plan, argc, argv);
	history_close(&h);
	state_done(&state);
	if (f)
		return fail(f);
	(void)printf("reset; 'systemctl restart muster' runs %s again\n",
		     argc ? "these steps" : "everything");
	return 0;
}

struct checker {
	struct step_context context;
	struct doc *results;
};

static struct fault *run_one(struct checker *c, const char *name, step_fn step)
{
	struct doc *result = doc_object();
	struct fault *f = step(&c->context, result);

	if (f)
		doc_free(result);
	else
		doc_set(c->results, name, result);
	return f;
}

static struct fault *check_all(struct checker *c, struct identity *id)
{
	TRY(run_one(c, "identify", step_identify));
	TRY(identity_decode("identify", doc_get(c->results, "identify"), id));
	c->context.identity = id;
	TRY(run_one(c, "hostcheck", step_hostcheck));
	return run_one(c, "check", step_check);
}

static void print_results(const struct doc *results, bool json)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (json)
		doc_write(results, DOC_PRETTY, &text);
	else
		doc_write_yaml(results, &text);
	(void)fputs(buf_str(&text), stdout);
}

/* The checks alone, on a machine that may be in use: nothing is recorded, nothing is reported. */
int verb_check(const void *globals, const void *opts, int argc, char **argv)
{
	const struct globals *g = globals;
	const struct check_options *o = opts;
	struct config_sources s = globals_sources(globals);
	_cleanup_loaded_config_ struct loaded_config loaded = { .doc = NULL };
	_cleanup_free_ char *state_dir = globals_state_dir(g), *run_dir = globals_run_dir(g);
	_cleanup_identity_ struct identity id = { .instance_id = NULL };
	_cleanup_doc_ struct doc *results = doc_object();
	struct checker c = { .results = results };
	struct fault *f = config_load(&s, &loaded);

	(void)argc;
	(void)argv;
	if (f)
		return fail(f);
	loaded.config.join.by_ms = NO_DEADLINE; /* nothing is left for a join: there is none */
	log_open(LOG_STDERR, "muster");
	(void)path_mkdirs(state_dir, 0700);
	c.context = (struct step_context){
		.root = g->root ? g->root : "",
		.state_dir = state_dir,
		.run_dir = run_dir,
		.run_id = "check",
		.trigger = TRIGGER_RESTART,
		.attempt = 1,
		.previous = "none",
		.deadline_ms = clock_boottime_ms() + (o->budget_ms ? o->budget_ms : 600000),
		.config = &loaded.config,
		.results = results,
	};
	f = check_all(&c, &id);
	if (f)
		return fail(f);
	print_results(results, o->json);
	return 0;
}
