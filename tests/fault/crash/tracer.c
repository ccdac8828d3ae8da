/* SPDX-License-Identifier: Apache-2.0 */
/* tracer LOG ROLE NUMBER HOW BENEATH COMMAND [ARGUMENT…]
 *
 * Runs muster under ptrace(2) and counts, for each of its processes, the system calls that write:
 * LOG has a line "ROLE NUMBER CALL PATH" for each. At call NUMBER of ROLE, of those to paths that
 * begin with BENEATH, this happens (HOW):
 *
 *	none	nothing
 *	before	the process is killed as it enters the call, which then does nothing
 *	after	it is killed once the call is done, before it knows
 *	stop	it is stopped (SIGSTOP) as it enters the call
 *	EIO … (a name out of fails[])	the call fails so, and so do all later ones beneath BENEATH
 *
 * ROLE is supervisor, the name of a step, unborn (forked, its program not yet executed), or any.
 * LOG ends in a line "reached" when it happened. Ends when the command does, with its exit code, or
 * 128 and the number of its signal; what is left of its children is let go as it is.
 *
 * strace(1) cannot do it: it counts for each process alone and cannot be told which to hit. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/openat2.h>
#include <linux/ptrace.h>

#include "calls.h"

#ifndef __x86_64__
#error "how a call is made to fail is written for x86-64 alone"
#endif

#define ROLE_MAX 24
#define OPTIONS                                                                                    \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |  \
	 PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT)

static const struct {
	const char *name;
	int errnum;
} fails[] = { { "EIO", EIO }, { "ENOSPC", ENOSPC }, { "EROFS", EROFS } };

struct process {
	struct process *next;
	pid_t pid;
	char role[ROLE_MAX]; /* "": none of muster's */
};

struct thread {
	struct thread *next;
	struct process *process;
	pid_t tid;
	bool hit;     /* it is killed at the end of this call */
	int signal;   /* it is let go now, with this signal */
	bool refused; /* this call fails */
};

struct count {
	struct count *next;
	char role[ROLE_MAX];
	unsigned n;
};

static struct process *processes;
static struct thread *threads;
static struct count *counts;
static FILE *log_file;
static const char *victim, *how, *beneath;
static unsigned number;
static int errnum; /* 0: the process is killed */
static bool reached;
static pid_t command;

_Noreturn static void stop(const char *what)
{
	fprintf(stderr, "tracer: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void *zeroed(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		stop("memory");
	return p;
}

/* The number behind a word at the beginning of a line of /proc/PID/status. */
static pid_t status_number(pid_t pid, const char *word)
{
	char path[64], line[256];
	pid_t found = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, word, strlen(word)) == 0)
			(void)sscanf(line + strlen(word), "%d", &found);
	if (f)
		fclose(f);
	return found;
}

static struct process *find_process(pid_t pid)
{
	for (struct process *p = processes; p; p = p->next)
		if (p->pid == pid)
			return p;
	return NULL;
}

static void set_role(struct process *p, const char *role)
{
	(void)snprintf(p->role, sizeof(p->role), "%s", role);
}

static struct process *add_process(pid_t pid)
{
	struct process *p = zeroed(sizeof(*p)), *parent = find_process(status_number(pid, "PPid:"));

	p->pid = pid;
	if (parent && parent->role[0])
		set_role(p, "unborn");
	p->next = processes;
	processes = p;
	return p;
}

static struct thread *find_thread(pid_t tid)
{
	struct thread *t = threads;
	pid_t pid;

	while (t && t->tid != tid)
		t = t->next;
	if (t)
		return t;
	pid = status_number(tid, "Tgid:");
	t = zeroed(sizeof(*t));
	t->tid = tid;
	t->process = find_process(pid);
	if (!t->process)
		t->process = add_process(pid);
	t->next = threads;
	threads = t;
	return t;
}

static void forget(pid_t tid)
{
	for (struct thread **t = &threads; *t; t = &(*t)->next)
		if ((*t)->tid == tid) {
			struct thread *gone = *t;

			*t = gone->next;
			free(gone);
			break;
		}
	for (struct process **p = &processes; *p; p = &(*p)->next)
		if ((*p)->pid == tid)
			(*p)->pid = 0; /* its other threads may still point to it */
}

