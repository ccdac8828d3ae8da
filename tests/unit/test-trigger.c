/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/engine/trigger.h"
#include "tests/unit/test.h"

TEST(triggers)
{
	static const struct {
		struct trigger_facts facts;
		enum trigger trigger;
		bool fresh;
	} rows[] = {
		{ { .instance = "i-1" }, TRIGGER_CREATE, false },
		{ { .instance = "i-2", .replaces = "i-1" }, TRIGGER_REPLACE, false },
		{ { .last_instance = "i-0", .instance = "i-1", .continues = true },
		  TRIGGER_CREATE, true },
		{ { .last_instance = "i-1", .instance = "i-1", .continues = true,
		    .last = TRIGGER_CREATE, .same_boot = true }, TRIGGER_CREATE, false },
		{ { .last_instance = "i-1", .instance = "i-1", .last_hardware = "a",
		    .hardware = "b" }, TRIGGER_BOOT, false },
		{ { .last_instance = "i-1", .instance = "i-1", .last_hardware = "a",
		    .hardware = "a" }, TRIGGER_BOOT, false },
		{ { .last_instance = "i-1", .instance = "i-1", .same_boot = true },
		  TRIGGER_RESTART, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct trigger_decision d = trigger_decide(&rows[i].facts);

		CHECK_MSG(d.trigger == rows[i].trigger && d.fresh == rows[i].fresh,
			  "row %zu: %s (%s)", i, trigger_names[d.trigger], d.why);
	}
}

TEST_MAIN
