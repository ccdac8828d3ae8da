/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Between cgroup.c (the tree) and cgroup-group.c (one group and its files). */

#include "lib/base/file.h"
#include "lib/base/strv.h"

/* The "0::" path of /proc/self/cgroup; owned, NULL where there is none. */
char *cgroup_own_path(void);
/* Where the cgroup2 mount of /proc/self/mountinfo shows that path; owned, NULL where it is not
 * visible (another cgroup namespace, not mounted). Unified and hybrid hierarchies alike. */
char *cgroup_folder(const char *cgroup_path);
/* Writes a control file whole; 0 or -errno. */
int cgroup_write(int fd, const char *file, const char *text);
/* The words of a control file; owned, NULL when it cannot be read. */
char **cgroup_words(int fd, const char *file);
/* Calls fn for each group right below this one until it fails; 0 or what fn returned. */
typedef int (*cgroup_child_fn)(int fd, const char *name, void *arg);
int cgroup_each_child(int fd, cgroup_child_fn fn, void *arg);
/* For it: removes a group and all below. */
int cgroup_remove_child(int fd, const char *name, void *arg);
/* What cgroup_kill does where there is no cgroup.kill (before Linux 5.14): SIGKILL to each member
 * here and below, frozen meanwhile so that nothing is born faster than it is killed. One pass. */
void cgroup_kill_members(int fd);
