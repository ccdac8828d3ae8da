/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* join: the kubelet registers the Node, born gated.
 *
 * Writes what the EC2 nodeadm writes, withdraws what an earlier boot left on the Node, lets the
 * kubelet start (/run/muster/may-join, then the units in order), waits for the Node, and closes
 * the gate where registration alone does not.
 *
 * Result: {"node","providerID","gate","kubelet","maxPods","files":[changed paths],"units":
 *	"started" | "not started: …","closed":"label" | "cordon" | "taint" | "already",
 *	"cluster":{"endpoint","certificateAuthority","serviceCidr"}} */

#include "lifecycle/engine/step.h"
#include "lifecycle/values/config.h"

struct fault *step_join(const struct step_context *c, struct doc *result) _must_check_;
const char *join_skip(const struct config *c);
uint64_t join_timeout(const struct config *c);
