/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The deep checks in `muster plan`: what goes before the join, and what behind the gate. */

#include "lifecycle/engine/decide.h"
#include "lifecycle/values/config.h"

struct outlook {
	const struct config *config;
	struct doc *check;   /* of check_outlook(); NULL where check does not apply; owned */
	struct fault *fault; /* why there is none; owned */
};

/* forecast_spec.expect: arg is a struct outlook. */
struct doc *outlook_expect(void *arg, const struct situation *t);
void outlook_print(const struct outlook *o);
void outlook_done(struct outlook *o);
