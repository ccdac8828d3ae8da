/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The node's own object in the cluster's API, through muster-net, under the node's own identity.
 * A token that the API refuses is made afresh once before the refusal is a fault. Faults: those of
 * the NET_NODE_* operations, kube.answer for an answer that is not of their form, and those of
 * cluster.h and clustertoken.h. */

#include "lifecycle/values/cluster.h"
#include "lifecycle/values/clustertoken.h"

struct node_client {
	const struct step_context *context; /* borrowed */
	struct cluster cluster;
	struct cluster_token token;
	char *node_name;
	char *provider_id;
};

struct fault *node_client_open(const struct step_context *c, struct node_client *ret) _must_check_;
void node_client_done(struct node_client *n);
#define _cleanup_node_client_ _cleanup_(node_client_done)

/* *ret_node is NULL where there is no such Node. */
struct fault *node_client_get(struct node_client *n, struct doc **ret_node) _must_check_;
/* Takes patches; an empty array asks nothing and gives *ret_node NULL. */
struct fault *node_client_patch(struct node_client *n, struct doc *patches, struct doc **ret_node)
	_must_check_;
/* Takes until. */
struct fault *node_client_await(struct node_client *n, struct doc *until, uint64_t deadline_ms,
				struct doc **ret_node) _must_check_;
/* Waits until there is the Node, and cordons it that instant. */
struct node_arrival {
	const struct doc *cordon; /* gate_cordon; NULL: nothing is sent */
	/* Called whenever nothing that happens to the Node can be missed from then on: first when
	 * that begins, then every few seconds. A fault ends the wait. */
	struct fault *(*watching)(void *arg);
	void *arg;
	struct doc *node; /* then: the Node, owned */
	bool was_open;	  /* and whether pods could be bound to it before the cordon */
};
struct fault *node_client_arrival(struct node_client *n, uint64_t deadline_ms,
				  struct node_arrival *a) _must_check_;
struct fault *node_client_event(struct node_client *n, struct doc *body) _must_check_;
