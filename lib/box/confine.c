/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/prctl.h>
#include <sys/resource.h>

#include "lib/box/box-internal.h"
#include "lib/box/box.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif

#ifdef WITH_ASAN
/* The leak check at exit attaches with ptrace, which the filter kills: do it before. */
void __lsan_do_leak_check(void);
#else
static void __lsan_do_leak_check(void)
{
}
#endif

static struct fault *harden_process(void)
{
	const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) < 0)
		return fault_errno("box.failed", errno, "cannot set no_new_privs");
	if (prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return fault_errno("box.failed", errno, "cannot forbid core dumps");
	return NULL;
}

struct fault *box_confine_client(const char *const *read_paths, const char **ret_missing)
{
	bool no_landlock, no_seccomp;
	int r;

	__lsan_do_leak_check();
	TRY(harden_process());
	r = box_landlock(read_paths);
	no_landlock = r == -EOPNOTSUPP;
	if (r < 0 && !no_landlock)
		return fault_errno("box.failed", r, "cannot confine file access with landlock");
	r = box_seccomp_client();
	no_seccomp = r == -EOPNOTSUPP;
	if (r < 0 && !no_seccomp)
		return fault_errno("box.failed", r, "cannot confine system calls with seccomp");
	if (ret_missing)
		*ret_missing = no_landlock && no_seccomp ? "landlock seccomp" :
			       no_landlock		 ? "landlock" :
			       no_seccomp		 ? "seccomp" :
							   NULL;
	return NULL;
}
