/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a script finds when it starts: its working copy, and the files in /opt/ml/config. */

#include "lifecycle/engine/step.h"
#include "lifecycle/values/config.h"

#define MATERIAL_CONFIG "/opt/ml/config"
#define MATERIAL_RESOURCE MATERIAL_CONFIG "/resource_config.json"

/* The private copy; its path (owned). Faults: script.bundle (no bundle, or not the published one
 * any more), tree.*. */
struct fault *material_copy(const struct step_context *c, char **ret) _must_check_;
/* provisioning_parameters.json of the bundle beside resource_config.json, which is written where
 * the platform has not (a file that says writtenBy muster is ours and is renewed). Fault
 * script.material. */
struct fault *material_place(const struct step_context *c, const char *work) _must_check_;
/* The resource configuration that a HyperPod cluster on EKS would have. */
struct doc *material_resource_config(const struct config *c, const struct identity *id);