/* "muster … step NAME" is NAME; any other program that is not the command itself is not ours. */
static void name_role(struct process *p)
{
	char path[64], text[4096], *words[64];
	size_t n = 0;
	ssize_t len;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)p->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[len > 0 ? len : 0] = '\0';
	for (char *at = text; at < text + len && n < 64; at += strlen(at) + 1)
		words[n++] = at;
	p->role[0] = '\0';
	if (p->pid == command)
		set_role(p, "supervisor");
	else if (n >= 3 && strcmp(words[0], "muster") == 0 && strcmp(words[n - 2], "step") == 0)
		set_role(p, words[n - 1]);
}

static bool peek(pid_t pid, uint64_t address, void *to, size_t size)
{
	struct iovec ours = { to, size }, theirs = { (void *)(uintptr_t)address, size };

	return process_vm_readv(pid, &ours, 1, &theirs, 1, 0) == (ssize_t)size;
}

static void read_text(pid_t pid, uint64_t address, char *to, size_t size)
{
	size_t i = 0;

	while (i + 1 < size && peek(pid, address + i, to + i, 1) && to[i])
		i++;
	to[i] = '\0';
}

static void read_link(pid_t pid, int fd, char to[PATH_MAX])
{
	char path[64];
	ssize_t n;

	if (fd == AT_FDCWD)
		(void)snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
	else
		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	n = readlink(path, to, PATH_MAX - 1);
	to[n > 0 ? n : 0] = '\0';
}

static void name_file(pid_t tid, const struct call *c, const __u64 *args, char to[PATH_MAX])
{
	char name[1024] = "", folder[PATH_MAX] = "";

	to[0] = '\0';
	if (c->where == IN_FD) {
		read_link(tid, (int)args[0], to);
		return;
	}
	if (c->where == IN_NONE)
		return;
	read_text(tid, args[c->where == IN_FOLDER], name, sizeof(name));
	if (name[0] != '/')
		read_link(tid, c->where == IN_FOLDER ? (int)args[0] : AT_FDCWD, folder);
	(void)snprintf(to, PATH_MAX, "%.3000s%s%s", folder, folder[0] ? "/" : "", name);
}

static const struct call *find_call(pid_t tid, uint64_t nr, const __u64 *args)
{
	struct open_how open_how = { 0 };
	const struct call *c = calls;
	uint64_t flags;

	while (c < calls + n_calls && c->nr != nr)
		c++;
	if (c == calls + n_calls)
		return NULL;
	if (!c->flags)
		return c;
	flags = args[c->flags - 1];
	if (c->nr == SYS_openat2)
		flags = peek(tid, flags, &open_how, sizeof(open_how)) ? open_how.flags : 0;
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? c : NULL;
}

static unsigned count_of(const char *role)
{
	struct count *c = counts;

	while (c && strcmp(c->role, role) != 0)
		c = c->next;
	if (!c) {
		c = zeroed(sizeof(*c));
		(void)snprintf(c->role, sizeof(c->role), "%s", role);
		c->next = counts;
		counts = c;
	}
	return ++c->n;
}

static void say_reached(void)
{
	if (!reached)
		fprintf(log_file, "reached\n");
	reached = true;
}

/* Whether this call is the one, or follows it where all later ones are to fail, too. */
static bool is_it(const char *role, unsigned n)
{
	if (strcmp(how, "none") == 0)
		return false;
	return strcmp(victim, role) == 0 && (errnum ? n >= number : n == number);
}

