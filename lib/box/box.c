/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/box/box.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534
#define PASSWD_MAX (1024 * 1024)

static struct fault *look_up(const char *user, uid_t *uid, gid_t *gid)
{
	_cleanup_free_ char *space = NULL;
	struct passwd entry, *found = NULL;
	int r = ERANGE;

	for (size_t size = 4096; r == ERANGE && size <= PASSWD_MAX; size *= 4) {
		space = xrealloc(space, size);
		r = getpwnam_r(user, &entry, space, size, &found);
	}
	/* What an absent user comes back as differs from one name service to the next. */
	if (!found && r != 0 && r != ENOENT && r != ESRCH && r != EBADF && r != EPERM)
		return fault_errno("box.user", r, "cannot look up the user %s", user);
	*uid = found ? entry.pw_uid : NOBODY;
	*gid = found ? entry.pw_gid : NOBODY;
	return NULL;
}

struct fault *box_resolve(struct box *b)
{
	if (geteuid() != 0)
		b->user = NULL;
	b->uid = geteuid();
	b->gid = getegid();
	if (!b->user)
		return NULL;
	TRY(look_up(b->user, &b->uid, &b->gid));
	if (b->uid == 0 || b->gid == 0)
		return fault_new("box.user", "the user %s is root or in root's group", b->user);
	return NULL;
}

static int limit(int resource, uint64_t value)
{
	struct rlimit r;

	if (value == 0)
		return 0;
	if (getrlimit((__rlimit_resource_t)resource, &r) < 0)
		return -errno;
	r.rlim_max = MIN(r.rlim_max, (rlim_t)value);
	r.rlim_cur = MIN(r.rlim_cur, r.rlim_max);
	return setrlimit((__rlimit_resource_t)resource, &r) < 0 ? -errno : 0;
}

static int apply_limits(const struct box *b)
{
	const struct rlimit none = { 0, 0 };
	int r;

	r = limit(RLIMIT_NOFILE, b->max_files);
	if (r == 0)
		r = limit(RLIMIT_FSIZE, b->max_file_size);
	if (r == 0)
		r = limit(RLIMIT_AS, b->max_memory);
	if (r == 0)
		r = limit(RLIMIT_NPROC, b->max_processes);
	if (r == 0 && b->not_dumpable)
		r = setrlimit(RLIMIT_CORE, &none) < 0 ? -errno : 0;
	return r;
}

/* snprintf is not async-signal-safe. */
static size_t format_score(int score, char out[8])
{
	unsigned int n = (unsigned int)(score < 0 ? -score : score);
	char digits[8];
	size_t len = 0, at = 0;

	do
		digits[len++] = (char)('0' + n % 10);
	while ((n /= 10) > 0 && len < 5);
	if (score < 0)
		out[at++] = '-';
	while (len > 0)
		out[at++] = digits[--len];
	return at;
}

static int set_oom_score(int score)
{
	char text[8];
	size_t len = format_score(score, text);
	int fd, r = 0;

	if (score == 0)
		return 0;
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, len) < 0)
		r = -errno;
	close(fd);
	return r;
}

static int drop_bounding_set(void)
{
	for (unsigned long cap = 0; cap < 64; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0UL, 0UL, 0UL) < 0) {
			if (errno == EINVAL)
				return 0; /* beyond the last one */
			/* An ordinary user cannot, and has nothing there that an exec with
			 * no_new_privs could give it. */
			return errno == EPERM && geteuid() != 0 ? 0 : -errno;
		}
	return 0;
}

/* Raw calls: glibc's tell every thread, and in a fresh child there is none to tell. */
static int change_user(const struct box *b)
{
	if (!b->user)
		return 0;
	if (syscall(SYS_setgroups, 0, NULL) < 0 ||
	    syscall(SYS_setresgid, b->gid, b->gid, b->gid) < 0 ||
	    syscall(SYS_setresuid, b->uid, b->uid, b->uid) < 0)
		return -errno;
	return syscall(SYS_setresuid, 0, 0, 0) == 0 ? -EPERM : 0;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0UL, 0UL, 0UL);
	return syscall(SYS_capset, &head, none) < 0 ? -errno : 0;
}

int box_enter(void *box)
{
	const struct box *b = box;
	int r = apply_limits(b);

	if (r == 0)
		r = set_oom_score(b->oom_score_adj);
	if (r == 0 && b->no_capabilities)
		r = drop_bounding_set();
	if (r == 0)
		r = change_user(b);
	if (r == 0 && b->no_capabilities)
		r = drop_capabilities();
	if (r == 0 && b->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) < 0)
		r = -errno;
	if (r == 0 && b->not_dumpable && prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) < 0)
		r = -errno;
	return r;
}
