/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/box/box-internal.h"

/* What a client of libcurl and OpenSSL with the threaded resolver calls, glibc from 2.31 on, on
 * x86-64 and arm64 alike: a name that an architecture does not have is skipped. */
static const char *const allowed[] = {
	/* memory */
	"brk", "madvise", "membarrier", "mmap", "mprotect", "mremap", "munmap",
	/* threads, signals, the end */
	"exit", "exit_group", "futex", "futex_waitv", "get_robust_list", "gettid",
	"restart_syscall", "rseq", "rt_sigaction", "rt_sigpending", "rt_sigprocmask",
	"rt_sigreturn", "rt_sigtimedwait", "sched_get_priority_max", "sched_get_priority_min",
	"sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_yield",
	"set_robust_list", "set_tid_address", "sigaltstack",
	/* time, chance, who am I */
	"clock_getres", "clock_gettime", "clock_nanosleep", "getcpu", "getegid", "geteuid",
	"getgid", "getgroups", "getpgrp", "getpid", "getppid", "getrandom", "getresgid",
	"getresuid", "getrlimit", "getrusage", "gettimeofday", "getuid", "nanosleep", "sysinfo",
	"time", "times", "uname",
	/* descriptors */
	"close", "close_range", "dup", "dup2", "dup3", "epoll_create", "epoll_create1", "epoll_ctl",
	"epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd2", "fcntl", "lseek", "pipe", "pipe2",
	"poll", "ppoll", "pread64", "preadv", "preadv2", "pselect6", "pwrite64", "read", "readv",
	"select", "timerfd_create", "timerfd_gettime", "timerfd_settime", "write", "writev",
	/* looking at files; landlock says which */
	"access", "faccessat", "faccessat2", "fadvise64", "fstat", "fstatfs", "getcwd",
	"getdents64", "lstat", "newfstatat", "readlink", "readlinkat", "stat", "statfs", "statx",
	/* network, on sockets that the rules below let be */
	"bind", "connect", "getpeername", "getsockname", "getsockopt", "recvfrom", "recvmmsg",
	"recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown",
};

/* Nothing here ever has a reason to call these: who tries has been taken over. */
static const char *const deadly[] = {
	"acct", "add_key", "bpf", "chroot", "delete_module", "execve", "execveat", "finit_module",
	"fsconfig", "fsmount", "fsopen", "fspick", "init_module", "kexec_file_load", "kexec_load",
	"keyctl", "mount", "mount_setattr", "move_mount", "open_by_handle_at", "open_tree",
	"perf_event_open", "pidfd_getfd", "pivot_root", "process_vm_readv", "process_vm_writev",
	"ptrace", "quotactl", "reboot", "request_key", "setns", "swapoff", "swapon", "umount2",
	"unshare", "userfaultfd",
};

/* glibc falls back to the older call, whose arguments a filter can see. */
static const char *const hidden[] = { "clone3", "openat2" };

static int add_names(scmp_filter_ctx ctx, uint32_t action, const char *const *name, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int nr = seccomp_syscall_resolve_name(name[i]);
		int r = nr == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(ctx, action, nr, 0);

		if (r < 0 && r != -EDOM)
			return r;
	}
	return 0;
}

/* One allow rule with conditions; a call that this architecture lacks is none. */
struct rule {
	const char *name;
	unsigned int n;
	struct scmp_arg_cmp cmp[3];
};

static int add_rules(scmp_filter_ctx ctx, const struct rule *rule, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int nr = seccomp_syscall_resolve_name(rule[i].name), r;

		if (nr < 0) /* absent, or a pseudo number of another architecture */
			continue;
		r = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, nr, rule[i].n, rule[i].cmp);
		if (r < 0)
			return r;
	}
	return 0;
}

#define EQ(arg, value) { (arg), SCMP_CMP_EQ, (value), 0 }
#define MASKED(arg, mask, value) { (arg), SCMP_CMP_MASKED_EQ, (mask), (value) }
#define SOCKET_TYPE_MASK 0xfu
#define WRITING ((unsigned int)(O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND))
#define THREAD ((unsigned int)(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD))
#define NAMESPACES \
	((unsigned int)(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | \
			CLONE_NEWUTS | CLONE_NEWCGROUP))

static int add_conditions(scmp_filter_ctx ctx)
{
	const struct rule rules[] = {
		{ "clone", 1, { MASKED(0, THREAD | NAMESPACES, THREAD) } },
		{ "open", 1, { MASKED(1, WRITING, O_RDONLY) } },
		{ "openat", 1, { MASKED(2, WRITING, O_RDONLY) } },
		{ "socket", 2, { EQ(0, AF_INET), MASKED(1, SOCKET_TYPE_MASK, SOCK_STREAM) } },
		{ "socket", 2, { EQ(0, AF_INET), MASKED(1, SOCKET_TYPE_MASK, SOCK_DGRAM) } },
		{ "socket", 2, { EQ(0, AF_INET6), MASKED(1, SOCKET_TYPE_MASK, SOCK_STREAM) } },
		{ "socket", 2, { EQ(0, AF_INET6), MASKED(1, SOCKET_TYPE_MASK, SOCK_DGRAM) } },
		{ "socket", 1, { EQ(0, AF_UNIX) } },
		{ "socket", 2, { EQ(0, AF_NETLINK), EQ(2, NETLINK_ROUTE) } },
		{ "socketpair", 1, { EQ(0, AF_UNIX) } },
		{ "ioctl", 1, { EQ(1, FIONREAD) } },
		{ "ioctl", 1, { EQ(1, FIONBIO) } },
		{ "ioctl", 1, { EQ(1, TCGETS) } },
		{ "ioctl", 1, { EQ(1, SIOCGIFINDEX) } },
		{ "ioctl", 1, { EQ(1, SIOCGIFNAME) } },
		{ "prctl", 1, { EQ(0, PR_SET_NAME) } },
		{ "prctl", 1, { EQ(0, PR_GET_DUMPABLE) } },
		{ "prlimit64", 1, { EQ(2, 0) } },
		{ "tgkill", 1, { EQ(0, (scmp_datum_t)getpid()) } },
	};

	return add_rules(ctx, rules, ARRAY_SIZE(rules));
}

static void release(scmp_filter_ctx *ctx)
{
	if (*ctx)
		seccomp_release(*ctx);
}

int box_seccomp_client(void)
{
	_cleanup_(release) scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r;

	if (!ctx)
		return -ENOMEM;
	r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r == 0)
		r = add_names(ctx, SCMP_ACT_ALLOW, allowed, ARRAY_SIZE(allowed));
	if (r == 0)
		r = add_names(ctx, SCMP_ACT_KILL_PROCESS, deadly, ARRAY_SIZE(deadly));
	if (r == 0)
		r = add_names(ctx, SCMP_ACT_ERRNO(ENOSYS), hidden, ARRAY_SIZE(hidden));
	if (r == 0)
		r = add_conditions(ctx);
	if (r == 0)
		r = seccomp_load(ctx);
	return r == -ENOSYS || r == -EINVAL ? -EOPNOTSUPP : r;
}
