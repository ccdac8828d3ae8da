/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/path.h"
#include "lib/sys/log.h"
#include "lifecycle/engine/events.h"
#include "lifecycle/engine/internal.h"
#include "lifecycle/engine/situation.h"
#include "lifecycle/engine/trigger.h"
#include "lifecycle/engine/verdict.h"

#define HOLDER_PATIENCE_MS 3000
#define HOLDER_POLL_MS	   50
#define STOPPED_EXIT 143 /* 128 + SIGTERM */

void engine_situation(struct engine *e, struct situation *t)
{
	situation_make(&(struct situation_facts){ .state = &e->state,
						  .config = e->config,
						  .config_doc = e->config_doc,
						  .limits = &e->limits,
						  .boot = e->history.boot,
						  .now_ms = clock_boottime_ms(),
						  .running = e->running },
		       t);
}

static void write_status(struct engine *e, const struct doc *status)
{
	_cleanup_free_ char *path = path_join(e->spec->run_dir, "status.json");
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct fault *f;

	doc_write(status, DOC_PRETTY, &text);
	f = file_write_volatile(path, buf_str(&text), text.len, 0644);
	if (f)
		log_fault(LOG_WARNING, NULL, f);
	fault_free(f);
}

static void publish(struct engine *e)
{
	_cleanup_doc_ struct doc *status =
		status_doc(&e->state, e->history.boot, clock_boottime_ms());

	write_status(e, status);
	if (e->spec->changed)
		e->spec->changed(e->spec->arg, status);
}

void engine_record(struct engine *e, struct doc *record)
{
	struct fault *f;

	if (e->broken) {
		doc_free(record);
		return;
	}
	f = history_append(&e->history, record);
	if (f) {
		e->broken = f;
		engine_step_over(e);
		return;
	}
	publish(e);
}

/* What applies, and for how long; said again only when it is different. */
static void record_plan(struct engine *e)
{
	struct doc *r = history_record("plan"), *skip;
	bool same = e->state.budget_ms == e->limits.budget_ms;

	doc_set_int(r, "budget", (int64_t)MIN(e->limits.budget_ms, (uint64_t)INT64_MAX));
	skip = doc_set(r, "skip", doc_object());
	for (size_t i = 0; i < e->state.n; i++) {
		const struct step *step = &e->spec->steps[i];
		const char *why = step->skip ? step->skip(e->config) : NULL;

		same = same && streq(why, e->state.skip[i]);
		doc_set_string(skip, step->name, why);
	}
	if (same)
		doc_free(r);
	else
		engine_record(e, r);
}

static void adopt_config(struct engine *e, const struct config *config, const struct doc *doc)
{
	e->config = config;
	e->config_doc = doc;
	e->spec->limits(config, &e->limits);
}

static void begin_run(struct engine *e, const char *why)
{
	struct doc *r = history_record("run");
	char id[KEY_MAX];

	(void)snprintf(id, sizeof(id), "%016llx", (unsigned long long)random_u64());
	doc_set_string(r, "run", id);
	doc_set_string(r, "why", why);
	engine_record(e, r);
	log_context("MUSTER_RUN", e->state.run);
}

static void record_start(struct engine *e)
{
	struct doc *r = history_record("start");

	doc_set_string(r, "run", e->state.run);
	doc_set_int(r, "pid", getpid());
	doc_set_string(r, "version", PACKAGE_VERSION);
	engine_record(e, r);
}

static void record_verdict(struct engine *e, struct doc *verdict)
{
	doc_set_string(verdict, "t", "verdict");
	engine_record(e, verdict);
}

/* The configuration that identify's user data adds to. */
static struct fault *complete_config(struct engine *e)
{
	const struct config *config = e->spec->config;
	const struct doc *doc = e->spec->config_doc;

	e->configured = true;
	TRY(e->spec->configure(e->spec->arg, e->state.step[0].result, &config, &doc));
	adopt_config(e, config, doc);
	return NULL;
}

/* Its refusal ends the run. */
static void configure(struct engine *e)
{
	_cleanup_fault_ struct fault *f = complete_config(e);

	if (f)
		record_verdict(e, verdict_of_fault(f));
	else
		record_plan(e);
}

