/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/lastwords/end.h"

#include <string.h>

#define TAG_MAX 256 /* characters of a value, Amazon EC2 User Guide, "Tag restrictions" */
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."

static bool is_over(const struct doc *status)
{
	return status && doc_get(status, "exit");
}

static bool state_is(const struct doc *status, const char *state)
{
	return is_over(status) && streq(doc_str(status, "state"), state);
}

enum hook_answer end_hook(const struct config *c, const struct doc *status)
{
	if (!is_over(status) || state_is(status, "UnschedulablePendingReboot"))
		return HOOK_KEEP;
	if (state_is(status, "Schedulable"))
		return HOOK_CONTINUE;
	if (c->recovery == RECOVERY_NONE)
		return HOOK_LEAVE;
	if (c->autoscaling.abandon == ABANDON_ANY ||
	    state_is(status, "UnschedulablePendingReplacement"))
		return HOOK_ABANDON;
	return HOOK_LEAVE;
}

bool end_unhealthy(const struct config *c, const struct doc *status)
{
	return c->autoscaling.set_instance_health && c->recovery != RECOVERY_NONE &&
	       state_is(status, "UnschedulablePendingReplacement");
}

bool end_is_bad(const struct doc *status)
{
	return is_over(status) && !state_is(status, "Schedulable");
}

char *end_tag(const struct doc *status)
{
	const char *id = doc_str(doc_at(status, "/faults/0"), "id");
	const char *state = doc_str(status, "state");
	char *value = xasprintf("%s%s%s", state ? state : "unknown", id ? " " : "", id ? id : "");

	for (char *c = value; *c; c++)
		if (!strchr(NAME_CHARACTERS " ", *c))
			*c = '_';
	if (strlen(value) > TAG_MAX)
		value[TAG_MAX] = '\0';
	return value;
}

char *end_key_part(const char *id)
{
	char *part = xstrdup(id);

	for (char *c = part; *c; c++)
		if (!strchr(NAME_CHARACTERS, *c) || (*c == '.' && c == part))
			*c = '_';
	return part;
}
