/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The operations of lib/net/operations.h, one function each: reads its request, does its work by
 * server->deadline_ms, and sends its result (and what it streams before) on the server. A fault is
 * returned, and sent by main. */

#include "lib/net/call.h"
#include "lib/net/http.h"

struct aws_creds;

struct fault *op_identity(struct net_server *server, const struct doc *request) _must_check_;
struct fault *op_credentials(struct net_server *server, const struct doc *request) _must_check_;
struct fault *op_eks_cluster(struct net_server *server, const struct doc *request) _must_check_;
struct fault *op_node_get(struct net_server *server, const struct doc *request) _must_check_;
struct fault *op_node_patch(struct net_server *server, const struct doc *request) _must_check_;
struct fault *op_node_await(struct net_server *server, const struct doc *request) _must_check_;
struct fault *op_event_create(struct net_server *server, const struct doc *request) _must_check_;
struct fault *op_bundle(struct net_server *server, const struct doc *request) _must_check_;
struct fault *op_unpack(struct net_server *server, const struct doc *request) _must_check_;
struct fault *op_object_put(struct net_server *server, const struct doc *request) _must_check_;
struct fault *op_instance_tag(struct net_server *server, const struct doc *request) _must_check_;
struct fault *op_instance_health(struct net_server *server, const struct doc *request) _must_check_;
struct fault *op_hook_list(struct net_server *server, const struct doc *request) _must_check_;
struct fault *op_hook_heartbeat(struct net_server *server, const struct doc *request) _must_check_;
struct fault *op_hook_complete(struct net_server *server, const struct doc *request) _must_check_;

/* What several of them do. */
/* A member that must be a string: borrowed. Fault net.request. */
struct fault *request_string(const struct doc *request, const char *key, const char **ret)
	_must_check_;
uint64_t request_wait_ms(const struct doc *request); /* waitMs, 0 where absent */
/* The CREDS of member "credentials", else those that are found. */
struct fault *request_credentials(struct http *h, const struct net_server *server,
				  const struct doc *request, struct aws_creds *ret) _must_check_;
