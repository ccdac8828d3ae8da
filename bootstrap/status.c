/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/status.h"

#include <stdio.h>
#include <unistd.h>

#include "bootstrap/plan.h"
#include "bootstrap/table.h"
#include "lib/base/path.h"
#include "lib/base/record.h"
#include "lib/sys/log.h"
#include "lifecycle/engine/history.h"
#include "lifecycle/engine/verdict.h"

#define POLL_MS 250
/* A supervisor that died is started again after 2 s (RestartSec); one that is about to be started
 * for the first time waits for the network. After this long without any, nobody is coming. */
#define ABSENT_MS 30000
#define STATUS_MAX (1024 * 1024)

const struct option_row status_options[] = {
	O_FLAG("wait", 'w', struct status_options, wait,
	       "wait until the run ends, and end with its exit code"),
	O_FLAG("json", 'j', struct status_options, json, "print the status as JSON"), O_END
};

/* *ret_last_ms: when its last record of this boot was made, 0 where there is none. */
static struct fault *from_history(const char *state_dir, struct doc **ret, uint64_t *ret_last_ms)
{
	struct plan plan = plan_for(NULL);
	char boot[BOOT_ID_MAX] = "";
	struct state state;
	struct fault *f;

	(void)clock_boot_id(boot);
	state_init(&state, plan.steps, plan.n);
	f = history_read(state_dir, &state);
	if (!f) {
		*ret = status_doc(&state, boot, clock_boottime_ms());
		*ret_last_ms = streq(state.boot, boot) ? state.boot_last_ms : 0;
	}
	if (!f && state.supervised) {
		_cleanup_free_ char *path = path_join(state_dir, HISTORY_NAME);

		doc_set_bool(*ret, "supervised", record_is_held(path));
	}
	state_done(&state);
	return f;
}

/* NULL when there is none, or where /run outlived a boot, one of that boot: nothing unusual. */
static struct doc *read_snapshot(const char *path)
{
	_cleanup_doc_ struct doc *seen = NULL;
	char boot[BOOT_ID_MAX] = "";

	fault_free(doc_read_file(path, STATUS_MAX, &seen));
	(void)clock_boot_id(boot);
	return streq(doc_str(seen, "boot"), boot) ? TAKE_PTR(seen) : NULL;
}

/* Whether the snapshot knows an end that the history does not: that of a run which could not record
 * it, for want of room say. The history may have the beginning of that run, or nothing of it, and
 * then the good end of an earlier one. */
static bool knows_more(const struct doc *seen, const struct doc *told, uint64_t last_ms)
{
	if (!doc_get(seen, "exit") || doc_boolean(told, "supervised", false))
		return false;
	return !doc_get(told, "exit") || doc_integer(seen, "unrecordedAt", -1) >= (int64_t)last_ms;
}

/* The history is root's; what anybody may see is the snapshot, which is also what is left when the
 * history cannot be written. */
struct fault *status_read(const struct globals *g, struct doc **ret)
{
	_cleanup_free_ char *state_dir = globals_state_dir(g), *run_dir = globals_run_dir(g);
	_cleanup_free_ char *snapshot = path_join(run_dir, "status.json");
	_cleanup_doc_ struct doc *seen = read_snapshot(snapshot);
	uint64_t last_ms = 0;
	struct fault *f = from_history(state_dir, ret, &last_ms);

	if (f && seen) {
		fault_free(f);
		*ret = TAKE_PTR(seen);
		return NULL;
	}
	if (!f && knows_more(seen, *ret, last_ms)) {
		doc_free(*ret);
		*ret = TAKE_PTR(seen);
	}
	return f;
}

static void print_json(const struct doc *status)
{
	_cleanup_free_ char *text = doc_to_string(status, DOC_PRETTY);

	(void)fputs(text, stdout);
}

static void print_text(const struct doc *status)
{
	_cleanup_free_ char *text = table_text(status, isatty(STDOUT_FILENO));

	(void)fputs(text, stdout);
}

static int exit_of(const struct doc *status)
{
	return (int)doc_integer(status, "exit", 0);
}

/* 0: over; else -EAGAIN, with *absent_ms counting how long nobody has been at work. */
static int wait_once(const struct globals *g, struct table *t, bool live, uint64_t *absent_since,
		     struct doc **ret)
{
	struct fault *f = status_read(g, ret);

	if (f) {
		fault_free(f);
		return -EAGAIN;
	}
	if (live)
		table_draw(t, *ret);
	if (doc_get(*ret, "exit"))
		return 0;
	if (doc_boolean(*ret, "supervised", false))
		*absent_since = clock_boottime_ms();
	return -EAGAIN;
}

static int wait_for_end(const struct globals *g, bool live, struct doc **ret)
{
	uint64_t absent_since = clock_boottime_ms();
	struct table table = { 0 };
	int r;

	for (;;) {
		doc_free(*ret);
		*ret = NULL;
		r = wait_once(g, &table, live, &absent_since, ret);
		if (r == 0 || clock_boottime_ms() - absent_since > ABSENT_MS)
			break;
		clock_sleep_ms(POLL_MS);
	}
	table_done(&table);
	return r;
}

static int say_absent(const struct doc *status)
{
	return fail(fault_new("engine.absent",
			      "the run has no end, and no muster has been at work on it for %d s%s",
			      ABSENT_MS / 1000, status ? "" : " (there is no history)"));
}

int verb_status(const void *globals, const void *opts, int argc, char **argv)
{
	const struct status_options *o = opts;
	_cleanup_doc_ struct doc *status = NULL;
	bool live = o->wait && !o->json && isatty(STDOUT_FILENO);

	(void)argc;
	(void)argv;
	if (o->wait && wait_for_end(globals, live, &status) < 0)
		return say_absent(status);
	if (!status) {
		struct fault *f = status_read(globals, &status);

		if (f)
			return fail(f);
	}
	if (o->json)
		print_json(status);
	else if (!live)
		print_text(status);
	return o->wait ? exit_of(status) : 0;
}
