/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/autoscaling.h"

#include <string.h>

#include "lib/aws/xml.h"
#include "lib/base/parse.h"
#include "lib/net/words.h"

#define HOOKS_MAX 50
#define NAME_MAX_BYTES 255
#define LAUNCHING "autoscaling:EC2_INSTANCE_LAUNCHING"

static const struct query_service autoscaling = { "autoscaling", "AUTO_SCALING", "2011-01-01" };

static void keep(char **slot, const char *text)
{
	free(*slot);
	*slot = words_clean(text, strlen(text), NAME_MAX_BYTES);
}

/* Sends, refuses what is not 200, and scans the answer. */
static struct fault *ask(const struct query *q, const char *action, const struct sigv4_pair *pairs,
			 size_t n, xml_fn fn, void *arg)
{
	_cleanup_response_ struct http_response r = { 0 };
	struct fault *f;

	TRY(query_send(q, &autoscaling, action, pairs, n, &r));
	if (r.status != 200)
		return query_refusal(q, &autoscaling, action, &r);
	f = fault_as(xml_scan(buf_str(&r.body), r.body.len, fn, arg), "aws.answer");
	return fault_wrap(f, "autoscaling:%s", action);
}

struct seat {
	char *group, *state;
};

static struct fault *on_instance(void *arg, const char *path, const char *text)
{
	struct seat *s = arg;

	if (str_endswith(path, "/member/AutoScalingGroupName"))
		keep(&s->group, text);
	else if (str_endswith(path, "/member/LifecycleState"))
		keep(&s->state, text);
	return NULL;
}

struct fault *autoscaling_instance(const struct query *q, const char *instance, char **ret_group,
				   char **ret_state)
{
	const struct sigv4_pair pairs[] = { { "InstanceIds.member.1", instance } };
	struct seat s = { 0 };
	struct fault *f = ask(q, "DescribeAutoScalingInstances", pairs, ARRAY_SIZE(pairs),
			      on_instance, &s);

	if (f) {
		free(s.group);
		free(s.state);
		return f;
	}
	*ret_group = s.group;
	*ret_state = s.state;
	return NULL;
}

struct listing {
	struct autoscaling_hook hooks[HOOKS_MAX];
	size_t n;
	char *name, *transition;
	uint64_t timeout_s;
};

static void listing_done(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->hooks[i].name);
	free(l->name);
	free(l->transition);
}

static struct fault *end_of_hook(struct listing *l)
{
	if (l->name && streq(l->transition, LAUNCHING) && l->n < HOOKS_MAX)
		l->hooks[l->n++] = (struct autoscaling_hook){ TAKE_PTR(l->name),
							      l->timeout_s * 1000 };
	free(l->name);
	free(l->transition);
	l->name = l->transition = NULL;
	l->timeout_s = 0;
	return NULL;
}

static struct fault *on_hook(void *arg, const char *path, const char *text)
{
	struct listing *l = arg;
	uint32_t seconds;

	if (str_endswith(path, "/LifecycleHooks/member"))
		return end_of_hook(l);
	if (str_endswith(path, "/member/LifecycleHookName"))
		keep(&l->name, text);
	else if (str_endswith(path, "/member/LifecycleTransition"))
		keep(&l->transition, text);
	else if (str_endswith(path, "/member/HeartbeatTimeout") && parse_u32(text, &seconds) == 0)
		l->timeout_s = seconds;
	return NULL;
}

struct fault *autoscaling_hooks(const struct query *q, const char *group,
				struct autoscaling_hook **ret, size_t *ret_n)
{
	const struct sigv4_pair pairs[] = { { "AutoScalingGroupName", group } };
	_cleanup_(listing_done) struct listing l = { 0 };

	TRY(ask(q, "DescribeLifecycleHooks", pairs, ARRAY_SIZE(pairs), on_hook, &l));
	*ret = NEW(struct autoscaling_hook, MAX(l.n, (size_t)1));
	memcpy(*ret, l.hooks, l.n * sizeof(l.hooks[0]));
	*ret_n = l.n;
	l.n = 0;
	return NULL;
}

void autoscaling_hooks_free(struct autoscaling_hook *hooks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(hooks[i].name);
	free(hooks);
}

/* Auto Scaling has no code of its own for "you are late": only its words tell. */
static bool nothing_waits(const struct http_response *r)
{
	_cleanup_query_error_ struct query_error e = { 0 };

	query_error_read(&r->body, &e);
	return r->status == 400 && streq(e.code, "ValidationError") && e.message &&
	       strstr(e.message, "No active Lifecycle Action");
}

static struct fault *act(const struct query *q, const char *action,
			 const struct autoscaling_action *a, const char *result, bool *ret_pending)
{
	const struct sigv4_pair pairs[] = { { "AutoScalingGroupName", a->group },
					    { "InstanceId", a->instance },
					    { "LifecycleActionResult", result },
					    { "LifecycleHookName", a->hook } };
	_cleanup_response_ struct http_response r = { 0 };

	TRY(query_send(q, &autoscaling, action, pairs, ARRAY_SIZE(pairs), &r));
	*ret_pending = !nothing_waits(&r);
	if (r.status == 200 || !*ret_pending)
		return NULL;
	return query_refusal(q, &autoscaling, action, &r);
}

struct fault *autoscaling_heartbeat(const struct query *q, const struct autoscaling_action *a,
				    bool *ret_pending)
{
	return act(q, "RecordLifecycleActionHeartbeat", a, NULL, ret_pending);
}

struct fault *autoscaling_complete(const struct query *q, const struct autoscaling_action *a,
				   const char *result, bool *ret_pending)
{
	return act(q, "CompleteLifecycleAction", a, result, ret_pending);
}

struct fault *autoscaling_health(const struct query *q, const char *instance, const char *status)
{
	const struct sigv4_pair pairs[] = { { "HealthStatus", status },
					    { "InstanceId", instance },
					    { "ShouldRespectGracePeriod", "false" } };

	return query_do(q, &autoscaling, "SetInstanceHealth", pairs, ARRAY_SIZE(pairs));
}
