/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a child may do. One spec, one fixed order of application. */

#include "lib/base/fault.h"

struct box {
	const char *user;	/* drop to this user (its primary group, no others); NULL: stay */
	bool no_capabilities;	/* empty all five sets */
	bool no_new_privs;
	bool not_dumpable;
	uint64_t max_files;	/* RLIMIT_NOFILE; 0: leave */
	uint64_t max_file_size; /* RLIMIT_FSIZE; 0: leave */
	uint64_t max_memory;	/* RLIMIT_AS; 0: leave */
	uint64_t max_processes; /* RLIMIT_NPROC; 0: leave */
	int oom_score_adj;	/* 0: as reset by spawn */
	uid_t uid;		/* filled by box_resolve */
	gid_t gid;
};

/* Looks the user up in the parent (getpwnam is not async-signal-safe). Where the user does not
 * exist, 65534 (nobody) is taken. When the caller is not root, user is ignored (set to NULL). Fault
 * box.user: the account database cannot be read, or the user is root. */
struct fault *box_resolve(struct box *b) _must_check_;
/* For spawn's `prepare`: applies rlimits, groups, gid, uid, capabilities, no_new_privs, dumpable in
 * this order; async-signal-safe; 0 or -errno. The bounding set goes first, because that takes a
 * capability. Limits only ever go down. An exec makes a process dumpable again, so not_dumpable
 * also sets RLIMIT_CORE to 0, and the program must say PR_SET_DUMPABLE itself once it runs. */
int box_enter(void *box);

/* What muster-net does to itself, once its libraries are loaded: an allow-list of system calls
 * (network client, files already open, memory, time; SIGSYS-free: a refused call gets EPERM and
 * execve kills) and a landlock ruleset that leaves only reading `read_paths` (NULL-terminated).
 * *ret_missing names what this kernel does not have ("landlock", "seccomp", "landlock seccomp"), or
 * NULL. Also not dumpable, no new privileges, RLIMIT_CORE 0. A path that does not exist is skipped;
 * a link is followed and its target counts. For name lookups: /etc/hosts, /etc/resolv.conf,
 * /etc/nsswitch.conf, /etc/gai.conf, /run/systemd/resolve, /lib, /lib64, /usr/lib, /usr/lib64,
 * /etc/ld.so.cache, /etc/ssl, /etc/pki, /usr/share/ca-certificates. Call it before threads start.
 * Fault box.failed. */
struct fault *box_confine_client(const char *const *read_paths, const char **ret_missing)
	_must_check_;
