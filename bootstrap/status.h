/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* `muster status`: how it stands, out of the history alone. */

#include "bootstrap/globals.h"

struct status_options {
	bool wait, json;
};

extern const struct option_row status_options[];
int verb_status(const void *globals, const void *opts, int argc, char **argv);
/* status_doc of the history, or the snapshot in /run/muster where the history is root's or says
 * less; with "supervised": whether a supervisor is at work. Faults of history_read. */
struct fault *status_read(const struct globals *g, struct doc **ret) _must_check_;
