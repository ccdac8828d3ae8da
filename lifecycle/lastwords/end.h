/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What follows outside of the machine from how a run stands. Pure.
 *
 * `status` is status_doc's: without "exit" the run is not over. With recovery None nothing is asked
 * for that would end or replace the machine. */

#include "lifecycle/values/config.h"

enum hook_answer {
	HOOK_KEEP,     /* not over, or it goes on after a reboot: it may wait longer */
	HOOK_LEAVE,    /* its own timeout decides */
	HOOK_CONTINUE,
	HOOK_ABANDON,  /* the group ends this machine and launches another */
};

/* What to say to hooks that wait for the launch. A script, bundle or configuration that fails on
 * every node would make ABANDON a storm of replacements, which is why only hardware is abandoned
 * unless autoscaling.abandon says any. */
enum hook_answer end_hook(const struct config *c, const struct doc *status);
/* Whether Auto Scaling is to be told that this machine is Unhealthy: on evidence of broken
 * hardware alone. */
bool end_unhealthy(const struct config *c, const struct doc *status);
/* Whether the run is over and failed: then there are last words. */
bool end_is_bad(const struct doc *status);
/* Value of the tag: the state and the id of the fault that decided, "Unschedulable script.failed",
 * in what EC2 allows in a tag. Owned. */
char *end_tag(const struct doc *status);
/* One name of an S3 key out of an instance id: what is not a letter, digit, '.', '-' or '_' becomes
 * '_', and so does a '.' at the start. Owned. */
char *end_key_part(const char *id);