static void name_instance(struct engine *e)
{
	const struct doc *identity = e->state.step[0].result;
	struct trigger_facts facts = {
		.last_instance = e->state.instance,
		.last_hardware = e->state.hardware,
		.instance = doc_str(identity, "instanceId"),
		.hardware = doc_str(identity, "hardware"),
		.replaces = doc_str(identity, "replaces"),
		.continues = e->continues,
		.last = e->state.trigger,
		.same_boot = e->same_boot,
	};
	struct trigger_decision d = trigger_decide(&facts);
	struct doc *r;

	if (d.fresh) {
		begin_run(e, d.why);
		record_start(e); /* it is supervised like any other */
	}
	e->configured = false; /* what identify found this time */
	r = history_record("instance");
	doc_set_string(r, "id", facts.instance ? facts.instance : "unknown");
	doc_set_string(r, "hardware", facts.hardware);
	doc_set_string(r, "trigger", trigger_names[d.trigger]);
	doc_set_string(r, "why", d.why);
	engine_record(e, r);
	log_context("MUSTER_INSTANCE", e->state.instance);
	log_record(LOG_INFO, EVENT_RUN, NULL, "this is %s: %s (%s)", e->state.instance,
		   trigger_names[d.trigger], d.why);
}

static void log_verdict(const struct doc *v)
{
	const char *id = doc_str(doc_at(v, "/faults/0"), "id");
	const struct log_field fields[] = { { "MUSTER_FAULT", id }, { NULL, NULL } };
	_cleanup_free_ char *line = verdict_line(v);

	log_record(id ? LOG_ERR : LOG_NOTICE, EVENT_VERDICT, fields, "%s", line);
}

static void apply(struct engine *e, const struct situation *t, const struct decision *d)
{
	_cleanup_doc_ struct doc *verdict = verdict_doc(t, d);

	for (size_t i = 0; i < e->state.n; i++) {
		if (d->cancel & (UINT32_C(1) << i))
			job_cancel(e, i);
		if (d->start & (UINT32_C(1) << i) && !e->stopping && !e->broken)
			job_start(e, t, i, e->spec->steps[i].closing ? verdict : NULL);
	}
}

static void set_timer(struct engine *e, uint64_t wake_ms)
{
	uint64_t usec = wake_ms == NO_DEADLINE ? UINT64_MAX : wake_ms * 1000;

	(void)sd_event_source_set_time(e->timer, usec);
	(void)sd_event_source_set_enabled(e->timer, SD_EVENT_ONESHOT);
}

/* A report that goes to the cluster before the run has failed says that all went well. */
static void assume_schedulable(struct decision *d)
{
	if (!d->settled)
		d->verdict = "Schedulable";
}

static bool over(const struct engine *e)
{
	return e->running == 0 && (e->broken || e->stopping || e->state.verdict);
}

static void consider(struct engine *e)
{
	struct situation t;
	struct decision d;

	if (e->stopping || e->broken) {
		for (size_t i = 0; i < e->state.n; i++)
			if (e->running & (UINT32_C(1) << i))
				job_cancel(e, i);
	} else if (e->state.named && !e->configured && !e->state.verdict) {
		configure(e);
		engine_step_over(e); /* it need not have recorded anything */
	} else if (!e->state.verdict) {
		engine_situation(e, &t);
		d = decide(&t);
		assume_schedulable(&d);
		set_timer(e, d.wake_ms);
		if (d.move == MOVE_VERDICT)
			record_verdict(e, verdict_doc(&t, &d));
		else if (d.move == MOVE_NAME_INSTANCE)
			name_instance(e);
		else
			apply(e, &t, &d);
	}
	if (over(e))
		(void)sd_event_exit(e->loop, 0);
}

void engine_step_over(struct engine *e)
{
	/* Not from inside a callback's caller: the next turn of the loop decides. */
	(void)sd_event_source_set_time(e->timer, 0);
	(void)sd_event_source_set_enabled(e->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct engine *e = arg;
	uint64_t before;

	(void)source;
	(void)usec;
	do {
		before = e->state.seq;
		consider(e);
	} while (e->state.seq != before && !over(e));
	return 0;
}

static int on_stop(sd_event_source *source, const struct signalfd_siginfo *si, void *arg)
{
	struct engine *e = arg;

	(void)source;
	(void)si;
	log_notice("asked to stop; the steps that run are ended, the next start goes on");
	e->stopping = true;
	engine_step_over(e);
	return 0;
}

static struct fault *open_loop(struct engine *e)
{
	sigset_t mask;
	int r;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &mask, NULL);
	r = sd_event_new(&e->loop);
	if (r >= 0)
		r = sd_event_add_time(e->loop, &e->timer, CLOCK_BOOTTIME, 0, 1000, on_timer, e);
	if (r >= 0)
		r = sd_event_add_signal(e->loop, NULL, SIGTERM, on_stop, e);
	if (r >= 0)
		r = sd_event_add_signal(e->loop, NULL, SIGINT, on_stop, e);
	if (r >= 0)
		r = sd_event_set_watchdog(e->loop, true);
	return r < 0 ? fault_errno("engine.starved", r, "cannot make the event loop") : NULL;
}

