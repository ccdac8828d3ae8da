/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Finding and ending what a step started, where a cgroup alone does not hold it. */

#include "lib/base/macro.h"

int proc_become_subreaper(void);
/* Kills every process that descends from this one, that has "NAME=VALUE" (env_entry; NULL: by
 * descent alone) in its environment, or both, until none is left or the deadline is past; reaps the
 * dead that became ours, save the children that spawn_start gave out. Each gets the signal once
 * (and SIGCONT, so that a stopped one hears it).
 *
 * With own_unit ("muster.service") a process in another systemd unit is left alone: its cgroup path
 * has a component that ends in ".service", and none that is own_unit or the unit that this process
 * itself is in. A login session's scope is no unit of its own in this sense.
 * This process, its ancestors, pid 1 and kernel threads are never touched.
 * Returns how many were killed (signalled). */
int proc_sweep(const char *env_entry, const char *own_unit, int sig, uint64_t deadline_ms);
/* The same, but only what has the entry in its environment: for a supervisor, whose own children
 * all descend from it. */
int proc_sweep_marked(const char *env_entry, const char *own_unit, int sig, uint64_t deadline_ms);
/* Counts them without killing; the dead that nobody has reaped yet do not count. */
int proc_count(const char *env_entry, const char *own_unit);
/* VmHWM in KiB of a process; 0 when gone. */
uint64_t proc_peak_kib(pid_t pid);
