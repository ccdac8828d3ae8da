/* SPDX-License-Identifier: Apache-2.0 */
/* What a start would do, over real histories, and what has become moot. */
#include "lib/base/clock.h"
#include "lib/base/path.h"
#include "lifecycle/engine/forecast.h"
#include "lifecycle/engine/history.h"
#include "lifecycle/engine/situation.h"
#include "lifecycle/engine/verdict.h"
#include "tests/unit/test.h"

#define NEEDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define ALL_EARLY "all was done early"

static const char *never(const struct config *c)
{
	(void)c;
	return NULL;
}

static const char *always(const struct config *c)
{
	(void)c;
	return "off";
}

static uint64_t a_minute(const struct config *c)
{
	(void)c;
	return 60000;
}

static const char *nothing_left(const struct doc *result)
{
	const struct doc *left = doc_get(result, "left");

	return left && left->n_items == 0 ? ALL_EARLY : NULL;
}

static const struct step graph[] = {
	{ .name = "identify", .scope = SCOPE_BOOT, .skip = never, .timeout = a_minute },
	{ .name = "extra", .needs = NEEDS("identify"), .scope = SCOPE_BOOT, .skip = always,
	  .timeout = a_minute },
	{ .name = "early", .needs = NEEDS("extra"), .scope = SCOPE_BOOT, .skip = never,
	  .inputs = NEEDS("/early"), .timeout = a_minute },
	{ .name = "middle", .needs = NEEDS("early"), .scope = SCOPE_BOOT, .skip = never,
	  .timeout = a_minute },
	{ .name = "late", .needs = NEEDS("middle"), .scope = SCOPE_BOOT, .skip = never,
	  .moot = nothing_left, .moot_by = "early", .timeout = a_minute },
};

enum { EARLY = 2, MIDDLE, LATE };

struct bench {
	char *dir;
	struct history history;
	struct state state;
	struct doc *config, *expected, *list;
	char key[STEPS_MAX][KEY_MAX];
};

static struct bench *bench_new(void)
{
	static int n;
	struct bench *b = NEW(struct bench, 1);

	b->dir = xasprintf("%s/%d", test_dir(), n++);
	b->config = doc_object();
	doc_set_string(b->config, "early", "as it was");
	state_init(&b->state, graph, ARRAY_SIZE(graph));
	CHECK_OK(history_open(&b->history, b->dir, &b->state, NULL));
	return b;
}

static void bench_free(struct bench *b)
{
	history_close(&b->history);
	state_done(&b->state);
	doc_free(b->config);
	doc_free(b->expected);
	doc_free(b->list);
	free(b->dir);
	free(b);
}
DEFINE_CLEANUP(struct bench *, bench_free)
#define BENCH(b) _cleanup_(bench_freep) struct bench *b = bench_new()

/* {"left": […]} with n things in it; owned. */
static struct doc *leaving(size_t n)
{
	struct doc *d = doc_object(), *left = doc_set(d, "left", doc_array());

	while (n-- > 0)
		doc_push(left, doc_string("a thing"));
	return d;
}

static struct doc *expect(void *arg, const struct situation *t)
{
	const struct bench *b = arg;

	CHECK(t->state->n == ARRAY_SIZE(graph));
	return doc_copy(b->expected);
}

static void look(struct bench *b)
{
	doc_free(b->list);
	b->list = NULL;
	CHECK_OK(forecast_steps(&(struct forecast_spec){ .steps = graph, .n = ARRAY_SIZE(graph),
							 .config_doc = b->config,
							 .state_dir = b->dir,
							 .expect = b->expected ? expect : NULL,
							 .arg = b }, &b->list));
	CHECK_INT(b->list->n_items, ARRAY_SIZE(graph));
}

#define CHECK_STEP(b, i, will, reason) \
	do { \
		CHECK_STR(doc_str((b)->list->items[i], "why"), reason); \
		CHECK_INT(doc_boolean((b)->list->items[i], "runs", !(will)), will); \
	} while (0)

