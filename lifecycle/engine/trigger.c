/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/engine/trigger.h"

struct trigger_decision trigger_decide(const struct trigger_facts *f)
{
	enum trigger first = f->replaces ? TRIGGER_REPLACE : TRIGGER_CREATE;

	if (!f->last_instance)
		return (struct trigger_decision){ first, false, "first start of this instance" };
	if (!streq(f->last_instance, f->instance))
		return (struct trigger_decision){
			first, true, "the history on this disk is another instance's: image "
				     "captured from a used node, starting afresh" };
	if (f->continues)
		return (struct trigger_decision){ f->last, false,
						  "an unfinished bring-up goes on" };
	if (f->last_hardware && !streq(f->last_hardware, f->hardware))
		return (struct trigger_decision){
			TRIGGER_BOOT, false, "stopped and started on other hardware" };
	if (f->same_boot)
		return (struct trigger_decision){ TRIGGER_RESTART, false,
						  "service started again in the same boot" };
	return (struct trigger_decision){ TRIGGER_BOOT, false, "reboot" };
}
