/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The verdict in the words that go on the Node. Pure: documents in, patches out. */

#include "lifecycle/engine/step.h"
#include "lifecycle/values/config.h"
#include "lifecycle/values/gate.h"

struct health {
	bool schedulable;
	char *status;	   /* of node-health-status, as the verdict has it */
	const char *deep;  /* of deep-health-check-status: "Passed" or "Failed" */
	char *types;	   /* "HardwareReplace_Service"; NULL where there is no fault */
	char *reasons;	   /* "CheckMemory_KubeletFailed" */
	struct doc *details; /* array of {type, reason, message}; NULL where there is no fault */
	char *reason;	   /* of condition and event: one word */
	char *message;
};

/* Fault report.verdict for a verdict that has no known state. */
struct fault *health_of(const struct doc *verdict, struct health *ret) _must_check_;
void health_done(struct health *h);
#define _cleanup_health_ _cleanup_(health_done)

/* "xid.hardware_failure" -> "XidHardwareFailure": letters and digits alone, at most 63. */
char *machine_word(const char *id);

/* The one patch of labels, annotations and spec: NULL where the Node says all of it already. With
 * it the gate is opened (a cordon of ours is taken back) or, for an unhealthy node, closed. It
 * names the resourceVersion when it touches the cordon. */
struct doc *health_patch(const struct config *c, const struct identity *id, const struct health *h,
			 const struct doc *node, uint64_t now_ms);

/* The events.k8s.io/v1 Event that tells people who look at the Node; in namespace default, as all
 * events of Nodes are.
 * https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
struct doc *health_event(const struct health *h, const struct doc *node, uint64_t now_ms);
