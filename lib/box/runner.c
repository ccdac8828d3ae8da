/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/box/runner.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/box/lines.h"
#include "lib/sys/proc.h"
#include "lib/sys/spawn.h"

#define OWN_UNIT "muster.service"
#define CHUNK 65536
#define TICK_MS 250	   /* how often a followed file is looked at, and a child without pidfd */
#define LEFTOVER_TICK_MS 50 /* what is left over is counted this often: it reads all of /proc */
#define LOOK_MAX (1024 * 1024)
#define FOLLOW_ALL ((off_t)1 << 62)
#define PIPE_MAX (4 * 1024 * 1024)
#define KILL_MS 10000	   /* what hangs in the kernel longer than that is left to the supervisor */

struct stream {
	struct keeper *keeper;
	int fd; /* -1: ended */
	struct lines lines;
	sd_event_source *source;
};

struct keeper {
	const struct runner *r;
	struct runner_result *result;
	sd_event *loop;
	sd_event_source *on_exit, *on_term;
	struct child child;
	int group;
	bool exited;
	struct stream out, err, log;
	struct stat followed; /* st_ino 0: not there yet */
	off_t offset;
	struct buf tail;
	unsigned tail_lines;
	uint64_t cpu_before;
	uint64_t counted_ms; /* when what is left over was counted last */
};

static uint64_t children_usec(void)
{
	struct rusage u;

	if (getrusage(RUSAGE_CHILDREN, &u) < 0)
		return 0;
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void drop_first_line(struct keeper *k)
{
	const char *end = memchr(k->tail.data, '\n', k->tail.len);

	buf_consume(&k->tail, end ? (size_t)(end - k->tail.data) + 1 : k->tail.len);
	k->tail_lines--;
}

static void on_line(void *arg, const char *stream, const char *text)
{
	struct keeper *k = arg;

	buf_adds(&k->tail, text);
	buf_addc(&k->tail, '\n');
	k->tail_lines++;
	while (k->tail_lines > RUNNER_TAIL_LINES ||
	       (k->tail.len > RUNNER_TAIL_MAX && k->tail_lines > 1))
		drop_first_line(k);
	k->result->lines++;
	k->r->line(k->r->arg, stream, text);
}

/* One read; false when there is nothing, or the end. */
static bool pump(struct stream *s)
{
	char chunk[CHUNK];
	ssize_t n;

	if (s->fd < 0)
		return false;
	do
		n = read(s->fd, chunk, sizeof(chunk));
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		lines_add(&s->lines, chunk, (size_t)n);
		return true;
	}
	if (n < 0 && errno == EAGAIN)
		return false;
	sd_event_source_disable_unref(s->source);
	s->source = NULL;
	s->fd = fd_close(s->fd);
	return false;
}

static int on_output(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	(void)source;
	(void)fd;
	(void)events;
	(void)pump(arg);
	return 0;
}

static void look_at_child(struct keeper *k)
{
	if (!k->exited && child_wait(&k->child, 0, &k->result->status) != -ETIME)
		k->exited = true;
}

static int on_exit_(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	(void)fd;
	(void)events;
	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	look_at_child(arg);
	return 0;
}

static int on_term(sd_event_source *source, const struct signalfd_siginfo *si, void *arg)
{
	struct keeper *k = arg;

	(void)source;
	(void)si;
	k->result->stopped = true;
	return 0;
}

/* The part of a followed file that was there before is somebody else's. */
static void follow_begin(struct keeper *k)
{
	if (k->r->follow && stat(k->r->follow, &k->followed) == 0)
		k->offset = k->followed.st_size;
}

/* Reopened at every look: the program may replace, truncate or remove it as it likes. What grows
 * faster than it is read keeps nobody from the deadline: one look takes at most so much. */
