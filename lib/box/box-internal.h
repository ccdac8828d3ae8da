/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The two locks of box_confine_client. 0; -EOPNOTSUPP where the kernel has none; -errno. */

#include "lib/base/macro.h"

/* Handles every file system right this kernel knows and leaves reading below the paths; also cuts
 * off signals and abstract sockets to the outside, where it can. Networking is not its business. */
int box_landlock(const char *const *read_paths);
/* The allow-list of a network client. Wants no_new_privs or CAP_SYS_ADMIN. */
int box_seccomp_client(void);
