/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* `muster config` and `muster plan`: what would be done, and where each setting came from. */

#include "bootstrap/globals.h"

struct config_options {
	bool strict, json;
};

struct plan_options {
	bool json;
};

extern const struct option_row config_options[], plan_options[];
extern const char *const config_words[];
int verb_config(const void *globals, const void *opts, int argc, char **argv);
int verb_plan(const void *globals, const void *opts, int argc, char **argv);
