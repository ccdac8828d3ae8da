/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The history on disk, and its only writer. */

#include "lib/base/record.h"
#include "lifecycle/engine/state.h"

#define HISTORY_NAME "history"

struct history {
	struct record_log *log; /* NULL: read only */
	struct state *state;	/* folded as records are read and written; borrowed */
	char boot[BOOT_ID_MAX];
};

/* Opens <state_dir>/history for writing and folds it into state. Faults: record.* (busy names the
 * holder), history.record. *ret_torn: bytes that a power cut left half written, cut off. */
struct fault *history_open(struct history *h, const char *state_dir, struct state *state,
			   size_t *ret_torn) _must_check_;
/* A history that cannot be read back is put aside under another name (*ret, owned): the next open
 * begins a new one. Fault record.unwritable. */
struct fault *history_set_aside(const char *state_dir, char **ret) _must_check_;
/* Folds it without the lock: for status and plan. */
struct fault *history_read(const char *state_dir, struct state *state) _must_check_;
/* Adds boot, at and time, appends durably, folds. Takes the record in every case. */
struct fault *history_append(struct history *h, struct doc *record) _must_check_;
struct doc *history_record(const char *kind); /* an object with "t" set */
void history_close(struct history *h);
