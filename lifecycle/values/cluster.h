/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The cluster that this node joins, with everything that configuration may leave out filled in,
 * and the name that the node has in it. */

#include "lifecycle/engine/step.h"
#include "lifecycle/values/config.h"
#include "lifecycle/values/identity.h"

struct cluster {
	char *name;
	char *region;	    /* the cluster's, else the identity's; "" when neither is known */
	char *endpoint;	    /* "https://…" */
	char *ca;	    /* base64 of PEM */
	char *service_cidr; /* "" where the user's kubelet configuration names its own clusterDNS */
};

/* From configuration; what is missing there from join's result, if it ran; what is still missing
 * from eks:DescribeCluster. Faults: cluster.incomplete, and those of NET_EKS_CLUSTER. */
struct fault *cluster_resolve(const struct step_context *c, struct cluster *ret) _must_check_;
void cluster_done(struct cluster *cl);
#define _cleanup_cluster_ _cleanup_(cluster_done)

/* The name of the Node: the override, else by join.nodeName out of the identity. A Node's name is
 * a DNS subdomain (RFC 1123). Fault join.node_name. */
struct fault *node_name_of(const struct config *c, const struct identity *id, char **ret)
	_must_check_;
/* "aws:///ZONE/ID"; "muster:///ID" for a machine without an availability zone. */
char *provider_id_of(const struct identity *id);