/* Whoever waits for the end of this run may look from now on: what the history has of an earlier
 * one is not taken for it. */
static void say_ready(void)
{
	(void)sd_notify(0, "READY=1");
}

/* Takes up the run that the history has, or begins another. */
static void take_up(struct engine *e)
{
	const char *state = doc_str(e->state.verdict, "state");
	bool pending = streq(state, "UnschedulablePendingReboot") && e->state.verdict_boot[0];

	e->same_boot = streq(e->state.named_boot, e->history.boot);
	e->continues = e->state.run[0] && (!e->state.verdict || pending);
	if (pending && streq(e->state.verdict_boot, e->history.boot)) {
		/* It still waits for the reboot that it has asked for. */
		fault_free(complete_config(e));
		say_ready();
		return;
	}
	if (!e->continues)
		begin_run(e, state ? state : "first start");
	say_ready();
	log_context("MUSTER_RUN", e->state.run);
	job_sweep_leftovers(e);
	record_start(e);
}

/* Who holds it may be a reset, which is quick; systemd starts nobody again who ends with busy. */
static struct fault *open_history(struct engine *e, size_t *torn)
{
	uint64_t until = clock_boottime_ms() + HOLDER_PATIENCE_MS;
	struct fault *f;

	while (fault_is(f = history_open(&e->history, e->spec->state_dir, &e->state, torn),
			"record.busy") &&
	       clock_left(until) > 0) {
		fault_free(f);
		clock_sleep_ms(HOLDER_POLL_MS);
	}
	return f;
}

static struct fault *supervise(struct engine *e)
{
	size_t torn = 0;
	const char *why = NULL;

	TRY(open_loop(e));
	TRY(open_history(e, &torn));
	if (torn)
		log_record(LOG_WARNING, EVENT_TORN, NULL,
			   "%zu bytes of a half-written record were dropped from the history",
			   torn);
	e->cgroups = cgroup_open(&why);
	if (!e->cgroups)
		log_info("no cgroup of our own (%s): processes are found by descent and mark", why);
	if (e->spec->config)
		adopt_config(e, e->spec->config, e->spec->config_doc);
	take_up(e);
	if (e->spec->config_fault && !e->state.verdict)
		record_verdict(e, verdict_of_fault(e->spec->config_fault));
	else if (!e->state.verdict)
		record_plan(e);
	(void)sd_event_loop(e->loop);
	return TAKE_PTR(e->broken);
}

static void say_stopped(struct engine *e)
{
	engine_record(e, history_record("stop"));
	e->exit = STOPPED_EXIT;
}

/* Nothing can be recorded: at least the status file, the journal and the exit code say why. */
static void say_broken(struct engine *e, const struct fault *f)
{
	_cleanup_doc_ struct doc *status =
		status_doc(&e->state, e->history.boot, clock_boottime_ms());
	_cleanup_doc_ struct doc *v = verdict_of_fault(f);

	log_verdict(v);
	e->exit = (int)doc_integer(v, "exit", 70);
	if (fault_is(f, "record.busy"))
		return; /* the other one's status stands */
	doc_merge(status, v);
	doc_set_int(status, "unrecordedAt", (int64_t)clock_boottime_ms());
	write_status(e, status);
}

int engine_run(const struct engine_spec *spec, struct fault **ret_fault)
{
	struct engine *e = NEW(struct engine, 1);
	struct fault *f;
	int r;

	e->spec = spec;
	state_init(&e->state, spec->steps, spec->n);
	f = supervise(e);
	if (f) {
		say_broken(e, f);
	} else if (e->state.verdict) {
		log_verdict(e->state.verdict);
		e->exit = (int)doc_integer(e->state.verdict, "exit", 70);
	} else {
		say_stopped(e);
	}
	*ret_fault = f;
	r = e->exit;
	sd_event_source_disable_unref(e->timer);
	sd_event_unref(e->loop);
	cgroup_close(e->cgroups);
	history_close(&e->history);
	state_done(&e->state);
	free(e);
	return r;
}
