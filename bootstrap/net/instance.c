/* SPDX-License-Identifier: Apache-2.0 */
/* What a machine asks EC2 and Auto Scaling about itself, or tells them. */
#include "bootstrap/net/ops.h"
#include "lib/aws/autoscaling.h"
#include "lib/aws/ec2.h"

struct session { /* what each of these requests begins with */
	struct http *http;
	struct aws_creds creds;
	struct query query;
	const char *instance;
};

static void session_done(struct session *s)
{
	http_free(s->http);
	aws_creds_done(&s->creds);
}
#define _cleanup_session_ _cleanup_(session_done)

static struct fault *session_open(const struct net_server *server, const struct doc *request,
				  struct session *s)
{
	const char *region;

	s->http = http_new();
	TRY(request_string(request, "instance", &s->instance));
	TRY(request_string(request, "region", &region));
	TRY(request_credentials(s->http, server, request, &s->creds));
	s->query = (struct query){ .http = s->http, .creds = &s->creds, .region = region,
				   .deadline_ms = server->deadline_ms };
	return NULL;
}

static struct fault *send_nothing(struct net_server *server)
{
	_cleanup_doc_ struct doc *result = doc_object();

	return net_send_result(server, result);
}

struct fault *op_instance_tag(struct net_server *server, const struct doc *request)
{
	_cleanup_session_ struct session s = { 0 };
	const char *key, *value;

	TRY(request_string(request, "key", &key));
	TRY(request_string(request, "value", &value));
	TRY(session_open(server, request, &s));
	TRY(ec2_tag(&s.query, s.instance, key, value));
	return send_nothing(server);
}

struct fault *op_instance_health(struct net_server *server, const struct doc *request)
{
	_cleanup_session_ struct session s = { 0 };
	const char *status;

	TRY(request_string(request, "status", &status));
	TRY(session_open(server, request, &s));
	TRY(autoscaling_health(&s.query, s.instance, status));
	return send_nothing(server);
}

static struct fault *add_hooks(const struct session *s, const char *group, struct doc *result)
{
	struct doc *list = doc_set(result, "hooks", doc_array());
	struct autoscaling_hook *hooks = NULL;
	size_t n = 0;

	if (!group)
		return NULL;
	TRY(autoscaling_hooks(&s->query, group, &hooks, &n));
	for (size_t i = 0; i < n; i++) {
		struct doc *hook = doc_push(list, doc_object());

		doc_set_string(hook, "name", hooks[i].name);
		if (hooks[i].timeout_ms)
			doc_set_int(hook, "timeoutMs", (int64_t)hooks[i].timeout_ms);
	}
	autoscaling_hooks_free(hooks, n);
	return NULL;
}

struct fault *op_hook_list(struct net_server *server, const struct doc *request)
{
	_cleanup_free_ char *group = xstrdup(doc_str(request, "group")), *state = NULL;
	_cleanup_doc_ struct doc *result = doc_object();
	_cleanup_session_ struct session s = { 0 };

	TRY(session_open(server, request, &s));
	if (!group)
		TRY(autoscaling_instance(&s.query, s.instance, &group, &state));
	TRY(add_hooks(&s, group, result));
	doc_set_string(result, "group", group);
	doc_set_string(result, "state", state);
	return net_send_result(server, result);
}

static struct fault *send_pending(struct net_server *server, bool pending)
{
	_cleanup_doc_ struct doc *result = doc_object();

	doc_set_bool(result, "pending", pending);
	return net_send_result(server, result);
}

static struct fault *open_action(const struct net_server *server, const struct doc *request,
				 struct session *s, struct autoscaling_action *ret)
{
	TRY(request_string(request, "group", &ret->group));
	TRY(request_string(request, "hook", &ret->hook));
	TRY(session_open(server, request, s));
	ret->instance = s->instance;
	return NULL;
}

struct fault *op_hook_heartbeat(struct net_server *server, const struct doc *request)
{
	_cleanup_session_ struct session s = { 0 };
	struct autoscaling_action a;
	bool pending;

	TRY(open_action(server, request, &s, &a));
	TRY(autoscaling_heartbeat(&s.query, &a, &pending));
	return send_pending(server, pending);
}

struct fault *op_hook_complete(struct net_server *server, const struct doc *request)
{
	_cleanup_session_ struct session s = { 0 };
	struct autoscaling_action a;
	const char *result;
	bool pending;

	TRY(request_string(request, "result", &result));
	TRY(open_action(server, request, &s, &a));
	TRY(autoscaling_complete(&s.query, &a, result, &pending));
	return send_pending(server, pending);
}
