/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/sys/proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/parse.h"
#include "lib/base/strv.h"
#include "lib/sys/spawn-internal.h"

#define STAT_MAX 4096
#define ENVIRON_MAX (4 * 1024 * 1024)
#define KERNEL_THREAD 0x00200000u /* PF_KTHREAD of the kernel's include/linux/sched.h */
#define SWEEP_STEP_MS 10
#define SWEEP_STEP_MAX_MS 100
#define SETTLE_STEP_MS 1
#define SETTLE_STEPS 1000 /* of one pass, over all processes: a loaded machine stops in execve */

struct process {
	pid_t pid, parent;
	uint64_t start; /* with the pid, it names one process for ever */
	char state;
	bool kernel;
	bool bare; /* its environment is empty for good */
	bool descends, ancestor;
};

struct table {
	struct process *row;
	size_t n;
};

struct sweep {
	const char *env_entry;
	const char *own_unit;
	char *my_unit;
	bool only_marked; /* descent alone is no reason */
	int patience;     /* SETTLE_STEP_MS left to this pass */
	struct table signalled;
};

static void table_done(struct table *t)
{
	free(t->row);
	*t = (struct table){ 0 };
}

static void table_add(struct table *t, const struct process *p)
{
	if (t->n % 64 == 0)
		t->row = xrealloc(t->row, (t->n + 64) * sizeof(*t->row));
	t->row[t->n++] = *p;
}

static struct process *table_find(const struct table *t, pid_t pid)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->row[i].pid == pid)
			return &t->row[i];
	return NULL;
}

int proc_become_subreaper(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL) < 0 ? -errno : 0;
}

/* proc(5): fields 3 (state), 4 (ppid), 9 (flags), 22 (starttime), 50 and 51 (env_start, env_end);
 * the name before them may hold anything, so they count from the last ')'. */
static int read_process(pid_t pid, struct process *p)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/stat", (int)pid);
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_strv_ char **field = NULL;
	uint64_t parent, flags;
	const char *after;
	int r = file_read_raw(path, STAT_MAX, &b);

	if (r < 0)
		return r;
	after = strrchr(buf_str(&b), ')');
	field = after ? strv_split(after + 1, " \n") : NULL;
	if (!field || strv_len(field) < 20 || parse_u64(field[1], &parent) < 0 ||
	    parse_u64(field[6], &flags) < 0 || parse_u64(field[19], &p->start) < 0)
		return -EINVAL;
	p->pid = pid;
	p->parent = (pid_t)parent;
	p->state = field[0][0];
	p->kernel = (flags & KERNEL_THREAD) != 0;
	p->bare = strv_len(field) > 48 && streq(field[47], field[48]) && !streq(field[48], "0");
	return 0;
}

static int read_table(struct table *t)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;

	if (!dir)
		return -errno;
	while ((d = readdir(dir))) {
		struct process p = { 0 };
		uint64_t pid;

		if (parse_u64(d->d_name, &pid) == 0 && read_process((pid_t)pid, &p) == 0)
			table_add(t, &p);
	}
	closedir(dir);
	return 0;
}

/* Whether the chain of parents from p comes to pid. */
static bool has_ancestor(const struct table *t, const struct process *p, pid_t pid)
{
	for (size_t depth = 0; p && p->parent > 0 && depth < t->n; depth++) {
		if (p->parent == pid)
			return true;
		p = table_find(t, p->parent);
	}
	return false;
}

static void mark_relations(struct table *t)
{
	pid_t self = getpid();
	const struct process *me = table_find(t, self);

	for (size_t i = 0; i < t->n; i++) {
		t->row[i].descends = has_ancestor(t, &t->row[i], self);
		t->row[i].ancestor = me && has_ancestor(t, me, t->row[i].pid);
	}
}

static bool is_dead(const struct process *p)
{
	return p->state == 'Z' || p->state == 'X';
}

/* From the moment execve drops the old image until it has laid out the new one, environ reads as
 * empty, and who looks only then misses the process: an empty one is read again until it is known
 * to be empty for good. */
static int read_environ(struct sweep *s, const struct process *p, struct buf *b)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/environ", (int)p->pid);
	struct process now;
	int r;

	while ((r = file_read_raw(path, ENVIRON_MAX, b)) == 0 && b->len == 0) {
		if (read_process(p->pid, &now) < 0 || now.start != p->start || now.bare ||
		    is_dead(&now) || s->patience-- <= 0)
			return 0;
		clock_sleep_ms(SETTLE_STEP_MS);
	}
	return r;
}

static bool has_entry(struct sweep *s, const struct process *p)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	const char *at, *end, *entry = s->env_entry;

	if (!entry)
		return false;
	(void)read_environ(s, p, &b);
	end = b.data ? b.data + b.len : NULL;
	for (at = b.data; at && at < end; at += strnlen(at, (size_t)(end - at)) + 1)
		if (streq(at, entry))
			return true;
	return false;
}

/* Whether a cgroup path has this component, or with unit NULL, any that names a service. */
static bool path_has_unit(const char *path, const char *unit)
{
	_cleanup_strv_ char **part = path ? strv_split(path, "/") : NULL;

	if (unit)
		return part && strv_contains(part, unit);
	for (size_t i = 0; part && part[i]; i++)
		if (str_endswith(part[i], ".service"))
			return true;
	return false;
}

