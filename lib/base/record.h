/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The append-only log that the history is made of.
 *
 * One record is one line: eight hex digits of CRC-32C over the rest, a space, the payload (a JSON
 * document without raw newlines; the log does not look inside), a newline. The first line is the
 * header "muster-log 1" with its own CRC. An append is one write and one fdatasync; it counts
 * once record_append has returned 0.
 *
 * On open: a torn tail (the last line incomplete or with a wrong CRC, nothing after it) is what a
 * power cut leaves; it is cut off and reported. A bad line with anything after it, and a bad last
 * line that ends in a valid record (the newline between two was hit), is damage: fault
 * record.damaged with the line number, and nothing is changed. A file of more than 64 MiB is
 * neither written nor read. */

#include "lib/base/fault.h"

struct record_log; /* an open log; one writer (F_OFD_SETLK on it) */

#define RECORD_MAX (256 * 1024) /* bytes of one payload */

/* Called for every record in order; a fault stops the read and is returned. */
typedef struct fault *(*record_fn)(void *arg, const char *payload, size_t len);

/* Opens for writing (made with mode 0600, its folder synced, when absent), takes the lock, replays
 * every record. Faults: record.busy (message names the holder's pid), record.damaged,
 * record.unwritable, record.unreadable. *ret_torn (may be NULL) is the count of bytes cut off. */
struct fault *record_open(const char *path, record_fn fn, void *arg, size_t *ret_torn,
			  struct record_log **ret) _must_check_;
/* Reads only, without the lock and without repair; a torn tail is ignored. ENOENT is no records.
 * Faults: record.unreadable, record.damaged. Not for the process that has the log open: closing
 * the second descriptor drops the mark by which others learn the holder's pid (not the lock). */
struct fault *record_replay(const char *path, record_fn fn, void *arg) _must_check_;
/* Appends one record durably. Faults: record.unwritable (full disk, read-only, I/O error): the
 * log is as before it (a partial line is cut off; where even that fails, every later append is
 * refused), record.too_large, record.newline (the caller's bug). */
struct fault *record_append(struct record_log *log, const char *payload, size_t len) _must_check_;
/* Whether some process has the log open for writing now. False, too, when there is no log. As with
 * record_replay, not for that process itself. */
bool record_is_held(const char *path);
void record_close(struct record_log *log);
DEFINE_CLEANUP(struct record_log *, record_close)
