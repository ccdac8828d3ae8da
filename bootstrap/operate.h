/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* `muster explain`, `muster reset` and `muster check`. */

#include "bootstrap/globals.h"

struct check_options {
	bool json;
	uint64_t budget_ms;
};

extern const struct option_row check_options[];
extern const char *const check_words[];
int verb_explain(const void *globals, const void *opts, int argc, char **argv);
int verb_reset(const void *globals, const void *opts, int argc, char **argv);
int verb_check(const void *globals, const void *opts, int argc, char **argv);
