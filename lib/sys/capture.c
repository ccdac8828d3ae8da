/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/sys/spawn-internal.h"

#define CHUNK 16384
#define STDERR_TAIL 16384
#define NO_PIDFD_STEP_MS 20

/* One pipe from the child and the tail of what came through it. */
struct stream {
	int fd; /* -1: ended */
	struct buf *tail;
	size_t max;
};

static void keep_tail(struct buf *b, size_t max)
{
	if (b->len > max)
		buf_consume(b, b->len - max);
}

/* Takes what is there; true when some came. */
static bool pump(struct stream *s)
{
	char chunk[CHUNK];
	ssize_t n;

	if (s->fd < 0)
		return false;
	n = read(s->fd, chunk, sizeof(chunk));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		s->fd = fd_close(s->fd);
		return false;
	}
	for (ssize_t i = 0; i < n; i++)
		if (chunk[i] == '\0')
			chunk[i] = '?';
	buf_add(s->tail, chunk, (size_t)n);
	if (s->tail->len / 2 > s->max)
		keep_tail(s->tail, s->max);
	return true;
}

/* Drains both pipes until the child has ended; 0 or -ETIME. */
static int follow(struct child *child, struct stream *out, struct stream *err,
		  uint64_t deadline_ms, int *ret_status)
{
	for (;;) {
		struct pollfd p[] = {
			{ .fd = out->fd, .events = POLLIN },
			{ .fd = err->fd, .events = POLLIN },
			{ .fd = child->pidfd, .events = POLLIN },
		};
		int left = clock_left(deadline_ms), r;

		if (left == 0)
			return -ETIME;
		r = poll(p, ARRAY_SIZE(p),
			 child->pidfd < 0 ? MIN(left, NO_PIDFD_STEP_MS) : left);
		if (r < 0 && errno != EINTR)
			return -errno;
		(void)pump(out);
		(void)pump(err);
		r = child_wait(child, 0, ret_status);
		if (r != -ETIME)
			return r;
	}
}

/* What was written before the end is still in the pipes; a process in the background that goes on
 * writing is not followed beyond one pipe's worth. */
static void drain(struct stream *s)
{
	for (int i = 0; i < 1024 * 1024 / CHUNK && pump(s); i++)
		;
	s->fd = fd_close(s->fd);
	keep_tail(s->tail, s->max);
}

/* The absolute path of argv[0]; owned, NULL when it is nowhere. */
static char *find_program(const char *name)
{
	static const char *const folders[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };

	if (strchr(name, '/'))
		return xstrdup(name);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *path = xasprintf("%s/%s", folders[i], name);

		if (access(path, X_OK) == 0)
			return TAKE_PTR(path);
	}
	return NULL;
}

static struct fault *start(const struct capture *c, int out, int err, struct child *child)
{
	_cleanup_free_ char *path = find_program(c->argv[0]);
	struct spawn s = SPAWN_INIT;

	if (!path)
		return fault_errno("spawn.exec", ENOENT, "cannot execute %s", c->argv[0]);
	s.path = path;
	s.argv = c->argv;
	s.env = c->env;
	s.out = out;
	s.err = err;
	s.umask = 022;
	s.own_group = true;
	return spawn_start(&s, child);
}

static int open_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	return fd_set_nonblock(ends[0], true);
}

struct fault *capture_run(struct capture *c)
{
	_cleanup_child_ struct child child = CHILD_NONE;
	struct stream out = { -1, &c->out, c->max }, err = { -1, &c->err, STDERR_TAIL };
	int pipes[2][2] = { { -1, -1 }, { -1, -1 } }, r;
	struct fault *f = NULL;
	pid_t group;

	r = open_pipe(pipes[0]);
	if (r == 0 && !c->with_stderr)
		r = open_pipe(pipes[1]);
	if (r < 0)
		f = fault_errno("spawn.failed", r, "cannot start %s: pipe", c->argv[0]);
	else
		f = start(c, pipes[0][1], pipes[c->with_stderr ? 0 : 1][1], &child);
	out.fd = pipes[0][0];
	err.fd = pipes[1][0];
	fd_close(pipes[0][1]);
	fd_close(pipes[1][1]);
	if (!f) {
		group = child.pid;
		r = follow(&child, &out, &err, c->deadline_ms, &c->status);
		if (r < 0) {
			(void)kill(-group, SIGKILL);
			child_done(&child);
		}
		if (r == -ETIME)
			f = fault_new("run.timeout", "%s has not ended in time", c->argv[0]);
		else if (r < 0)
			f = fault_errno("spawn.failed", r, "cannot wait for %s", c->argv[0]);
	}
	drain(&out);
	drain(&err);
	return f;
}

struct fault *capture_evidence(struct fault *f, const struct capture *c)
{
	const struct buf *b = c->err.len > 0 ? &c->err : &c->out;

	return f && b->len > 0 ? fault_evidence(f, b->data, b->len) : f;
}

void capture_done(struct capture *c)
{
	buf_done(&c->out);
	buf_done(&c->err);
}

struct fault *run_capture(char *const *argv, char *const *env, bool with_stderr, size_t max,
			  uint64_t deadline_ms, char **ret_output)
{
	_cleanup_(capture_done) struct capture c = {
		.argv = argv,
		.env = env,
		.with_stderr = with_stderr,
		.max = max,
		.deadline_ms = deadline_ms,
	};
	struct fault *f = capture_run(&c);
	char text[EXIT_TEXT_MAX];

	if (!f && c.status != 0)
		f = fault_new("run.failed", "%s: %s", argv[0], exit_text(c.status, text));
	if (f)
		return capture_evidence(f, &c);
	*ret_output = buf_take(&c.out);
	return NULL;
}
