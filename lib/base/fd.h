/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Descriptors: complete reads and writes, closing, passing. */

#include "lib/base/buf.h"

static inline void fd_closep(int *fd);
int fd_close(int fd); /* keeps errno; accepts -1; always returns -1 */
static inline void fd_closep(int *fd)
{
	*fd = fd_close(*fd);
}
#define _cleanup_fd_ _cleanup_(fd_closep)

int fd_write_all(int fd, const void *data, size_t len); /* 0 or -errno; retries EINTR */
/* Reads exactly len bytes: 0, -errno, or -ENODATA when the end came first. */
int fd_read_exact(int fd, void *data, size_t len);
/* Appends up to max bytes until the end; -EFBIG when there is more. */
int fd_read_all(int fd, struct buf *out, size_t max);
int fd_set_nonblock(int fd, bool on);
int fd_set_cloexec(int fd, bool on);
int fd_fill_std(void);		     /* 0, 1, 2 exist afterwards (/dev/null where closed) */
int fd_close_from(int first);	     /* close_range, or /proc/self/fd where it is refused */
