/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/last-words.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "bootstrap/ending.h"
#include "bootstrap/netbox.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/path.h"
#include "lib/base/strv.h"
#include "lib/sys/log.h"
#include "lifecycle/engine/events.h"
#include "lifecycle/engine/verdict.h"
#include "lifecycle/lastwords/end.h"
#include "lifecycle/lastwords/words.h"

#define CONSOLE_MS 2000 /* a serial line that nobody reads may never take it */
#define JOURNAL_MS 10000

static char *last_line(const struct ending *e)
{
	if (doc_get(e->status, "exit"))
		return verdict_line(e->status);
	return xasprintf("%s: %s", doc_str(e->status, "state"),
			 e->stopped ? "the program was asked to stop; the next start goes on" :
				      "the program ended without a verdict; journalctl -u muster "
				      "says more");
}

/* What get-console-output shows of a machine that nobody can log in to. */
static void say_on_console(const struct globals *g, const char *line)
{
	_cleanup_free_ char *path = path_rooted(g->root, "/dev/console");
	_cleanup_free_ char *text = xasprintf("muster: %s\n", line);
	uint64_t until = clock_boottime_ms() + CONSOLE_MS;
	_cleanup_fd_ int fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	for (const char *p = text; fd >= 0 && *p && clock_left(until) > 0;) {
		struct pollfd ready = { .fd = fd, .events = POLLOUT };
		ssize_t n = poll(&ready, 1, clock_left(until)) == 1 ? write(fd, p, strlen(p)) : 0;

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return;
		p += n > 0 ? n : 0;
	}
}

static void say(const struct globals *g, const struct ending *e, struct redactor *r)
{
	const char *id = doc_str(doc_at(e->status, "/faults/0"), "id");
	const struct log_field fields[] = { { "MUSTER_FAULT", id }, { NULL, NULL } };
	_cleanup_free_ char *line = last_line(e), *clean = redact(r, line);

	say_on_console(g, clean);
	log_record(e->stopped ? LOG_NOTICE : LOG_ERR, EVENT_LAST_WORDS, fields, "%s", clean);
}

/* Whether it went well; a failure is said here and is over. */
static bool went_well(const char *what, struct fault *fault)
{
	_cleanup_fault_ struct fault *f = fault_wrap(fault, "%s", what);

	if (f)
		log_fault(LOG_WARNING, NULL, f);
	return !f;
}

static void put_report(const struct globals *g, const struct ending *e, const struct asker *a,
		       struct redactor *r)
{
	uint64_t patience = MIN(a->deadline_ms, clock_boottime_ms() + JOURNAL_MS);
	_cleanup_strv_ char **lines = NULL;
	_cleanup_free_ char *url = NULL;
	_cleanup_fault_ struct fault *f = words_journal(g->root, patience, &lines);
	struct words_facts facts = { .identity = &e->identity,
				     .status = e->status,
				     .records = e->records,
				     .journal = lines,
				     .journal_fault = f ? f->message : NULL,
				     .boot = e->boot,
				     .now_ms = clock_realtime_ms() };

	if (went_well("lastWords.report", ask_report(a, e->boot, words_report(&facts, r), &url)))
		log_info("the report of this run is %s", url);
}

static void set_tag(const struct globals *g, const struct ending *e, const struct asker *a)
{
	_cleanup_free_ char *state_dir = globals_state_dir(g), *mark = NULL;
	_cleanup_free_ char *value = end_tag(e->status);

	if (!went_well("lastWords.tag", ask_tag(a, value)))
		return;
	log_info("tag %s is \"%s\"", e->config->last_words.tag, value);
	mark = path_join(state_dir, TAG_MARK);
	fault_free(file_write_atomic(mark, value, strlen(value), 0600));
}

static void abandon(const struct asker *a)
{
	_cleanup_hooks_ struct hooks h = { 0 };
	unsigned n = 0;

	if (!went_well("autoscaling.hook", ask_hooks(a, &h)) || h.in_service)
		return;
	if (went_well("autoscaling.hook", ask_complete(a, &h, "ABANDON", &n)) && n)
		log_notice("%u launch hooks of %s were told to abandon this machine", n, h.group);
}

static void tell_others(const struct globals *g, const struct ending *e, struct redactor *r)
{
	const struct config *c = e->config;
	struct asker a = ending_asker(e, clock_boottime_ms() + LAST_WORDS_MS);

	if (c->last_words.report)
		put_report(g, e, &a, r);
	if (c->last_words.tag)
		set_tag(g, e, &a);
	if (end_unhealthy(c, e->status) &&
	    went_well("autoscaling.setInstanceHealth", ask_unhealthy(&a)))
		log_notice("Auto Scaling was told that this machine is Unhealthy");
	if (c->autoscaling.hook && end_hook(c, e->status) == HOOK_ABANDON)
		abandon(&a);
}

static bool has_listeners(const struct config *c)
{
	return c && (c->last_words.report || c->last_words.tag || c->autoscaling.hook ||
		     c->autoscaling.set_instance_health);
}

int verb_last_words(const void *globals, const void *opts, int argc, char **argv)
{
	_cleanup_ending_ struct ending e = { .config = NULL };
	_cleanup_redactor_ struct redactor *r = NULL;

	(void)opts;
	(void)argc;
	(void)argv;
	log_open(LOG_AUTO, "muster");
	log_context("MUSTER_STEP", "last-words");
	ending_read(globals, &e);
	log_context("MUSTER_RUN", e.state.run[0] ? e.state.run : NULL);
	log_context("MUSTER_INSTANCE", e.state.instance);
	r = words_redactor(e.config);
	say(globals, &e, r);
	if (!end_is_bad(e.status) || !has_listeners(e.config))
		return 0;
	if (!e.named)
		log_warning("nobody else is told: who this machine is is not known");
	else if (went_well("muster-net", netbox_use()))
		tell_others(globals, &e, r);
	return 0;
}
