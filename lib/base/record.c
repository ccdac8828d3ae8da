/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/record.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/hash.h"
#include "lib/base/path.h"

#define HEADER "muster-log 1"
#define CRC_CHARS 8
#define PREFIX (CRC_CHARS + 1) /* the digits and a space */
#define LOG_MAX (64 * 1024 * 1024) /* of the file: more could be written than could be read back */
#define OPEN_FLAGS (O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

struct record_log {
	char *path;
	int fd;
	off_t size;  /* of what is valid */
	bool broken; /* a partial line could not be cut off: nothing may follow it */
};

static void add_line(struct buf *b, const char *payload, size_t len)
{
	buf_reserve(b, PREFIX + len + 1);
	buf_addf(b, "%08x ", crc32c(0, payload, len));
	buf_add(b, payload, len);
	buf_addc(b, '\n');
}

/* One line without its newline, in a buffer that ends in a NUL. */
static bool line_is_valid(const char *line, size_t len)
{
	char digits[CRC_CHARS + 1];

	if (len < PREFIX || strspn(line, "0123456789abcdef") != CRC_CHARS || line[CRC_CHARS] != ' ')
		return false;
	(void)snprintf(digits, sizeof(digits), "%08x", crc32c(0, line + PREFIX, len - PREFIX));
	return memcmp(digits, line, CRC_CHARS) == 0;
}

/* What a power cut leaves of the header: a beginning of it, blocks that were not written as
 * zeros. Anything else in a file without a valid line is not ours to cut. */
static bool is_torn_header(const char *data, size_t len)
{
	_cleanup_buf_ struct buf want = BUF_INIT;

	add_line(&want, HEADER, strlen(HEADER));
	if (len > want.len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (data[i] && data[i] != want.data[i])
			return false;
	return true;
}

/* A last line that is not valid itself but ends in a valid one: two records whose newline was
 * damaged, not a torn append. */
static bool hides_record(const char *line, size_t len)
{
	for (size_t i = CRC_CHARS + 1; i < len; i++)
		if (line[i] == ' ' && line_is_valid(line + i - CRC_CHARS, len - i + CRC_CHARS))
			return true;
	return false;
}

/* Finds the end of the valid lines; what follows them is a torn tail. Returns 0, or the number of
 * the damaged line. */
static size_t verify(const char *data, size_t len, size_t *ret_end)
{
	size_t at = 0, number = 1;

	for (; at < len; number++) {
		const char *line = data + at, *nl = memchr(line, '\n', len - at);
		size_t n = nl ? (size_t)(nl - line) : len - at;
		if (nl && line_is_valid(line, n)) {
			at += n + 1;
			continue;
		}
		bool last = at + n + (nl != NULL) == len;
		if (!last || (at ? nl && hides_record(line, n) : !is_torn_header(data, len)))
			return number;
		break;
	}
	*ret_end = at;
	return 0;
}

static bool header_is_ours(const char *data, size_t len)
{
	_cleanup_buf_ struct buf want = BUF_INIT;

	add_line(&want, HEADER, strlen(HEADER));
	return len >= want.len && memcmp(data, want.data, want.len) == 0;
}

/* Reads and verifies the whole file; *ret_end is 0 for a log without even a header. */
static struct fault *load(int fd, const char *path, struct buf *b, size_t *ret_end)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fault_errno("record.unreadable", errno, "cannot look at %s", path);
	if (!S_ISREG(st.st_mode))
		return fault_new("record.unreadable", "%s is not a regular file", path);
	int r = fd_read_all(fd, b, LOG_MAX);

	if (r < 0)
		return fault_errno("record.unreadable", r, "cannot read %s", path);
	size_t damaged = verify(buf_str(b), b->len, ret_end);

	if (damaged)
		return fault_new("record.damaged", "%s: line %zu is damaged; nothing was changed",
				 path, damaged);
	if (*ret_end && !header_is_ours(b->data, *ret_end))
		return fault_new("record.damaged", "%s: line 1 is not the header \"" HEADER "\"",
				 path);
	return NULL;
}

/* Hands out every record of verified lines, the header excepted. */
static struct fault *replay(const char *data, size_t end, record_fn fn, void *arg)
{
	bool header = true;

	for (size_t at = 0; at < end; header = false) {
		const char *line = data + at, *nl = memchr(line, '\n', end - at);
		size_t n = nl ? (size_t)(nl - line) : end - at;
		if (!header && fn)
			TRY(fn(arg, line + PREFIX, n - PREFIX));
		at += n + 1;
	}
	return NULL;
}

static struct flock write_lock(off_t byte)
{
	return (struct flock){
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1
	};
}

/* Byte 0 carries the lock; it belongs to the open file, so the kernel knows no pid for it. A
 * classic lock on byte 1 has one and does nothing else. */
static struct fault *lock(int fd, const char *path)
{
	struct flock own = write_lock(0), note = write_lock(1);

