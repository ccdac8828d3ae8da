/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Opening a gate that is a taint. */

#include "lifecycle/values/nodeclient.h"

/* readiness: the condition is true already, its controller removes the taint; taint: removed with
 * our own hand, which NodeRestriction forbids a node. Fault gate.not_opened says which controller
 * or right is missing. */
struct fault *gate_open_taint(struct node_client *n, const char *key) _must_check_;
