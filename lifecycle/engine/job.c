/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/strv.h"
#include "lib/net/retry.h"
#include "lib/sys/log.h"
#include "lib/sys/proc.h"
#include "lifecycle/engine/events.h"
#include "lifecycle/engine/internal.h"
#include "lifecycle/engine/verdict.h"
#include "lifecycle/engine/worker.h"

#define KILL_GRACE_MS 15000 /* the keeper needs some of it for its own TERM, grace, KILL */
#define DEATH_MS 5000	    /* after SIGKILL; what then still is hangs in the kernel */
#define RETRY_ROOM_MS 5000  /* what an attempt has at least, where the one before took longer */
#define CRASHES_MAX 3	    /* of one step in one run */

static const struct step *step_of(const struct job *j)
{
	return &j->engine->spec->steps[j->step];
}

/* Marks what a step starts, so that it is found again where no cgroup holds it. */
static char *job_mark(const struct engine *e, size_t step, const char *run)
{
	return xasprintf("MUSTER_JOB=%s-%s", run, e->spec->steps[step].name);
}

/* A step that has answered has ended what it kept; of any other nothing is to be believed. */
static void kill_all(struct job *j)
{
	_cleanup_free_ char *mark = job_mark(j->engine, j->step, j->engine->state.run);
	uint64_t deadline = clock_boottime_ms() + 5000;

	if (!j->gone)
		(void)child_kill(&j->child, SIGKILL);
	if (j->cgroup >= 0)
		(void)cgroup_kill(j->cgroup, deadline);
	if (j->answer.len == 0 || j->timed_out || j->cancelled)
		(void)proc_sweep_marked(mark, "muster.service", SIGKILL, deadline);
}

void job_sweep_leftovers(struct engine *e)
{
	for (size_t i = 0; i < e->state.n; i++) {
		_cleanup_free_ char *mark = job_mark(e, i, e->state.step[i].run);
		uint64_t deadline = clock_boottime_ms() + 5000;
		int fd;

		if (e->state.step[i].phase != PHASE_RUNNING)
			continue;
		fd = cgroup_make(e->cgroups, e->spec->steps[i].name);
		if (fd >= 0) {
			(void)cgroup_kill(fd, deadline);
			fd_close(fd);
		}
		(void)proc_sweep_marked(mark, "muster.service", SIGKILL, deadline);
	}
}

static struct doc *results_of(const struct situation *t)
{
	struct doc *all = doc_object();

	for (size_t i = 0; i < t->state->n; i++)
		if (decide_standing(t, i) == STANDING_DONE && t->state->step[i].result)
			doc_set(all, t->state->steps[i].name,
				doc_copy(t->state->step[i].result));
	return all;
}

/* A step process that went down has ended nothing: what it did was cut as by a power cut. */
static const char *previous_of(const struct step_state *s)
{
	if (s->phase == PHASE_RUNNING ||
	    (s->phase == PHASE_RETRY && fault_is(s->fault, "engine.step_crashed")))
		return "interrupted";
	return s->phase == PHASE_RETRY || s->phase == PHASE_FAILED ? "failed" : "none";
}

static char *make_request(const struct engine *e, const struct situation *t, const struct job *j,
			  const char *previous, const struct doc *verdict)
{
	_cleanup_doc_ struct doc *r = doc_object();
	struct doc *results = results_of(t);
	const struct doc *identity = doc_get(results, e->spec->steps[0].name);

	doc_set_string(r, "step", step_of(j)->name);
	doc_set_string(r, "run", t->state->run);
	doc_set_string(r, "trigger", trigger_names[t->state->trigger]);
	doc_set_int(r, "attempt", t->state->step[j->step].attempts);
	doc_set_string(r, "previous", previous);
	doc_set_int(r, "deadline", (int64_t)MIN(j->deadline_ms, (uint64_t)INT64_MAX));
	doc_set_string(r, "root", e->spec->root);
	doc_set_string(r, "stateDir", e->spec->state_dir);
	doc_set_string(r, "runDir", e->spec->run_dir);
	doc_set(r, "config", doc_copy(e->config_doc));
	if (identity)
		doc_set(r, "identity", doc_copy(identity));
	doc_set(r, "results", results);
	if (verdict)
		doc_set(r, "verdict", doc_copy(verdict));
	return doc_to_string(r, DOC_COMPACT);
}

