/* SPDX-License-Identifier: Apache-2.0 */
/* without-syscalls NAME[,NAME…] -- COMMAND [ARGUMENT…]
 *
 * Runs a command as on a kernel that lacks these system calls: each answers ENOSYS. */

#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/macro.h"

static int hide(scmp_filter_ctx ctx, char *names)
{
	for (char *name = names, *next; name; name = next) {
		int nr, r;

		next = strchr(name, ',');
		if (next)
			*next++ = '\0';
		nr = seccomp_syscall_resolve_name(name);
		if (nr == __NR_SCMP_ERROR) {
			fprintf(stderr, "without-syscalls: no system call %s\n", name);
			return -1;
		}
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), nr, 0);
		if (r < 0) {
			fprintf(stderr, "without-syscalls: %s: %s\n", name, strerror(-r));
			return -1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);

	if (argc < 4 || strcmp(argv[2], "--") != 0 || !ctx) {
		fprintf(stderr, "usage: without-syscalls NAME[,NAME...] -- COMMAND...\n");
		return 2;
	}
	/* Root may filter without no_new_privs, which some tests look at. */
	if (geteuid() == 0)
		(void)seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0);
	if (hide(ctx, argv[1]) < 0)
		return 2;
	if (seccomp_load(ctx) < 0) {
		fprintf(stderr, "without-syscalls: the kernel takes no filter\n");
		return 77;
	}
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 2;
}
