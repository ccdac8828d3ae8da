/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Options that every verb takes, and what they lead to. */

#include "lib/doc/options.h"
#include "lifecycle/config/config.h"

struct globals {
	const char *root;     /* --root: prefixes every path that is read or written */
	const char *config;   /* --config */
	const char *identity; /* --identity */
	bool help, version;
};

extern const struct option_row global_options[];
extern const struct verb verbs[]; /* ended by a NULL name */

struct config_sources globals_sources(const struct globals *g);
char *globals_state_dir(const struct globals *g); /* owned: ROOT/var/lib/muster */
char *globals_run_dir(const struct globals *g);	  /* owned: ROOT/run/muster */
/* Prints "muster: message [id]", what to do, and frees the fault; returns the class's exit code. */
int fail(struct fault *f);

#define USAGE_EXIT 2
