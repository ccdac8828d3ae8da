/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What `muster run` would do if it were started now, from the history and the configuration. */

#include "lifecycle/engine/engine.h"

/* *ret is an array of {"name","about","runs": bool,"why"}, in the order of the table; owned. On the
 * same instance as before: whose machine this is, only identify can say. */
struct fault *forecast_steps(const struct step *steps, size_t n, const struct config *config,
			     const struct doc *config_doc, const char *state_dir, struct doc **ret)
	_must_check_;
