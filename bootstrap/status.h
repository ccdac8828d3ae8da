/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* `muster status` and `muster last-words`: how it stands, out of the history alone. */

#include "bootstrap/globals.h"

struct status_options {
	bool wait, json;
};

extern const struct option_row status_options[];
int verb_status(const void *globals, const void *opts, int argc, char **argv);
int verb_last_words(const void *globals, const void *opts, int argc, char **argv);