static void job_forget(struct job *j)
{
	sd_event_source_disable_unref(j->on_answer);
	sd_event_source_disable_unref(j->on_exit);
	sd_event_source_disable_unref(j->on_time);
	if (j->gone)
		child_forget(&j->child);
	child_done(&j->child);
	j->socket = fd_close(j->socket);
	j->cgroup = fd_close(j->cgroup);
	buf_done(&j->answer);
	fault_free(j->before);
	j->engine->running &= ~(UINT32_C(1) << j->step);
	*j = (struct job){ .engine = j->engine, .socket = -1, .cgroup = -1, .child = CHILD_NONE };
}

/* Another try, after a pause with full jitter, when the fault's class and the time left allow it:
 * one with less time than this one took would be cut short, and say less. */
static bool plan_retry(const struct job *j, const struct fault *f, uint64_t ms, struct doc *end)
{
	struct situation t;
	const struct step_state *s = &j->engine->state.step[j->step];
	bool crashed = fault_is(f, "engine.step_crashed") && s->run_attempts < CRASHES_MAX;
	uint64_t left, pause, needed = ms + MIN(ms, RETRY_ROOM_MS);

	if (!fault_class_retried(fault_lookup(f->id)->class) && !crashed)
		return false;
	engine_situation(j->engine, &t);
	left = decide_left_ms(&t, j->step);
	if (left <= needed)
		return false;
	/* A long pause that was drawn late must not cost what time is left. */
	pause = retry_delay(&retry_step, s->run_attempts + 1, 0, (uint32_t)random_u64());
	if (left != NO_DEADLINE)
		pause = MIN(pause, (left - needed) / 2);
	doc_set_int(end, "retry", (int64_t)pause);
	return true;
}

static void log_end(const struct job *j, const char *outcome, const struct fault *f, uint64_t ms)
{
	const char *name = step_of(j)->name;
	const struct log_field fields[] = { { "MUSTER_STEP", name },
					    { "MUSTER_FAULT", f ? f->id : NULL },
					    { NULL, NULL } };
	char took[DURATION_MAX];

	(void)format_duration(ms, took);
	if (!f)
		log_record(LOG_INFO, EVENT_STEP_END, fields, "%s: %s after %s", name, outcome,
			   took);
	else if (streq(outcome, "retry"))
		log_record(LOG_WARNING, EVENT_STEP_END, fields,
			   "%s: ended after %s, will be tried again: %s [%s]", name, took,
			   f->message, f->id);
	else
		log_record(LOG_ERR, EVENT_STEP_END, fields, "%s: %s after %s: %s [%s]", name,
			   outcome, took, f->message, f->id);
}

static void job_end(struct job *j, struct fault *fault, struct doc *result)
{
	_cleanup_fault_ struct fault *f = fault;
	struct engine *e = j->engine;
	struct doc *end = history_record("end");
	uint64_t ms = clock_boottime_ms() - j->begun_ms;
	const char *outcome = "done";

	if (j->cancelled && !result) /* it may have been done just before */
		outcome = "cancelled";
	else if (f)
		outcome = !j->timed_out && plan_retry(j, f, ms, end) ? "retry" : "failed";
	doc_set_string(end, "step", step_of(j)->name);
	doc_set_string(end, "outcome", outcome);
	doc_set_string(end, "key", e->state.step[j->step].key);
	doc_set_int(end, "ms", (int64_t)ms);
	if (f)
		doc_set(end, "fault", fault_to_doc(f));
	if (result)
		doc_set(end, "result", result);
	log_end(j, outcome, f, ms);
	kill_all(j);
	job_forget(j);
	engine_record(e, end);
	engine_step_over(e);
}

