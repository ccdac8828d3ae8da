/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The system calls with which a process changes a file system, or tells another one something. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>

enum where { IN_FD, IN_FOLDER, IN_PATH, IN_NONE }; /* what of its arguments names the file */

static const struct call {
	unsigned nr;
	const char *name;
	enum where where;
	bool takes_room; /* of the disk: may fail for want of it */
	int flags;	 /* 1 + index of the argument that must have O_CREAT or O_TMPFILE */
} calls[] = {
	{ SYS_write, "write", IN_FD, true, 0 },
	{ SYS_pwrite64, "pwrite64", IN_FD, true, 0 },
	{ SYS_writev, "writev", IN_FD, true, 0 },
	{ SYS_pwritev, "pwritev", IN_FD, true, 0 },
	{ SYS_copy_file_range, "copy_file_range", IN_FD, true, 0 },
	{ SYS_sendfile, "sendfile", IN_FD, true, 0 },
	{ SYS_sendto, "sendto", IN_FD, false, 0 },
	{ SYS_sendmsg, "sendmsg", IN_FD, false, 0 },
	{ SYS_fdatasync, "fdatasync", IN_FD, true, 0 },
	{ SYS_fsync, "fsync", IN_FD, true, 0 },
	{ SYS_syncfs, "syncfs", IN_FD, true, 0 },
	{ SYS_sync, "sync", IN_NONE, false, 0 },
	{ SYS_ftruncate, "ftruncate", IN_FD, false, 0 },
	{ SYS_fallocate, "fallocate", IN_FD, true, 0 },
	{ SYS_fchmod, "fchmod", IN_FD, false, 0 },
	{ SYS_open, "open", IN_PATH, true, 2 },
	{ SYS_openat, "openat", IN_FOLDER, true, 3 },
	{ SYS_openat2, "openat2", IN_FOLDER, true, 3 },
	{ SYS_mkdir, "mkdir", IN_PATH, true, 0 },
	{ SYS_mkdirat, "mkdirat", IN_FOLDER, true, 0 },
	{ SYS_link, "link", IN_PATH, true, 0 },
	{ SYS_linkat, "linkat", IN_FOLDER, true, 0 },
	{ SYS_symlink, "symlink", IN_NONE, true, 0 },
	{ SYS_symlinkat, "symlinkat", IN_NONE, true, 0 },
	{ SYS_rename, "rename", IN_PATH, true, 0 },
	{ SYS_renameat, "renameat", IN_FOLDER, true, 0 },
	{ SYS_renameat2, "renameat2", IN_FOLDER, true, 0 },
	{ SYS_unlink, "unlink", IN_PATH, false, 0 },
	{ SYS_unlinkat, "unlinkat", IN_FOLDER, false, 0 },
	{ SYS_rmdir, "rmdir", IN_PATH, false, 0 },
};
static const size_t n_calls = sizeof(calls) / sizeof(calls[0]);
