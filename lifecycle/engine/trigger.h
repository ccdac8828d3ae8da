/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Why this bring-up happens. Pure. */

#include "lifecycle/engine/step.h"

struct trigger_facts {
	const char *last_instance; /* of the history's newest instance record; NULL: none */
	const char *last_hardware;
	const char *instance, *hardware; /* this machine, as identify says */
	const char *replaces;	/* the instance that this one stands in for, or NULL */
	bool continues;		/* the run had no verdict yet, or one that waited for a reboot */
	enum trigger last;	/* trigger of the run that continues */
	bool same_boot;		/* the history's last instance record is of this boot */
};

struct trigger_decision {
	enum trigger trigger;
	bool fresh;	 /* another machine's history: a run of its own has to begin */
	const char *why; /* static text, for the journal and `plan` */
};

struct trigger_decision trigger_decide(const struct trigger_facts *f);
