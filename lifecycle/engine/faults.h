/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The catalogue of faults: lifecycle/faults.def made into a table. */

#include "lib/base/fault.h"

enum fault_class {
	CLASS_BUG,	  /* ours: 70 */
	CLASS_CONFIG,	  /* refused: 65 */
	CLASS_SERVICE,	  /* something outside did not answer: retried, then 69 */
	CLASS_SCRIPT,	  /* 82 */
	CLASS_INSTALLER,  /* 83 */
	CLASS_HW_REBOOT,  /* evidence that a reboot may mend: 80 */
	CLASS_HW_REPLACE, /* evidence of broken hardware: 81 */
	CLASS_REBOOT,	  /* a step asked for a reboot and a rerun: 75 */
	CLASS_UNCHECKED,  /* could not look: retried, then 69; never hardware */
	CLASS_USAGE,	  /* the command line: 2, and no run has begun */
};

struct fault_row {
	const char *id;
	enum fault_class class;
	const char *meaning; /* one sentence */
	const char *remedy;  /* what to do, for a person at 3 a.m. */
};

extern const struct fault_row fault_rows[];
extern const size_t n_fault_rows;
/* The row of an id; rows ending in ".*" match what has no row of its own; the row of "muster.bug"
 * when nothing matches. Never NULL. */
const struct fault_row *fault_lookup(const char *id);
const char *fault_class_name(enum fault_class class);
bool fault_class_retried(enum fault_class class);
int fault_class_exit(enum fault_class class);
