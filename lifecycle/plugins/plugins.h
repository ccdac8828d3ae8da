/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* plugins: the device plugins have registered with the kubelet, and what the Node offers is what
 * is expected of it. Nothing expected, nothing awaited.
 *
 * Result: {"awaited":{resource: count},"have":{resource: text}} */

#include "lifecycle/engine/step.h"
#include "lifecycle/values/config.h"

struct fault *step_plugins(const struct step_context *c, struct doc *result) _must_check_;
const char *plugins_skip(const struct config *c);
uint64_t plugins_timeout(const struct config *c);

/* What is expected: object resource -> least count; owned. Fault plugins.expect names a resource
 * whose count is none. */
struct fault *plugins_expected(const struct step_context *c, struct doc **ret) _must_check_;
/* "nvidia.com/gpu: 0 of 8, vpc.amazonaws.com/efa: none of 32"; NULL where nothing is missing. */
char *plugins_missing(const struct doc *expected, const struct doc *node);
