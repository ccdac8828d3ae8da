/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/values/nodeclient.h"

#include "lib/base/clock.h"
#include "lib/net/call.h"
#include "lib/net/operations.h"

#define CALL_MS 60000 /* one request with its retries */

static uint64_t call_deadline(const struct node_client *n)
{
	return MIN(n->context->deadline_ms, clock_boottime_ms() + CALL_MS);
}

static struct fault *refresh_token(struct node_client *n, bool fresh)
{
	cluster_token_done(&n->token);
	return cluster_token_get(n->context->run_dir, n->cluster.name, n->cluster.region, fresh,
				 call_deadline(n), &n->token);
}

struct fault *node_client_open(const struct step_context *c, struct node_client *ret)
{
	_cleanup_node_client_ struct node_client n = { .context = c };

	TRY(node_name_of(c->config, c->identity, &n.node_name));
	n.provider_id = provider_id_of(c->identity);
	TRY(cluster_resolve(c, &n.cluster));
	*ret = n;
	n = (struct node_client){ 0 };
	return NULL;
}

void node_client_done(struct node_client *n)
{
	cluster_done(&n->cluster);
	cluster_token_done(&n->token);
	free(n->node_name);
	free(n->provider_id);
	*n = (struct node_client){ 0 };
}

static struct fault *call_once(struct node_client *n, const char *operation, struct doc *request,
			       uint64_t deadline_ms, const struct net_sink *sink, struct doc **ret)
{
	if (n->token.token && n->token.expires_ms < clock_realtime_ms() + 120000)
		TRY(refresh_token(n, false));
	doc_set_string(request, "token", n->token.token);
	return net_call(operation, request, deadline_ms, sink, ret);
}

static struct fault *call_sink(struct node_client *n, const char *operation, struct doc *request,
			       uint64_t deadline_ms, const struct net_sink *sink, struct doc **ret)
{
	struct fault *f;

	doc_set_string(request, "server", n->cluster.endpoint);
	doc_set_string(request, "ca", n->cluster.ca);
	doc_set_string(request, "name", n->node_name);
	if (!n->token.token)
		TRY(refresh_token(n, false));
	f = call_once(n, operation, request, deadline_ms, sink, ret);
	if (fault_is(f, "kube.unauthorized") && n->token.cached) {
		fault_free(f);
		TRY(refresh_token(n, true));
		f = call_once(n, operation, request, deadline_ms, sink, ret);
	}
	return fault_wrap(f, "Node %s", n->node_name);
}

static struct fault *call(struct node_client *n, const char *operation, struct doc *request,
			  uint64_t deadline_ms, struct doc **ret)
{
	return call_sink(n, operation, request, deadline_ms, NULL, ret);
}

/* The part of an answer that everybody here reads; what is deeper is looked at by doc_str and its
 * kind, which take nothing of a wrong type. */
static struct fault *take_node(struct doc *answer, bool required, struct doc **ret)
{
	static const char *const maps[] = { "labels", "annotations" };
	static const char *const lists[] = { "taints", "conditions" };
	const struct doc *node = doc_get(answer, "node");
	const struct doc *m;

	*ret = NULL;
	if (!node && !required)
		return NULL;
	if (!node || node->type != DOC_OBJECT || !doc_str(node, "name"))
		return fault_new("kube.answer", "muster-net's answer has no Node in it");
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		if ((m = doc_get(node, maps[i])) && m->type != DOC_OBJECT)
			return fault_new("kube.answer", "%s of the Node is no object", maps[i]);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if ((m = doc_get(node, lists[i])) && m->type != DOC_ARRAY)
			return fault_new("kube.answer", "%s of the Node is no list", lists[i]);
	*ret = doc_copy(node);
	return NULL;
}

struct fault *node_client_get(struct node_client *n, struct doc **ret_node)
{
	_cleanup_doc_ struct doc *request = doc_object(), *answer = NULL;

	TRY(call(n, NET_NODE_GET, request, call_deadline(n), &answer));
	return take_node(answer, doc_boolean(answer, "found", false), ret_node);
}

struct fault *node_client_patch(struct node_client *n, struct doc *patches, struct doc **ret_node)
{
	_cleanup_doc_ struct doc *request = doc_object(), *answer = NULL;

	*ret_node = NULL;
	doc_set(request, "patches", patches);
	if (patches->n_items == 0)
		return NULL;
	TRY(call(n, NET_NODE_PATCH, request, call_deadline(n), &answer));
	return take_node(answer, true, ret_node);
}

struct fault *node_client_await(struct node_client *n, struct doc *until, uint64_t deadline_ms,
				struct doc **ret_node)
{
	_cleanup_doc_ struct doc *request = doc_object(), *answer = NULL;

	doc_set(request, "until", until);
	TRY(call(n, NET_NODE_AWAIT, request, deadline_ms, &answer));
	return take_node(answer, false, ret_node);
}

static struct fault *take_watching(void *arg, const struct doc *entry)
{
	struct node_arrival *a = arg;

	return doc_boolean(entry, "watching", false) && a->watching ? a->watching(a->arg) : NULL;
}

static struct fault *take_no_bytes(void *arg, const void *data, size_t len)
{
	(void)arg, (void)data;
	return fault_new("net.protocol", "%zu bytes, and nobody asked for any", len);
}

struct fault *node_client_arrival(struct node_client *n, uint64_t deadline_ms,
				  struct node_arrival *a)
{
	_cleanup_doc_ struct doc *request = doc_object(), *answer = NULL;
	const struct net_sink sink = { .entry = take_watching, .bytes = take_no_bytes, .arg = a };

	doc_set_bool(doc_set(request, "until", doc_object()), "exists", true);
	doc_set_bool(request, "announce", true);
	if (a->cordon) {
		doc_set(request, "then", doc_copy(a->cordon));
		doc_set_bool(doc_set(request, "unless", doc_object()), "unschedulable", true);
	}
	TRY(call_sink(n, NET_NODE_AWAIT, request, deadline_ms, &sink, &answer));
	a->was_open = doc_boolean(answer, "wasOpen", false);
	return take_node(answer, true, &a->node);
}

struct fault *node_client_event(struct node_client *n, struct doc *body)
{
	_cleanup_doc_ struct doc *request = doc_object(), *answer = NULL;

	doc_set(request, "body", body);
	return call(n, NET_EVENT_CREATE, request, call_deadline(n), &answer);
}
