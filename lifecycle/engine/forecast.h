/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What `muster run` would do if it were started now, from the history and the configuration. */

#include "lifecycle/engine/decide.h"
#include "lifecycle/engine/engine.h"

struct forecast_spec {
	const struct step *steps; /* a step comes after what it needs */
	size_t n;
	const struct config *config;
	const struct doc *config_doc; /* the same, encoded */
	const char *state_dir;
	/* What steps that would run may be expected to answer: object, name -> result; owned. It
	 * decides what is moot after them. May be NULL. */
	struct doc *(*expect)(void *arg, const struct situation *t);
	void *arg;
};

/* *ret is an array of {"name","about","runs": bool,"why"}, in the order of the table; owned. On the
 * same instance as before: whose machine this is, only identify can say. */
struct fault *forecast_steps(const struct forecast_spec *spec, struct doc **ret) _must_check_;
