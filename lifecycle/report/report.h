/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* report: what the verdict is, said on the Node, and the gate opened last.
 *
 * It runs at the end of every run whose join ended well, also of a failed one. What the Node says
 * already is not patched again.
 *
 * Result: {"state","gate":"open" | "closed" | "held by a person","changed":bool} */

#include "lifecycle/engine/step.h"
#include "lifecycle/values/config.h"

struct fault *step_report(const struct step_context *c, struct doc *result) _must_check_;
const char *report_skip(const struct config *c);
uint64_t report_timeout(const struct config *c);
