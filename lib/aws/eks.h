/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* EKS DescribeCluster: GET /clusters/NAME, service "eks", AWS_ENDPOINT_URL_EKS. */

#include "lib/aws/creds.h"
#include "lib/net/http.h"

/* *ret: {name, status, [arn], [version], [endpoint], [certificateAuthority], [serviceCidr],
 * [ipFamily]}. Faults: eks.not_found, eks.forbidden, eks.throttled, eks.unavailable, eks.refused,
 * eks.invalid, aws.region, token.cluster, net.*. */
struct fault *eks_describe_cluster(struct http *h, const struct aws_creds *creds,
				   const char *region, const char *name, uint64_t deadline_ms,
				   struct doc **ret) _must_check_;