static void enter(struct thread *t, const struct ptrace_syscall_info *info)
{
	const struct call *c = find_call(t->tid, info->entry.nr, info->entry.args);
	const char *role = strcmp(victim, "any") == 0 ? "any" : t->process->role;
	char path[PATH_MAX];
	unsigned n;

	if (!c || !t->process->role[0] || (errnum && !c->takes_room && errnum != EROFS))
		return;
	name_file(t->tid, c, info->entry.args, path);
	if (strncmp(path, beneath, strlen(beneath)) != 0)
		return;
	n = count_of(role);
	fprintf(log_file, "%s %u %s %s\n", t->process->role, n, c->name, path);
	if (!is_it(role, n))
		return;
	say_reached();
	if (errnum) {
		t->refused = ptrace(PTRACE_POKEUSER, t->tid,
				    offsetof(struct user_regs_struct, orig_rax), -1L) == 0;
	} else if (strcmp(how, "after") == 0) {
		t->hit = true;
	} else {
		t->signal = strcmp(how, "stop") == 0 ? SIGSTOP : SIGKILL;
	}
}

static void leave(struct thread *t)
{
	if (t->hit)
		t->signal = SIGKILL;
	if (t->refused)
		(void)ptrace(PTRACE_POKEUSER, t->tid, offsetof(struct user_regs_struct, rax),
			     (long)-errnum);
	t->hit = t->refused = false;
}

static void at_syscall(struct thread *t)
{
	struct ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		enter(t, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		leave(t);
}

static void go_on(struct thread *t, int event, int sig)
{
	bool stopped = sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
	bool watched = t->process->role[0] && (!reached || errnum || t->hit);

	if (event == PTRACE_EVENT_STOP && stopped) {
		(void)ptrace(PTRACE_LISTEN, t->tid, 0, 0);
		return;
	}
	if (event || sig == (SIGTRAP | 0x80))
		sig = 0;
	(void)ptrace(watched ? PTRACE_SYSCALL : PTRACE_CONT, t->tid, 0, (long)sig);
}

/* Nobody dies while it is traced: its parent would be told before the tracer has let go of what is
 * left of it, and would then find nothing there. */
static void let_go(struct thread *t, int sig)
{
	(void)ptrace(PTRACE_DETACH, t->tid, 0, (long)sig);
	forget(t->tid);
}

static void at_stop(pid_t tid, int status)
{
	struct thread *t = find_thread(tid);
	int event = status >> 16, sig = WSTOPSIG(status);

	if (event == PTRACE_EVENT_EXEC)
		name_role(t->process);
	else if (sig == (SIGTRAP | 0x80))
		at_syscall(t);
	if (t->signal)
		let_go(t, t->signal);
	else if (event == PTRACE_EVENT_EXIT || (event == PTRACE_EVENT_EXEC && !t->process->role[0]))
		let_go(t, 0);
	else
		go_on(t, event, sig);
}

static void start(char **argv)
{
	int gate[2];
	char c = 0;

	if (pipe2(gate, O_CLOEXEC) < 0)
		stop("pipe");
	command = fork();
	if (command < 0)
		stop("fork");
	if (command == 0) {
		(void)!read(gate[0], &c, 1);
		execv(argv[0], argv);
		stop(argv[0]);
	}
	if (ptrace(PTRACE_SEIZE, command, 0, OPTIONS) < 0)
		stop("ptrace");
	(void)!write(gate[1], &c, 1);
	close(gate[0]);
	close(gate[1]);
}

static int follow(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid > 0 && WIFSTOPPED(status)) {
			at_stop(pid, status);
		} else if (pid > 0) {
			forget(pid);
			if (pid == command)
				return WIFEXITED(status) ? WEXITSTATUS(status) :
							   128 + WTERMSIG(status);
		}
	}
	stop("wait");
}

int main(int argc, char **argv)
{
	int code;

	if (argc < 7 || sscanf(argv[3], "%u", &number) != 1) {
		fprintf(stderr, "usage: tracer LOG ROLE NUMBER HOW BENEATH COMMAND...\n");
		return 125;
	}
	log_file = fopen(argv[1], "we");
	if (!log_file)
		stop(argv[1]);
	victim = argv[2];
	how = argv[4];
	beneath = argv[5];
	for (size_t i = 0; i < sizeof(fails) / sizeof(fails[0]); i++)
		if (strcmp(fails[i].name, how) == 0)
			errnum = fails[i].errnum;
	start(argv + 6);
	code = follow();
	return fclose(log_file) == 0 ? code : 125;
}
