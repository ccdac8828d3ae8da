/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* As much of EC2's API as a machine needs about itself. Faults of lib/aws/query.h. */

#include "lib/aws/query.h"

/* CreateTags: sets one tag of one instance, over the value it has. */
struct fault *ec2_tag(const struct query *q, const char *instance, const char *key,
		      const char *value) _must_check_;
