/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* From a state and a configuration to what decide() looks at. */

#include "lifecycle/engine/decide.h"
#include "lifecycle/engine/engine.h"

struct situation_facts {
	const struct state *state;
	const struct config *config;
	/* the same, encoded: inputs are looked up in it; may be NULL */
	const struct doc *config_doc;
	const struct engine_limits *limits;
	const char *boot;
	uint64_t now_ms;
	uint32_t running;
};

void situation_make(const struct situation_facts *f, struct situation *ret);