static void record(struct bench *b, const char *kind, const char *step, struct doc *result)
{
	struct doc *r = history_record(kind);
	struct situation t;
	struct engine_limits limits = { 0 };

	situation_make(&(struct situation_facts){ .state = &b->state, .config_doc = b->config,
						  .limits = &limits, .boot = b->history.boot }, &t);
	doc_set_string(r, "run", "r1");
	doc_set_string(r, "step", step);
	if (step)
		doc_set_string(r, "key", t.key[state_index(&b->state, step)]);
	if (result)
		doc_set_string(r, "outcome", "done");
	if (result)
		doc_set(r, "result", result);
	CHECK_OK(history_append(&b->history, r));
}

static void done(struct bench *b, const char *step, struct doc *result)
{
	record(b, "begin", step, NULL);
	record(b, "end", step, result);
}

static void begun(struct bench *b)
{
	record(b, "run", NULL, NULL);
	record(b, "start", NULL, NULL);
	done(b, "identify", doc_object());
}

static const struct doc *status_of(struct bench *b, size_t i, struct doc **ret)
{
	doc_free(*ret);
	*ret = status_doc(&b->state, b->history.boot, clock_boottime_ms());
	return doc_get(*ret, "steps")->items[i];
}

TEST(what_is_expected_decides_before_the_first_start)
{
	BENCH(b);

	look(b);
	CHECK_STEP(b, LATE, true, "never ran here");
	b->expected = doc_object();
	doc_set(b->expected, "early", leaving(0));
	look(b);
	CHECK_STEP(b, EARLY, true, "never ran here");
	CHECK_STEP(b, LATE, false, ALL_EARLY);
	doc_set(b->expected, "early", leaving(1));
	look(b);
	CHECK_STEP(b, LATE, true, "never ran here");
}

TEST(what_was_answered_decides_afterwards)
{
	BENCH(b);
	_cleanup_doc_ struct doc *status = NULL;

	begun(b);
	done(b, "early", leaving(0));
	b->expected = doc_object();
	doc_set(b->expected, "early", leaving(1)); /* no longer of interest */
	look(b);
	CHECK_STEP(b, EARLY, false, "done in this boot");
	CHECK_STEP(b, MIDDLE, true, "never ran here");
	CHECK_STEP(b, LATE, false, ALL_EARLY);
	CHECK_STR(doc_str(status_of(b, LATE, &status), "state"), "skipped");
	CHECK_STR(doc_str(status_of(b, LATE, &status), "reason"), ALL_EARLY);
}

TEST(what_is_left_is_done)
{
	BENCH(b);
	_cleanup_doc_ struct doc *status = NULL;

	begun(b);
	done(b, "early", leaving(2));
	look(b);
	CHECK_STEP(b, LATE, true, "never ran here");
	CHECK_STR(doc_str(status_of(b, LATE, &status), "state"), "waiting");
}

/* Neither another boot's answer nor one to other inputs says anything. */
TEST(an_answer_of_another_day_counts_for_nothing)
{
	BENCH(b);
	_cleanup_doc_ struct doc *status = NULL;

	begun(b);
	done(b, "early", leaving(0));
	done(b, "middle", doc_object());
	look(b);
	CHECK_STEP(b, MIDDLE, false, "done in this boot");
	doc_set_string(b->config, "early", "changed");
	look(b);
	CHECK_STEP(b, EARLY, true, "changed inputs");
	CHECK_STEP(b, MIDDLE, true, "what it needs runs again");
	CHECK_STEP(b, LATE, true, "never ran here");
	(void)snprintf(b->history.boot, sizeof(b->history.boot), "another-boot");
	CHECK_STR(doc_str(status_of(b, LATE, &status), "state"), "waiting");
}

/* What is off hides nothing that runs below it. */
TEST(a_skipped_step_passes_on_what_runs_again)
{
	BENCH(b);

	begun(b);
	done(b, "early", leaving(0));
	record(b, "reset", "identify", NULL);
	look(b);
	CHECK_STEP(b, 1, false, "off");
	CHECK_STEP(b, EARLY, true, "what it needs runs again");
}

TEST_MAIN
