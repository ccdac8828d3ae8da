/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/box/box-internal.h"

/* The kernel's interface (Documentation/userspace-api/landlock.rst), spelled out here because the
 * headers that a distribution builds with are often older than the kernel it runs on. */
struct ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

struct path_beneath_attr {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH 1
#define ACCESS_READ_FILE (1u << 2)
#define ACCESS_READ_DIR (1u << 3)
#define SCOPE_ABSTRACT_UNIX_SOCKET (1u << 0)
#define SCOPE_SIGNAL (1u << 1)

/* How many access rights each version of the interface knows: 13 first, then REFER, TRUNCATE and,
 * with version 5, IOCTL_DEV. */
static uint64_t access_of_version(long version)
{
	unsigned int bits = version < 2 ? 13 : version < 3 ? 14 : version < 5 ? 15 : 16;

	return (UINT64_C(1) << bits) - 1;
}

static size_t attr_size(long version)
{
	if (version < 4)
		return offsetof(struct ruleset_attr, handled_access_net);
	return version < 6 ? offsetof(struct ruleset_attr, scoped) : sizeof(struct ruleset_attr);
}

static int create_ruleset(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
	struct ruleset_attr attr = {
		.handled_access_fs = access_of_version(version),
		.scoped = version < 6 ? 0 : SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL,
	};
	long fd;

	if (version < 0)
		return errno == ENOSYS ? -EOPNOTSUPP : -errno;
	fd = syscall(SYS_landlock_create_ruleset, &attr, attr_size(version), 0);
	return fd < 0 ? -errno : (int)fd;
}

static int allow_reading(int ruleset, const char *path)
{
	_cleanup_fd_ int fd = open(path, O_PATH | O_CLOEXEC);
	struct path_beneath_attr rule = { .allowed_access = ACCESS_READ_FILE, .parent_fd = fd };
	struct stat st;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		rule.allowed_access |= ACCESS_READ_DIR;
	if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) < 0)
		return -errno;
	return 0;
}

int box_landlock(const char *const *read_paths)
{
	_cleanup_fd_ int ruleset = create_ruleset();

	if (ruleset < 0)
		return ruleset;
	for (size_t i = 0; read_paths && read_paths[i]; i++) {
		int r = allow_reading(ruleset, read_paths[i]);

		if (r < 0)
			return r;
	}
	return syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -errno : 0;
}
