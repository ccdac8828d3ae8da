/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The token that EKS takes for an AWS identity: a presigned GetCallerIdentity, as "aws eks
 * get-token" and aws-iam-authenticator make it. Pure: credentials and time are given.
 * https://github.com/kubernetes-sigs/aws-iam-authenticator (pkg/token) */

#include "lib/aws/creds.h"

#define EKSTOKEN_URL_S 60		      /* X-Amz-Expires of the URL */
#define EKSTOKEN_LIFE_MS (14ull * 60 * 1000) /* the server takes it for 15 minutes */

/* "k8s-aws-v1." and unpadded base64url of the presigned URL; owned, a secret. Faults: aws.region,
 * token.cluster (a name that is none: letters, digits, '-' and '_', at most 100). */
struct fault *ekstoken_make(const struct aws_creds *creds, const char *region, const char *cluster,
			    uint64_t time_ms, char **ret) _must_check_;
/* The URL alone, for tests. */
struct fault *ekstoken_url(const struct aws_creds *creds, const char *region, const char *cluster,
			   uint64_t time_ms, char **ret) _must_check_;
