/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The delegated cgroup v2 subtree: a leaf for the supervisor, one group per step.
 *
 * Where cgroup v2 is not mounted or not writable (a container without delegation, cgroup v1),
 * everything here answers -EOPNOTSUPP and the callers fall back to subreaper and process sweep. */

#include "lib/base/fault.h"

struct cgroup_tree; /* the folder of this service, NULL-safe everywhere */

/* Finds our own v2 group from /proc/self/cgroup and moves this process into its leaf
 * "supervisor". *ret is NULL (and *ret_why a borrowed static text) where it is not to be had. */
struct cgroup_tree *cgroup_open(const char **ret_why);
/* Makes the group and enables memory, pids, cpu, io where the kernel lets. One of that name in
 * which nothing runs is made anew: its figures are of the past, and where a step has made groups
 * and enabled controllers in it, the kernel lets no process into it any more (EBUSY). One in
 * which something runs is taken as it is. Descriptor or -errno. */
int cgroup_make(struct cgroup_tree *t, const char *name);
/* cgroup.kill where it exists, else SIGKILL to each member until none is left; waits for
 * "populated 0" until the deadline. 0 or -errno. */
int cgroup_kill(int fd, uint64_t deadline_ms);
bool cgroup_populated(int fd);
/* usage_usec of cpu.stat, 0 when unknown; memory.peak in bytes, 0 when unknown. */
uint64_t cgroup_cpu_usec(int fd);
uint64_t cgroup_memory_peak(int fd);
/* oom_kill of memory.events. */
uint64_t cgroup_oom_kills(int fd);
int cgroup_remove(struct cgroup_tree *t, const char *name);
void cgroup_close(struct cgroup_tree *t);
DEFINE_CLEANUP(struct cgroup_tree *, cgroup_close)