static void drain_answer(struct job *j)
{
	char chunk[16384];
	ssize_t n;

	do {
		n = recv(j->socket, chunk, sizeof(chunk), MSG_DONTWAIT);
		if (n > 0 && j->answer.len + (size_t)n <= WORKER_MESSAGE_MAX)
			buf_add(&j->answer, chunk, (size_t)n);
	} while (n > 0 || (n < 0 && errno == EINTR));
}

static struct fault *end_fault(struct job *j, int status, struct doc **ret_result)
{
	const struct step *step = step_of(j);
	uint64_t spent = j->engine->state.step[j->step].spent_ms;
	uint64_t last = j->deadline_ms - j->begun_ms;
	char text[EXIT_TEXT_MAX];

	if (j->timed_out)
		return verdict_timeout(step, j->before, spent + last, last);
	if (j->answer.len == 0)
		return fault_new("engine.step_crashed", "step %s ended without an answer: %s",
				 step->name, exit_text(status, text));
	return worker_parse(step->name, buf_str(&j->answer), j->answer.len, ret_result);
}

static int on_child(sd_event_source *source, const siginfo_t *si, void *arg)
{
	struct job *j = arg;
	struct doc *result = NULL;
	struct fault *f;
	int status = si->si_code == CLD_EXITED ? W_EXITCODE(si->si_status, 0)
					       : W_EXITCODE(0, si->si_status);

	(void)source;
	j->gone = true;
	drain_answer(j);
	f = end_fault(j, status, &result);
	job_end(j, f, result);
	return 0;
}

