/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* scripts: the lifecycle scripts of the bundle, as existing on_create scripts expect to be run.
 *
 * The bundle is copied to a private folder (state/work), compared with the digest that fetch
 * published while it is copied, and the entry runs there as root, by its own #! line. on_create
 * comes first (lifecycle.onCreate; on_create.sh where nothing is configured), then onInitComplete
 * where it is configured. The environment is program.h's plus SAGEMAKER_RESOURCE_CONFIG_PATH.
 * /var/log/provision/provisioning.log is followed.
 *
 * A script that was interrupted runs again, and is told; with onInterrupted: fail it does not.
 *
 * Result: {"scripts":[program_report], "work"} */

#include "lifecycle/engine/step.h"
#include "lifecycle/values/config.h"

struct fault *step_scripts(const struct step_context *c, struct doc *result) _must_check_;
const char *scripts_skip(const struct config *c);
uint64_t scripts_timeout(const struct config *c);
