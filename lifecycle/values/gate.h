/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Health and gate on the Node object: names, and the patches that join and report have in common.
 * Everything here is pure: a reduced Node (NODE of lib/net/operations.h) in, a patch out.
 *
 * With NodeRestriction a node may change its own labels, annotations, conditions and
 * spec.unschedulable, never its taints once it is registered. */

#include "lifecycle/values/config.h"
#include "lifecycle/values/identity.h"

#define HEALTH_SCHEDULABLE   "Schedulable"
#define HEALTH_UNSCHEDULABLE "Unschedulable"
#define CONDITION_HEALTH     "DeepHealthCheck"

#define CORDON_ANNOTATION "muster/cordoned" /* muster cordoned, not a person; value: instance id */
#define MAX_PODS_LABEL	  "muster/max-pods" /* "guessed": the type's figure was not to be had */

#define READINESS_TAINT_KEY "readiness.k8s.io/muster"
#define READINESS_TAINT	    READINESS_TAINT_KEY "=pending:NoSchedule"

#define KEY_STATUS  "node-health-status"
#define KEY_DEEP    "deep-health-check-status"
#define KEY_ALIAS   "deep-health-check" /* what the launch post calls it */
#define KEY_TYPES   "fault-types"
#define KEY_REASONS "fault-reasons"
#define KEY_DETAILS "fault-details"

/* "PREFIX/NAME"; owned. */
char *health_key(const struct config *c, const char *name);
/* GATE_AUTO made plain: readiness where registration says Karpenter, else cordon. */
enum gate gate_of(const struct config *c);
const char *gate_name(enum gate g);
/* The taint that the kubelet registers with, "key=value:Effect"; NULL for cordon and label. */
char *gate_taint(const struct config *c);
/* The key of that taint; owned, NULL for cordon and label. */
char *gate_taint_key(const struct config *c);

bool node_has_taint(const struct doc *node, const char *key);
bool node_unschedulable(const struct doc *node);
/* muster cordoned it, and nobody else did since (our annotation, managed fields). */
bool node_cordoned_by_us(const struct doc *node);
/* Nothing holds pods off that has to: neither the gate's taint nor a cordon. Never so for `label`,
 * whose gate is the label alone. */
bool gate_is_open(const struct config *c, const struct doc *node);
const char *node_label(const struct doc *node, const char *key);
/* Borrowed condition of that type, or NULL. */
const struct doc *node_condition(const struct doc *node, const char *type);

/* The patches that close the gate of a registered Node: the label withdrawn, the deep check in
 * progress, the condition false, and a cordon where the gate's taint is not there to hold it.
 * An array for NET_NODE_PATCH, empty where everything is closed already; owned. A cordon names
 * the resourceVersion it was decided on: if somebody changed the Node since, it is a conflict. */
struct doc *gate_close(const struct config *c, const struct identity *id, const struct doc *node,
		       uint64_t now_ms);
/* A merge patch that cordons, for a Node that nobody has cordoned; NULL for a gate that the
 * registration itself closes. Owned. */
struct doc *gate_cordon(const struct config *c, const struct identity *id);
/* One condition as a strategic patch of /status, NULL where the Node has it so already. */
struct doc *condition_patch(const struct doc *node, bool healthy, const char *reason,
			    const char *message, uint64_t now_ms);
/* {"type","subresource"?,"body"}; takes body. */
struct doc *patch_of(const char *type, const char *subresource, struct doc *body);
