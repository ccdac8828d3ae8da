/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The step table of the main job: const data. */

#include "lifecycle/engine/engine.h"

struct plan {
	const struct step *steps; /* steps[0] is identify */
	size_t n;
};

/* The graph for a configuration (drivers.order decides one edge); NULL: the default one. */
struct plan plan_for(const struct config *config);
void plan_limits(const struct config *config, struct engine_limits *ret);
