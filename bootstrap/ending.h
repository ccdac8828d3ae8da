/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the history (or its snapshot), the configuration and identify's result say about this run,
 * for the verbs that look at it from outside of the supervisor. Reads files alone. */

#include "bootstrap/globals.h"
#include "lib/base/clock.h"
#include "lifecycle/engine/state.h"
#include "lifecycle/lastwords/ask.h"

struct ending {
	struct state state;	/* folded; empty where the history cannot be read */
	struct doc *records;	/* its last ones, reduced; NULL where it cannot be read */
	struct doc *status;	/* never NULL; "exit" in it only when it is of this boot */
	struct loaded_config loaded;
	const struct config *config; /* NULL: refused */
	struct identity identity;
	bool named;		/* identity is set: identify is done in this boot */
	bool stopped;		/* the supervisor was asked to stop before the end */
	char boot[BOOT_ID_MAX];
};

void ending_read(const struct globals *g, struct ending *e);
void ending_done(struct ending *e);
#define _cleanup_ending_ _cleanup_(ending_done)
/* Whom to ask for what, by the deadline; borrows e, which has a configuration and is named. */
struct asker ending_asker(const struct ending *e, uint64_t deadline_ms);
