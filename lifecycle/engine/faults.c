/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/engine/faults.h"

#include <string.h>

#define FAULT(id, class, meaning, remedy) { id, CLASS_##class, meaning, remedy },
const struct fault_row fault_rows[] = {
#include "lifecycle/faults.def"
};
#undef FAULT
const size_t n_fault_rows = ARRAY_SIZE(fault_rows);

static const struct {
	const char *name;
	int exit; /* contracts: exit codes of `muster run` */
	bool retried;
} classes[] = {
	[CLASS_BUG] = { "bug", 70, false },
	[CLASS_CONFIG] = { "configuration", 65, false },
	[CLASS_SERVICE] = { "service", 69, true },
	[CLASS_SCRIPT] = { "script", 82, false },
	[CLASS_INSTALLER] = { "installer", 83, false },
	[CLASS_HW_REBOOT] = { "hardware-reboot", 80, false },
	[CLASS_HW_REPLACE] = { "hardware-replace", 81, false },
	[CLASS_REBOOT] = { "reboot", 75, false },
	[CLASS_UNCHECKED] = { "unchecked", 69, true },
	[CLASS_USAGE] = { "usage", 2, false },
};

static bool row_matches(const struct fault_row *row, const char *id)
{
	return str_endswith(row->id, ".*") && strncmp(row->id, id, strlen(row->id) - 1) == 0;
}

const struct fault_row *fault_lookup(const char *id)
{
	const struct fault_row *family = NULL, *bug = &fault_rows[0];

	for (size_t i = 0; i < n_fault_rows; i++) {
		if (streq(fault_rows[i].id, id))
			return &fault_rows[i];
		if (id && row_matches(&fault_rows[i], id))
			family = &fault_rows[i];
		if (streq(fault_rows[i].id, "muster.bug"))
			bug = &fault_rows[i];
	}
	return family ? family : bug;
}

const char *fault_class_name(enum fault_class class)
{
	return classes[class].name;
}

bool fault_class_retried(enum fault_class class)
{
	return classes[class].retried;
}

int fault_class_exit(enum fault_class class)
{
	return classes[class].exit;
}