static int on_answer(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	(void)fd;
	drain_answer(arg);
	if (events & (EPOLLHUP | EPOLLERR))
		(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return 0;
}

/* Not even SIGKILL has ended it: it hangs in the kernel, on a disk or in a driver. The run does
 * not wait for that. Until the machine is restarted the process is nobody's. */
static void job_abandon(struct job *j)
{
	struct fault *f = NULL;
	char took[DURATION_MAX];

	if (j->timed_out)
		f = fault_new(step_of(j)->timeout_fault, "%s did not end within its %s, and hangs "
			      "in the kernel: SIGKILL does not end process %d", step_of(j)->name,
			      format_duration(j->deadline_ms - j->begun_ms, took),
			      (int)j->child.pid);
	log_error("%s: process %d hangs in the kernel and is left there", step_of(j)->name,
		  (int)j->child.pid);
	j->gone = true;
	job_end(j, f, NULL);
}

/* First the keeper is asked, so that it can end what it keeps; then everything is killed. */
static int on_time(sd_event_source *source, uint64_t usec, void *arg)
{
	struct job *j = arg;
	uint64_t wait_ms = DEATH_MS;

	(void)usec;
	if (j->killed) {
		job_abandon(j);
		return 0;
	}
	if (j->timed_out || j->cancelled) {
		j->killed = true;
		kill_all(j);
	} else {
		j->timed_out = true;
		(void)child_kill(&j->child, SIGTERM);
		wait_ms = KILL_GRACE_MS;
	}
	(void)sd_event_source_set_time_relative(source, wait_ms * 1000);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

void job_cancel(struct engine *e, size_t step)
{
	struct job *j = &e->jobs[step];

	if (j->cancelled || j->timed_out)
		return;
	j->cancelled = true;
	(void)child_kill(&j->child, SIGTERM);
	(void)sd_event_source_set_time_relative(j->on_time, KILL_GRACE_MS * 1000);
	(void)sd_event_source_set_enabled(j->on_time, SD_EVENT_ONESHOT);
}

/* The request lies in memory, not in a pipe: a child that does not read cannot stall us. */
static struct fault *request_fd(const char *request, int *ret)
{
	_cleanup_fd_ int fd = memfd_create("request", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : fd_write_all(fd, request, strlen(request));

	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0)
		return fault_errno("spawn.failed", r, "cannot hold a request in memory");
	*ret = TAKE_FD(fd);
	return NULL;
}

static struct fault *launch(struct job *j, const char *request)
{
	struct engine *e = j->engine;
	struct spawn s = SPAWN_INIT;
	_cleanup_strv_ char **argv = e->spec->step_argv(e->spec->arg, step_of(j)->name);
	_cleanup_strv_ char **env = strv_copy(environ);
	_cleanup_fd_ int theirs = -1, in = -1;
	int pair[2], fds[2];

	TRY(request_fd(request, &in));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return fault_errno("spawn.failed", errno, "cannot make a socketpair");
	j->socket = pair[0];
	fds[0] = theirs = pair[1];
	fds[1] = in;
	strv_push(&env, job_mark(e, j->step, e->state.run));
	j->cgroup = cgroup_make(e->cgroups, step_of(j)->name);
	s.path = "/proc/self/exe";
	s.argv = argv;
	s.env = env;
	s.out = STDOUT_FILENO;
	s.err = STDERR_FILENO;
	s.fds = fds;
	s.n_fds = ARRAY_SIZE(fds);
	s.cgroup_fd = j->cgroup;
	s.death_signal = SIGKILL;
	s.own_group = true;
	return spawn_start(&s, &j->child);
}

static struct fault *watch(struct job *j)
{
	sd_event *loop = j->engine->loop;
	int r = sd_event_add_io(loop, &j->on_answer, j->socket, EPOLLIN, on_answer, j);

	if (r >= 0)
		r = sd_event_add_child(loop, &j->on_exit, j->child.pid, WEXITED, on_child, j);
	if (r >= 0)
		r = sd_event_add_time(loop, &j->on_time, CLOCK_BOOTTIME,
				      j->deadline_ms == NO_DEADLINE ? UINT64_MAX
								    : j->deadline_ms * 1000,
				      10000, on_time, j);
	return r < 0 ? fault_errno("engine.starved", r, "cannot watch step %s", step_of(j)->name)
		     : NULL;
}

void job_start(struct engine *e, const struct situation *t, size_t step, const struct doc *verdict)
{
	struct job *j = &e->jobs[step];
	const struct step_state *now = &e->state.step[step];
	const char *previous = previous_of(now);
	uint64_t left = decide_left_ms(t, step);
	struct doc *begin = history_record("begin");
	_cleanup_free_ char *request = NULL;
	struct fault *f;

	*j = (struct job){ .engine = e, .step = step, .socket = -1, .cgroup = -1,
			   .child = CHILD_NONE, .begun_ms = clock_boottime_ms() };
	j->deadline_ms = left == NO_DEADLINE ? NO_DEADLINE : j->begun_ms + left;
	if (now->phase == PHASE_RETRY && now->fault && streq(now->run, e->state.run))
		j->before = fault_copy(now->fault);
	doc_set_string(begin, "step", step_of(j)->name);
	doc_set_int(begin, "attempt", e->state.step[step].attempts + 1);
	doc_set_string(begin, "previous", previous);
	doc_set_string(begin, "key", t->key[step]);
	engine_record(e, begin);
	if (e->broken)
		return;
	e->running |= UINT32_C(1) << step;
	log_record(
		LOG_INFO, EVENT_STEP_BEGIN,
		(const struct log_field[]){ { "MUSTER_STEP", step_of(j)->name }, { NULL, NULL } },
		"%s: begins, attempt %u", step_of(j)->name, e->state.step[step].attempts);
	request = make_request(e, t, j, previous, verdict);
	f = launch(j, request);
	if (!f)
		f = watch(j);
	if (f)
		job_end(j, f, NULL);
}