/* systemd's path of a process: the v2 line, or the one of its own v1 hierarchy; owned. */
static char *unit_path(pid_t pid)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/cgroup", (int)pid);
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_strv_ char **line = NULL;
	const char *found = NULL;

	if (file_read_raw(path, STAT_MAX * 16, &b) < 0)
		return NULL;
	line = strv_split(buf_str(&b), "\n");
	for (size_t i = 0; line[i]; i++) {
		const char *v1 = strstr(line[i], ":name=systemd:");

		if (str_startswith(line[i], "0::") && !streq(line[i], "0::/"))
			return xstrdup(line[i] + 3);
		if (v1)
			found = v1 + strlen(":name=systemd:");
	}
	return xstrdup(found);
}

/* The last component of a path that names a service; owned, NULL when none does. */
static char *last_unit(const char *path)
{
	_cleanup_strv_ char **part = path ? strv_split(path, "/") : NULL;
	const char *found = NULL;

	for (size_t i = 0; part && part[i]; i++)
		if (str_endswith(part[i], ".service"))
			found = part[i];
	return xstrdup(found);
}

static bool is_spared(const struct sweep *s, pid_t pid)
{
	_cleanup_free_ char *path = s->own_unit ? unit_path(pid) : NULL;

	return path && path_has_unit(path, NULL) && !path_has_unit(path, s->own_unit) &&
	       !(s->my_unit && path_has_unit(path, s->my_unit));
}

static bool is_target(struct sweep *s, const struct process *p)
{
	if (p->pid <= 1 || p->pid == getpid() || p->kernel || p->ancestor || is_dead(p))
		return false;
	if ((s->only_marked || !p->descends) && !has_entry(s, p))
		return false;
	return !is_spared(s, p->pid);
}

/* The descriptor pins the process; only if it is still the one we looked at is it signalled. */
static int signal_exactly(const struct process *p, int sig)
{
	int fd = (int)syscall(SYS_pidfd_open, p->pid, 0), r;
	struct process now;

	if (read_process(p->pid, &now) < 0 || now.start != p->start) {
		r = -ESRCH;
	} else if (fd < 0) {
		r = kill(p->pid, sig) < 0 ? -errno : 0;
		(void)kill(p->pid, SIGCONT);
	} else {
		r = syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0) < 0 ? -errno : 0;
		(void)syscall(SYS_pidfd_send_signal, fd, SIGCONT, NULL, 0);
	}
	if (fd >= 0)
		close(fd);
	return r;
}

static bool was_signalled(const struct sweep *s, const struct process *p)
{
	for (size_t i = 0; i < s->signalled.n; i++)
		if (s->signalled.row[i].pid == p->pid && s->signalled.row[i].start == p->start)
			return true;
	return false;
}

static void reap(const struct process *p)
{
	if (p->state == 'Z' && p->parent == getpid() && !spawn_owns(p->pid))
		(void)waitpid(p->pid, NULL, WNOHANG);
}

/* One pass; how many there still are. sig 0 only counts. */
static int pass(struct sweep *s, int sig)
{
	_cleanup_(table_done) struct table t = { 0 };
	int left = 0;

	if (read_table(&t) < 0)
		return 0;
	mark_relations(&t);
	s->patience = SETTLE_STEPS;
	for (size_t i = 0; i < t.n; i++) {
		const struct process *p = &t.row[i];

		if (sig > 0)
			reap(p);
		if (!is_target(s, p))
			continue;
		left++;
		if (sig > 0 && !was_signalled(s, p) && signal_exactly(p, sig) == 0)
			table_add(&s->signalled, p);
	}
	return left;
}

static struct sweep begin(const char *env_entry, const char *own_unit)
{
	struct sweep s = { .env_entry = env_entry, .own_unit = own_unit };
	_cleanup_free_ char *mine = own_unit ? unit_path(getpid()) : NULL;

	s.my_unit = last_unit(mine);
	return s;
}

static void sweep_done(struct sweep *s)
{
	free(s->my_unit);
	table_done(&s->signalled);
}

static int sweep(struct sweep *s, int sig, uint64_t deadline_ms)
{
	uint64_t step_ms = SWEEP_STEP_MS;

	while (pass(s, sig) > 0 && clock_left(deadline_ms) > 0) {
		clock_sleep_ms(MIN(step_ms, (uint64_t)clock_left(deadline_ms)));
		step_ms = MIN(step_ms * 2, (uint64_t)SWEEP_STEP_MAX_MS);
	}
	return (int)s->signalled.n;
}

int proc_sweep(const char *env_entry, const char *own_unit, int sig, uint64_t deadline_ms)
{
	_cleanup_(sweep_done) struct sweep s = begin(env_entry, own_unit);

	return sweep(&s, sig, deadline_ms);
}

int proc_sweep_marked(const char *env_entry, const char *own_unit, int sig, uint64_t deadline_ms)
{
	_cleanup_(sweep_done) struct sweep s = begin(env_entry, own_unit);

	s.only_marked = true;
	return sweep(&s, sig, deadline_ms);
}

int proc_count(const char *env_entry, const char *own_unit)
{
	_cleanup_(sweep_done) struct sweep s = begin(env_entry, own_unit);

	return pass(&s, 0);
}

uint64_t proc_peak_kib(pid_t pid)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/status", (int)pid);
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_strv_ char **word = NULL;
	uint64_t kib;

	if (file_read_raw(path, STAT_MAX * 4, &b) < 0)
		return 0;
	word = strv_split(buf_str(&b), " \t\n");
	for (size_t i = 0; word[i] && word[i + 1]; i++)
		if (streq(word[i], "VmHWM:"))
			return parse_u64(word[i + 1], &kib) < 0 ? 0 : kib;
	return 0;
}
