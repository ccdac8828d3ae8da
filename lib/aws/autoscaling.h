/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* As much of Auto Scaling as a machine that is launched by it needs. Faults of lib/aws/query.h.
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks-overview.html */

#include "lib/aws/query.h"

/* The group of an instance and its state ("Pending:Wait", "InService", …), owned; both NULL where
 * it is in no group. DescribeAutoScalingInstances. */
struct fault *autoscaling_instance(const struct query *q, const char *instance, char **ret_group,
				   char **ret_state) _must_check_;

struct autoscaling_hook {
	char *name;
	uint64_t timeout_ms; /* without a heartbeat; 0: not said */
};
/* The hooks of a group that wait at launch (not those at termination); owned. At most 50, which is
 * what a group may have. DescribeLifecycleHooks. */
struct fault *autoscaling_hooks(const struct query *q, const char *group,
				struct autoscaling_hook **ret, size_t *ret_n) _must_check_;
void autoscaling_hooks_free(struct autoscaling_hook *hooks, size_t n);

struct autoscaling_action { /* what waits for an answer; borrowed */
	const char *group, *hook, *instance;
};
/* RecordLifecycleActionHeartbeat and CompleteLifecycleAction; result is "CONTINUE" or "ABANDON".
 * *ret_pending is false where nothing waits (any more): that is no fault. */
struct fault *autoscaling_heartbeat(const struct query *q, const struct autoscaling_action *a,
				    bool *ret_pending) _must_check_;
struct fault *autoscaling_complete(const struct query *q, const struct autoscaling_action *a,
				   const char *result, bool *ret_pending) _must_check_;

/* SetInstanceHealth: the group replaces an "Unhealthy" instance, without regard to its grace
 * period. */
struct fault *autoscaling_health(const struct query *q, const char *instance, const char *status)
	_must_check_;