	if (fcntl(fd, F_OFD_SETLK, &own) == 0) {
		(void)fcntl(fd, F_SETLK, &note);
		return NULL;
	}
	if (errno != EAGAIN && errno != EACCES)
		return fault_errno("record.unwritable", errno, "cannot lock %s", path);
	for (int i = 0; i < 10; i++) { /* it may be between its two locks */
		note = write_lock(1);
		if (fcntl(fd, F_GETLK, &note) == 0 && note.l_type != F_UNLCK && note.l_pid > 0)
			return fault_new("record.busy", "%s is held by process %ld", path,
					 (long)note.l_pid);
		clock_sleep_ms(2);
	}
	return fault_new("record.busy", "%s is held by another process", path);
}

bool record_is_held(const char *path)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | OPEN_FLAGS);
	struct flock lock = write_lock(0);

	return fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* Whoever held the lock before may have removed the file meanwhile. */
static struct fault *still_linked(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_nlink == 0)
		return fault_new("record.busy", "%s was removed just now", path);
	return NULL;
}

static int sync_folder(const char *path)
{
	_cleanup_free_ char *folder = path_dirname(path);
	_cleanup_fd_ int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int write_at(int fd, const struct buf *b, off_t at)
{
	for (size_t done = 0; done < b->len;) {
		ssize_t n = pwrite(fd, b->data + done, b->len - done, at + (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}

/* Writes one line at the end; a partial one is cut off again. */
static int append(struct record_log *log, const char *payload, size_t len)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (log->broken)
		return -EIO;
	add_line(&b, payload, len);
	if (log->size + (off_t)b.len > LOG_MAX)
		return -EFBIG;
	int r = write_at(log->fd, &b, log->size);

	if (r == 0 && fdatasync(log->fd) < 0)
		r = -errno;
	if (r == 0)
		log->size += (off_t)b.len;
	else
		log->broken = ftruncate(log->fd, log->size) < 0 || fdatasync(log->fd) < 0;
	return r;
}

/* Cuts the torn tail, and makes sure of what a killed predecessor may have left unsynced. */
static int settle(struct record_log *log, size_t len)
{
	if ((size_t)log->size < len && ftruncate(log->fd, log->size) < 0)
		return -errno;
	if (log->size)
		return fsync(log->fd) < 0 ? -errno : 0;
	int r = append(log, HEADER, strlen(HEADER));

	if (r == 0 && fsync(log->fd) < 0)
		r = -errno;
	return r;
}

static struct fault *open_locked(struct record_log *log, struct buf *b, size_t *ret_end)
{
	log->fd = open(log->path, O_RDWR | O_CREAT | OPEN_FLAGS, 0600);
	if (log->fd < 0)
		return fault_errno("record.unwritable", errno, "cannot open %s", log->path);
	TRY(lock(log->fd, log->path));
	TRY(still_linked(log->fd, log->path));
	TRY(load(log->fd, log->path, b, ret_end));
	log->size = (off_t)*ret_end;
	int r = settle(log, b->len);

	if (r == 0)
		r = sync_folder(log->path);
	return r < 0 ? fault_errno("record.unwritable", r, "cannot prepare %s", log->path) : NULL;
}

struct fault *record_open(const char *path, record_fn fn, void *arg, size_t *ret_torn,
			  struct record_log **ret)
{
	_cleanup_(record_closep) struct record_log *log = NEW(struct record_log, 1);
	_cleanup_buf_ struct buf b = BUF_INIT;
	size_t end = 0;

	log->fd = -1;
	log->path = xstrdup(path);
	TRY(open_locked(log, &b, &end));
	TRY(replay(buf_str(&b), end, fn, arg));
	if (ret_torn)
		*ret_torn = b.len - end;
	*ret = TAKE_PTR(log);
	return NULL;
}

struct fault *record_replay(const char *path, record_fn fn, void *arg)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | OPEN_FLAGS);
	_cleanup_buf_ struct buf b = BUF_INIT;
	size_t end = 0;

	if (fd < 0 && errno == ENOENT)
		return NULL;
	if (fd < 0)
		return fault_errno("record.unreadable", errno, "cannot open %s", path);
	TRY(load(fd, path, &b, &end));
	return replay(buf_str(&b), end, fn, arg);
}

struct fault *record_append(struct record_log *log, const char *payload, size_t len)
{
	if (len > RECORD_MAX)
		return fault_new("record.too_large", "%s: a record of %zu bytes; at most %d",
				 log->path, len, RECORD_MAX);
	if (len && memchr(payload, '\n', len))
		return fault_new("record.newline", "%s: a record with a newline in it", log->path);
	int r = append(log, payload, len);

	return r < 0 ? fault_errno("record.unwritable", r, "cannot append to %s", log->path) : NULL;
}

void record_close(struct record_log *log)
{
	if (!log)
		return;
	(void)fd_close(log->fd);
	free(log->path);
	free(log);
}
