/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Whole files: bounded reads, atomic durable writes. */

#include "lib/base/buf.h"
#include "lib/base/fault.h"

/* Reads a whole file of at most max bytes: fault file.unreadable (errnum kept) or
 * file.too_large. */
struct fault *file_read(const char *path, size_t max, struct buf *out) _must_check_;
/* The same, 0 or -errno, for files whose absence is ordinary; trailing newlines are cut by
 * file_read_line. */
int file_read_raw(const char *path, size_t max, struct buf *out);
int file_read_line(const char *path, char **ret); /* owned; first line without newline */

/* Replaces path whole: temporary file in the same folder, write, fsync, rename, fsync
 * of the folder. A reader sees the old or the new. Parents are made (0755). Fault
 * file.unwritable. */
struct fault *file_write_atomic(const char *path, const void *data, size_t len, mode_t mode)
	_must_check_;
/* The same without the fsyncs: for /run. */
struct fault *file_write_volatile(const char *path, const void *data, size_t len, mode_t mode)
	_must_check_;
/* The file can be read and holds exactly these bytes. */
bool file_same(const char *path, const void *data, size_t len);
/* syncfs on the file system that holds path; 0 or -errno. */
int file_syncfs(const char *path);
/* syncfs on every writable local (block-device backed) file system of /proc/self/mountinfo;
 * the first error is returned after all were tried. */
int file_sync_local(void);
/* What file_sync_local asks of one line of mountinfo: a writable file system of this machine. Its
 * device and mount point (owned) are set only when so. */
bool file_mount_is_local(const char *line, dev_t *ret_dev, char **ret_point);
