/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "bootstrap/net/ops.h"
#include "lib/aws/ekstoken.h"
#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/kube/client.h"
#include "lib/kube/node.h"

#define TOKEN_SPARE_MS 60000 /* a token with less life is made again */

/* KUBE of a request, and the token that it leads to. */
struct session {
	struct kube kube;
	struct http *http;
	struct http *watch;
	char *server;
	char *ca;
	const struct net_server *from;
	const struct doc *eks; /* NULL: the token was given */
	char *token;
	uint64_t token_until_ms; /* boottime */
};

static void forget_token(struct session *s)
{
	if (s->token)
		explicit_bzero(s->token, strlen(s->token));
	free(s->token);
	s->token = NULL;
}

static void session_done(struct session *s)
{
	forget_token(s);
	free(s->server);
	free(s->ca);
	http_free(s->watch);
	http_free(s->http);
}
#define _cleanup_session_ _cleanup_(session_done)

static struct fault *make_token(struct session *s)
{
	_cleanup_creds_ struct aws_creds creds = { 0 };
	const char *cluster, *region;
	struct fault *f;

	forget_token(s);
	TRY(request_string(s->eks, "cluster", &cluster));
	TRY(request_string(s->eks, "region", &region));
	TRY(request_credentials(s->http, s->from, s->eks, &creds));
	f = ekstoken_make(&creds, region, cluster, clock_realtime_ms(), &s->token);
	s->token_until_ms = clock_boottime_ms() + EKSTOKEN_LIFE_MS - TOKEN_SPARE_MS;
	return f;
}

static struct fault *get_token(void *arg, bool fresh, const char **ret)
{
	struct session *s = arg;

	if (s->eks && (!s->token || fresh || clock_boottime_ms() >= s->token_until_ms))
		TRY(make_token(s));
	*ret = s->token;
	return NULL;
}

static struct fault *take_server(struct session *s, const struct doc *request)
{
	const char *url, *ca = doc_str(request, "ca");
	size_t n;

	TRY(request_string(request, "server", &url));
	if (!str_startswith(url, "https://"))
		return fault_new("net.request", "\"server\" is no https URL: %s", url);
	s->server = xstrdup(url);
	for (n = strlen(s->server); n > 0 && s->server[n - 1] == '/'; n--)
		s->server[n - 1] = '\0';
	if (ca)
		s->ca = (char *)base64_decode(ca, strlen(ca), &s->kube.ca_len);
	if (ca && !s->ca)
		return fault_new("kube.tls", "the cluster's CA is no base64");
	return NULL;
}

static struct fault *session_open(const struct net_server *server, const struct doc *request,
				  struct session *s)
{
	const char *name;

	*s = (struct session){ .http = http_new(), .from = server };
	TRY(take_server(s, request));
	TRY(request_string(request, "name", &name));
	s->eks = doc_get(request, "eks");
	s->token = xstrdup(doc_str(request, "token"));
	if (s->token)
		s->eks = NULL;
	if (!s->token && !s->eks)
		return fault_new("net.request", "the request has neither \"token\" nor \"eks\"");
	s->kube.http = s->http;
	s->kube.server = s->server;
	s->kube.ca_pem = s->ca;
	s->kube.name = name;
	s->kube.deadline_ms = server->deadline_ms;
	s->kube.token = get_token;
	s->kube.arg = s;
	return NULL;
}

struct fault *op_node_get(struct net_server *server, const struct doc *request)
{
	_cleanup_doc_ struct doc *object = NULL, *result = doc_object();
	_cleanup_session_ struct session s = { 0 };

	TRY(session_open(server, request, &s));
	TRY(kube_get_node(&s.kube, &object));
	doc_set_bool(result, "found", object != NULL);
	if (object)
		doc_set(result, "node", node_reduce(object));
	return net_send_result(server, result);
}

static struct fault *patch(const struct kube *k, const struct doc *p, struct doc **ret)
{
	const struct doc *body = doc_get(p, "body");
	const char *type;

	TRY(request_string(p, "type", &type));
	if (!body)
		return fault_new("net.request", "a patch without a body");
	return kube_patch_node(k, type, doc_str(p, "subresource"), body, ret);
}

struct fault *op_node_patch(struct net_server *server, const struct doc *request)
{
	const struct doc *patches = doc_get(request, "patches");
	_cleanup_doc_ struct doc *object = NULL, *result = doc_object();
	_cleanup_session_ struct session s = { 0 };

	TRY(session_open(server, request, &s));
	if (!patches || patches->type != DOC_ARRAY || patches->n_items == 0)
		return fault_new("net.request", "the request has no patches");
	for (size_t i = 0; i < patches->n_items; i++) {
		doc_free(TAKE_PTR(object));
		TRY(patch(&s.kube, patches->items[i], &object));
	}
	doc_set(result, "node", node_reduce(object));
	return net_send_result(server, result);
}

static struct fault *announce(void *arg)
{
	_cleanup_doc_ struct doc *entry = doc_object();

	doc_set_bool(entry, "watching", true);
	return net_send_entry(arg, entry);
}

struct fault *op_node_await(struct net_server *server, const struct doc *request)
{
	_cleanup_doc_ struct doc *result = doc_object();
	_cleanup_session_ struct session s = { 0 };
	uint64_t began = clock_boottime_ms();
	struct kube_wait wait = { .until = doc_get(request, "until"),
				  .then = doc_get(request, "then"),
				  .unless = doc_get(request, "unless"),
				  .arg = server };
	struct kube_seen seen;

	TRY(session_open(server, request, &s));
	if (wait.then && wait.then->type != DOC_OBJECT)
		return fault_new("net.request", "\"then\" is no object");
	s.watch = http_new();
	s.kube.watch = s.watch;
	if (doc_boolean(request, "announce", false))
		wait.watching = announce;
	TRY(kube_await_node(&s.kube, &wait, &seen));
	if (seen.node)
		doc_set(result, "node", seen.node);
	doc_set_bool(result, "wasOpen", seen.was_open);
	doc_set_int(result, "waitedMs", (int64_t)(clock_boottime_ms() - began));
	return net_send_result(server, result);
}

struct fault *op_event_create(struct net_server *server, const struct doc *request)
{
	const char *space = doc_str(request, "namespace");
	const struct doc *body = doc_get(request, "body");
	_cleanup_doc_ struct doc *event = NULL, *result = doc_object();
	_cleanup_session_ struct session s = { 0 };

	TRY(session_open(server, request, &s));
	if (!body || body->type != DOC_OBJECT)
		return fault_new("net.request", "the request has no body");
	TRY(kube_create_event(&s.kube, space ? space : "default", body, &event));
	doc_set_string(result, "name", doc_str(doc_get(event, "metadata"), "name"));
	return net_send_result(server, result);
}
