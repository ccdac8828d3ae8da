/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Bearer tokens for the cluster's API, as aws-iam-authenticator takes them.
 *
 * Two caches in the run folder keep the road short: token-CLUSTER.json, and credentials.json with
 * the role's credentials. Both are 0600, and one that another user owns or may write is not read.
 * Credentials in the environment go before, and are never cached. A cache that cannot be written
 * is no fault: the next call is slower. */

#include "lib/doc/doc.h"

struct cluster_token {
	char *token;	     /* "k8s-aws-v1.…"; secret */
	uint64_t expires_ms; /* since 1970, by the wall clock */
	bool cached;	     /* it came out of the cache */
};

/* `fresh` passes the caches by. Faults: token.cluster (a name that no cluster has), creds.*,
 * imds.*, net.*. */
struct fault *cluster_token_get(const char *run_dir, const char *cluster, const char *region,
				bool fresh, uint64_t deadline_ms, struct cluster_token *ret)
	_must_check_;
void cluster_token_done(struct cluster_token *t); /* overwrites the token */
#define _cleanup_cluster_token_ _cleanup_(cluster_token_done)
