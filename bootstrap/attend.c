/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/attend.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bootstrap/ending.h"
#include "bootstrap/last-words.h"
#include "bootstrap/netbox.h"
#include "lib/base/path.h"
#include "lib/base/record.h"
#include "lib/net/retry.h"
#include "lib/sys/log.h"
#include "lifecycle/engine/history.h"
#include "lifecycle/lastwords/end.h"

#define LOOK_MS 1000	  /* between looks at the history's size */
#define ABSENT_MS 30000	  /* as in `muster status --wait`: after this long nobody is coming */
#define ANSWER_MS 900000  /* CONTINUE is tried so long: without it the group ends a good machine */

struct attend {
	const struct globals *globals;
	char *history, *mark;
	struct ending e;
	off_t seen;	       /* size of the history at the last read; -1: never */
	uint64_t held_ms;      /* boottime at which a supervisor was last seen */
	uint64_t heartbeat_ms; /* boottime of the next one */
	struct hooks hooks;
	bool listed;
	char *complaint; /* the last fault that was logged */
};

static struct asker asker(const struct attend *a)
{
	return ending_asker(&a->e, clock_boottime_ms() + ASK_MS);
}

/* A failure that repeats is said once. */
static bool went_well(struct attend *a, const char *what, struct fault *fault)
{
	_cleanup_fault_ struct fault *f = fault_wrap(fault, "%s", what);

	if (f && !streq(a->complaint, f->id))
		log_fault(LOG_WARNING, NULL, f);
	free(a->complaint);
	a->complaint = f ? xstrdup(f->id) : NULL;
	return !f;
}

/* Whether a supervisor is at work. The lock is looked at first: what is written before it is let go
 * is then seen, too. */
static bool look(struct attend *a)
{
	struct stat st = { .st_size = 0 };
	bool held = record_is_held(a->history);

	(void)stat(a->history, &st);
	if (st.st_size != a->seen) {
		ending_done(&a->e);
		ending_read(a->globals, &a->e);
		a->seen = st.st_size;
	}
	if (held)
		a->held_ms = clock_boottime_ms();
	return held;
}

static bool has_work(const struct attend *a)
{
	return a->e.config && (a->e.config->autoscaling.hook || access(a->mark, F_OK) == 0);
}

static bool know_hooks(struct attend *a)
{
	struct asker who = asker(a);

	if (!a->listed)
		a->listed = went_well(a, "autoscaling.hook", ask_hooks(&who, &a->hooks));
	return a->listed && !a->hooks.in_service;
}

static void heartbeat(struct attend *a)
{
	struct asker who = asker(a);
	uint64_t pause = a->e.config->autoscaling.heartbeat_ms;

	if (know_hooks(a)) {
		pause = a->hooks.heartbeat_ms;
		(void)went_well(a, "heartbeat", ask_heartbeat(&who, &a->hooks));
	}
	/* A tenth of it by chance: machines that are launched together do not stay in step. */
	a->heartbeat_ms = clock_boottime_ms() + pause - random_below(pause / 10 + 1);
}

static bool answer(struct attend *a)
{
	struct asker who = asker(a);
	unsigned n = 0;

	if (!a->e.config->autoscaling.hook)
		return true;
	if (!know_hooks(a))
		return a->listed;
	if (!went_well(a, "CONTINUE", ask_complete(&who, &a->hooks, "CONTINUE", &n)))
		return false;
	if (n)
		log_notice("%u launch hooks of %s were told to continue", n, a->hooks.group);
	return true;
}

static bool take_tag_back(struct attend *a)
{
	struct asker who = asker(a);
	_cleanup_free_ char *value = end_tag(a->e.status);

	if (!a->e.config->last_words.tag || access(a->mark, F_OK) < 0)
		return true;
	if (!went_well(a, "lastWords.tag", ask_tag(&who, value)))
		return false;
	(void)unlink(a->mark);
	return true;
}

static void finish_well(struct attend *a)
{
	uint64_t until = clock_boottime_ms() + ANSWER_MS;

	for (unsigned attempt = 2;; attempt++) {
		bool answered = answer(a), done = take_tag_back(a) && answered;
		uint64_t pause = retry_delay(&retry_step, attempt, 0, (uint32_t)random_u64());

		if (done || clock_boottime_ms() + pause >= until)
			return;
		clock_sleep_ms(pause);
	}
}

static void finish(struct attend *a)
{
	enum hook_answer end = a->e.named ? end_hook(a->e.config, a->e.status) : HOOK_LEAVE;

	if (end == HOOK_CONTINUE)
		finish_well(a);
	else if (end == HOOK_KEEP && a->e.config->autoscaling.hook)
		heartbeat(a); /* for the time that the reboot takes */
}

/* One turn; false when there is nothing more to attend to. */
static bool turn(struct attend *a)
{
	uint64_t now = clock_boottime_ms();
	bool held = look(a);

	if (a->e.named && !has_work(a))
		return false;
	/* While a supervisor is there, a verdict is that of the run before its own. */
	if (!held && doc_get(a->e.status, "exit")) {
		finish(a);
		return false;
	}
	if (!held && now - a->held_ms > ABSENT_MS) {
		log_notice("no muster is at work on this run: hooks are no longer kept waiting");
		return false;
	}
	if (held && a->e.named && a->e.config->autoscaling.hook && now >= a->heartbeat_ms)
		heartbeat(a);
	return true;
}

int verb_attend(const void *globals, const void *opts, int argc, char **argv)
{
	_cleanup_free_ char *state_dir = globals_state_dir(globals);
	struct attend a = { .globals = globals, .seen = -1, .held_ms = clock_boottime_ms() };

	(void)opts;
	(void)argc;
	(void)argv;
	a.history = path_join(state_dir, HISTORY_NAME);
	a.mark = path_join(state_dir, TAG_MARK);
	log_open(LOG_AUTO, "muster");
	log_context("MUSTER_STEP", "attend");
	if (went_well(&a, "muster-net", netbox_use()))
		while (turn(&a))
			clock_sleep_ms(LOOK_MS);
	ending_done(&a.e);
	hooks_done(&a.hooks);
	free(a.history);
	free(a.mark);
	free(a.complaint);
	return 0;
}
