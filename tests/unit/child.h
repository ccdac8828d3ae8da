/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Checks that need a process of their own: a filter that cannot be taken off again, a limit, a
 * namespace, a death. */

#include <stdio.h>

#include "lib/base/macro.h"

/* Runs fn in a forked child; its return value is the child's exit status. Returns that, or 128
 * plus the signal. In the child use EXPECT, not CHECK. */
int test_child(int (*fn)(void *arg), void *arg);

/* From here on this process gets -errnum from one system call (SYS_...), in this thread and its
 * children, for good. 0 or -errno. */
int test_deny(long nr, int errnum);
/* The same only where the first argument is this descriptor. */
int test_deny_fd(long nr, int fd, int errnum);

/* A private mount namespace; false, with a TAP comment, where this machine gives none. */
bool test_private_mounts(void);

/* In a function that returns int: prints and returns 1 when the condition is false. */
#define EXPECT(cond) \
	do { \
		if (!(cond)) { \
			printf("# %s:%d: %s is false\n", __FILE__, __LINE__, #cond); \
			return 1; \
		} \
	} while (0)
