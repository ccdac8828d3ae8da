/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Logging: structured records to the journal, plain lines to a terminal or pipe.
 *
 * When stderr is the journal's stream (JOURNAL_STREAM matches it) or LOG_JOURNAL is asked for,
 * records go to the journal with every context field; else one line on stderr, "step: message",
 * whose further lines are indented and whose control characters are shown as \x1b. Only mains and
 * floors 4 and 5 log.
 *
 * Logging never holds the process up: a journal or a pipe that nobody reads is waited for once (two
 * seconds), then not at all; records that found no room are counted and the count is logged when
 * there is room again. A closed pipe raises no SIGPIPE. */

#include <syslog.h>

#include "lib/base/fault.h"

enum log_target { LOG_AUTO, LOG_STDERR, LOG_JOURNAL, LOG_NULL };

void log_open(enum log_target target, const char *identifier);
/* Context fields on every later record ("MUSTER_STEP", "MUSTER_RUN", …); NULL removes. Copied. */
void log_context(const char *field, const char *value);
void log_level(int max_priority); /* LOG_INFO by default; LOG_DEBUG with MUSTER_LOG=debug */
bool log_is_journal(void);

struct log_field {
	const char *name; /* "MUSTER_FAULT" */
	const char *value; /* NULL: left out */
};

/* One record. message_id: 32 hex digits of an entry in the catalog, or NULL. fields end with a
 * NULL name; NULL for none. */
void log_record(int priority, const char *message_id, const struct log_field *fields,
		const char *fmt, ...) _printf_(4, 5);
#define log_debug(...) log_record(LOG_DEBUG, NULL, NULL, __VA_ARGS__)
#define log_info(...) log_record(LOG_INFO, NULL, NULL, __VA_ARGS__)
#define log_notice(...) log_record(LOG_NOTICE, NULL, NULL, __VA_ARGS__)
#define log_warning(...) log_record(LOG_WARNING, NULL, NULL, __VA_ARGS__)
#define log_error(...) log_record(LOG_ERR, NULL, NULL, __VA_ARGS__)
/* "message [fault.id]" with MUSTER_FAULT set and evidence as following records. */
void log_fault(int priority, const char *message_id, const struct fault *f);