static void follow_look(struct keeper *k, off_t most)
{
	_cleanup_fd_ int fd = -1;
	char chunk[CHUNK];
	struct stat st;
	ssize_t n;
	off_t end;

	fd = k->r->follow ? open(k->r->follow, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if (st.st_ino != k->followed.st_ino || st.st_dev != k->followed.st_dev ||
	    st.st_size < k->offset) {
		lines_flush(&k->log.lines);
		k->offset = 0;
	}
	k->followed = st;
	end = st.st_size - k->offset > most ? k->offset + most : st.st_size;
	for (; k->offset < end; k->offset += n) {
		n = pread(fd, chunk, MIN(sizeof(chunk), (size_t)(end - k->offset)), k->offset);
		if (n <= 0)
			break;
		lines_add(&k->log.lines, chunk, (size_t)n);
	}
}

static bool has_exited(struct keeper *k)
{
	return k->exited || k->result->stopped;
}

static bool is_running(struct keeper *k)
{
	return (k->group >= 0 && cgroup_populated(k->group)) ||
	       proc_count(k->r->mark, OWN_UNIT) > 0;
}

static bool is_gone(struct keeper *k)
{
	uint64_t now = clock_boottime_ms();

	if (!k->exited || now - k->counted_ms < LEFTOVER_TICK_MS)
		return false;
	k->counted_ms = now;
	return !is_running(k);
}

/* Serves the loop until done() or the deadline; true when done. */
static bool serve(struct keeper *k, bool (*done)(struct keeper *), uint64_t deadline, int tick_ms)
{
	uint64_t looked = 0;

	while (!done(k)) {
		int left = clock_left(deadline);
		uint64_t now;

		if (left == 0)
			return false;
		(void)sd_event_run(k->loop, (uint64_t)MIN(left, tick_ms) * 1000);
		now = clock_boottime_ms();
		if (now - looked >= TICK_MS) {
			looked = now;
			look_at_child(k);
			follow_look(k, LOOK_MAX);
		}
	}
	return true;
}

static int watch(struct keeper *k)
{
	int r = sd_event_add_io(k->loop, &k->out.source, k->out.fd, EPOLLIN, on_output, &k->out);

	if (r >= 0)
		r = sd_event_add_io(k->loop, &k->err.source, k->err.fd, EPOLLIN, on_output,
				    &k->err);
	if (r >= 0 && k->child.pidfd >= 0)
		r = sd_event_add_io(k->loop, &k->on_exit, k->child.pidfd, EPOLLIN, on_exit_, k);
	if (r >= 0)
		r = sd_event_add_signal(k->loop, &k->on_term, SIGTERM, on_term, k);
	return r;
}

static struct fault *start(struct keeper *k)
{
	int out[2], err[2];
	struct spawn s = SPAWN_INIT;
	struct fault *f;

	if (pipe2(out, O_CLOEXEC) < 0)
		return fault_errno("spawn.failed", errno, "cannot start %s: pipe", k->r->path);
	k->out.fd = out[0];
	if (pipe2(err, O_CLOEXEC) < 0) {
		f = fault_errno("spawn.failed", errno, "cannot start %s: pipe", k->r->path);
		fd_close(out[1]);
		return f;
	}
	k->err.fd = err[0];
	(void)fd_set_nonblock(out[0], true);
	(void)fd_set_nonblock(err[0], true);
	s.path = k->r->path;
	s.argv = k->r->argv;
	s.env = k->r->env;
	s.out = out[1];
	s.err = err[1];
	s.cgroup_fd = k->group;
	s.cwd = k->r->cwd;
	s.umask = 022;
	s.new_session = true;
	s.death_signal = SIGKILL;
	f = spawn_start(&s, &k->child);
	fd_close(out[1]);
	fd_close(err[1]);
	return f;
}

/* All of it, wherever it is; each process hears the signal once. */
static unsigned signal_all(struct keeper *k, int sig)
{
	int n = proc_sweep(k->r->mark, OWN_UNIT, sig, 0);

	return n > 0 ? (unsigned)n : 0;
}

static void kill_all(struct keeper *k)
{
	uint64_t deadline = clock_boottime_ms() + KILL_MS;

	if (k->group >= 0)
		(void)cgroup_kill(k->group, deadline);
	(void)proc_sweep(k->r->mark, OWN_UNIT, SIGKILL, deadline);
	if (!k->exited && child_wait(&k->child, deadline, &k->result->status) != -ETIME)
		k->exited = true;
	if (!k->exited) { /* hangs in the kernel: what it would have said */
		k->result->status = SIGKILL;
		k->exited = true;
	}
}

static void end_all(struct keeper *k)
{
	uint64_t grace = k->r->grace_ms, now = clock_boottime_ms();

	if (k->exited && !is_running(k))
		return;
	if (k->exited)
		grace = MIN(grace, (uint64_t)RUNNER_LEFTOVER_GRACE_MS);
	if (k->result->stopped)
		grace = MIN(grace, (uint64_t)RUNNER_STOP_GRACE_MS);
	k->result->left_over = signal_all(k, SIGTERM);
	if (!k->exited)
		k->result->left_over = 0;
	if (!serve(k, is_gone, now + grace, LEFTOVER_TICK_MS))
		kill_all(k);
	(void)proc_sweep(k->r->mark, OWN_UNIT, SIGKILL, 0); /* reaps the dead */
}

/* What lies in the pipes now is all, and no more than a pipe holds. A process that outlived even
 * SIGKILL, or that is another unit's by now, may hold them open and go on writing. */
static void drain_pipe(struct stream *s)
{
	for (int i = 0; i < PIPE_MAX / CHUNK && pump(s); i++)
		;
}

static void drain(struct keeper *k)
{
	drain_pipe(&k->out);
	drain_pipe(&k->err);
	follow_look(k, FOLLOW_ALL);
	lines_flush(&k->out.lines);
	lines_flush(&k->err.lines);
	lines_flush(&k->log.lines);
}

static void account(struct keeper *k)
{
	struct runner_result *res = k->result;

	res->cpu_usec = k->group >= 0 ? cgroup_cpu_usec(k->group) : 0;
	if (res->cpu_usec == 0)
		res->cpu_usec = children_usec() - k->cpu_before;
	if (k->group >= 0) {
		res->memory_peak = cgroup_memory_peak(k->group);
		res->oom_kills = cgroup_oom_kills(k->group);
	}
}

static void stream_done(struct stream *s)
{
	sd_event_source_disable_unref(s->source);
	fd_close(s->fd);
	lines_done(&s->lines);
}

static void keeper_done(struct keeper *k)
{
	stream_done(&k->out);
	stream_done(&k->err);
	stream_done(&k->log);
	sd_event_source_disable_unref(k->on_exit);
	sd_event_source_disable_unref(k->on_term);
	child_done(&k->child);
	if (k->group >= 0) {
		fd_close(k->group);
		(void)cgroup_remove(k->r->groups, k->r->group);
	}
	sd_event_unref(k->loop);
	buf_done(&k->tail);
}

static struct fault *keep(struct keeper *k)
{
	uint64_t begun = clock_boottime_ms();
	struct fault *f;
	int r = sd_event_new(&k->loop);

	if (r < 0)
		return fault_errno("muster.bug", r, "cannot make an event loop");
	(void)proc_become_subreaper();
	k->cpu_before = children_usec();
	follow_begin(k);
	f = start(k);
	if (f)
		return f;
	r = watch(k);
	if (r < 0) {
		kill_all(k);
		return fault_errno("muster.bug", r, "cannot watch %s", k->r->path);
	}
	if (!serve(k, has_exited, k->r->deadline_ms, TICK_MS))
		k->result->timed_out = true;
	end_all(k);
	drain(k);
	k->result->wall_ms = clock_boottime_ms() - begun;
	account(k);
	k->result->tail = buf_take(&k->tail);
	return NULL;
}

static void stream_init(struct keeper *k, struct stream *s, const char *name)
{
	*s = (struct stream){ .keeper = k, .fd = -1,
			      .lines = { .line = on_line, .arg = k, .stream = name } };
}

struct fault *runner_run(const struct runner *r, struct runner_result *ret)
{
	struct keeper k = { .r = r, .result = ret, .child = CHILD_NONE, .group = -1 };
	struct fault *f;
	sigset_t term, before;

	*ret = (struct runner_result){ 0 };
	stream_init(&k, &k.out, "stdout");
	stream_init(&k, &k.err, "stderr");
	stream_init(&k, &k.log, "log");
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &term, &before);
	k.group = r->groups ? cgroup_make(r->groups, r->group) : -1;
	if (k.group < 0)
		k.group = -1;
	f = keep(&k);
	keeper_done(&k);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (f)
		runner_result_done(ret);
	return f;
}

void runner_result_done(struct runner_result *r)
{
	free(r->tail);
	*r = (struct runner_result){ 0 };
}
