/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* `muster attend`: what muster-attend.service runs beside the supervisor.
 *
 * It keeps the launch hooks of an Auto Scaling group waiting while a supervisor is at work on the
 * run, completes them with CONTINUE once the run is Schedulable, and then takes back a tag that
 * tells of an earlier failure. A run that fails is left to `muster last-words`. Without a hook in
 * the configuration and without such a tag it ends at once.
 *
 * It is a process and a unit of its own: the supervisor never speaks to a network, has no timer and
 * no child more for this, and does not care when this one dies. What it knows it reads from the
 * history. Because it sends a heartbeat only while the history's lock is held, a machine whose
 * muster is dead is not kept waiting: the hook's own timeout ends that. */

int verb_attend(const void *globals, const void *opts, int argc, char **argv);
