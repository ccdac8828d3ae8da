/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* One datagram to the journal, with a bound on the wait.
 *
 * sd_journal_sendv sends on a blocking socket of its own: with journald stopped and its queue full
 * it never returns, and the supervisor would miss its deadlines because of its own log. This
 * speaks the same documented protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): it waits at most
 * JOURNAL_WAIT_MS for room, and while the journal is stuck no longer at all. */

#include "lib/base/buf.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define JOURNAL_WAIT_MS 2000

/* Where to send; NULL is JOURNAL_SOCKET. Copied. For tests and for other roots. */
void journal_use_socket(const char *path);
/* Whether stderr is the stream that JOURNAL_STREAM (device:inode) names: journald reads it. */
bool journal_owns_stderr(void);
/* Appends a field in the protocol's form; a name that is none ([A-Z0-9_], no leading digit or
 * underscore, at most 64) is left out. */
void journal_field(struct buf *record, const char *name, const char *value);
/* 0 or -errno: -ENOENT, -ECONNREFUSED no journal; -EAGAIN stuck. A record that no datagram holds
 * goes as a sealed memory file. */
int journal_send(const struct buf *record);
