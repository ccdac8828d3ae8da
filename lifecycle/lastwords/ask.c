/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/lastwords/ask.h"

#include <string.h>

#include "lib/aws/endpoint.h"
#include "lib/base/clock.h"
#include "lib/base/strv.h"
#include "lib/net/call.h"
#include "lib/net/operations.h"
#include "lifecycle/lastwords/end.h"

#define GROUP_TAG "aws:autoscaling:groupName"
#define HEARTBEAT_MIN_MS 10000 /* a hook's timeout is at least 30 s */

struct hook_row {
	char *name;
	int64_t timeout_ms;
};

struct listing {
	char *group, *state;
	struct objects hooks;
};

static const struct field hook_fields[] = {
	F_STRING("name", struct hook_row, name, "Name", .required = true, .max = 255),
	F_INT("timeoutMs", struct hook_row, timeout_ms, "Timeout", .max = 1000ll * 172800),
	F_END,
};

static const struct field listing_fields[] = {
	F_STRING("group", struct listing, group, "Group", .max = 255),
	F_STRING("state", struct listing, state, "Lifecycle state", .max = 64),
	F_OBJECTS("hooks", struct listing, hooks, "Hooks", hook_fields, struct hook_row),
	F_END,
};

static struct doc *request_of(const struct asker *a)
{
	struct doc *d = doc_object();

	doc_set_string(d, "instance", a->identity->instance_id);
	doc_set_string(d, "region", aws_region_or(a->identity->region));
	return d;
}

static struct fault *call(const struct asker *a, const char *operation, const struct doc *request,
			  struct doc **ret)
{
	uint64_t deadline = MIN(a->deadline_ms, clock_boottime_ms() + ASK_MS);

	if (!doc_str(request, "region"))
		return fault_new("words.address", "the machine's region is not known");
	return net_call(operation, request, deadline, NULL, ret);
}

struct fault *ask_report(const struct asker *a, const char *boot, struct doc *report,
			 char **ret_url)
{
	_cleanup_free_ char *who = end_key_part(a->identity->instance_id), *bucket = NULL;
	_cleanup_free_ char *key = NULL, *url = NULL;
	_cleanup_doc_ struct doc *request = request_of(a), *answer = NULL;
	const char *name = a->config->last_words.report + strlen("s3://");
	size_t n = strcspn(name, "/");
	const char *prefix = name[n] ? name + n + 1 : "";
	const char *slash = *prefix && !str_endswith(prefix, "/") ? "/" : "";

	bucket = xstrndup(name, n);
	key = xasprintf("%s%s%s/%s.json", prefix, slash, who, boot);
	url = xasprintf("s3://%s/%s", bucket, key);
	doc_set_string(request, "bucket", bucket);
	doc_set_string(request, "key", key);
	doc_set(request, "body", report);
	TRY(call(a, NET_OBJECT_PUT, request, &answer));
	*ret_url = TAKE_PTR(url);
	return NULL;
}

struct fault *ask_tag(const struct asker *a, const char *value)
{
	_cleanup_doc_ struct doc *request = request_of(a), *answer = NULL;

	doc_set_string(request, "key", a->config->last_words.tag);
	doc_set_string(request, "value", value);
	return call(a, NET_INSTANCE_TAG, request, &answer);
}

struct fault *ask_unhealthy(const struct asker *a)
{
	_cleanup_doc_ struct doc *request = request_of(a), *answer = NULL;

	doc_set_string(request, "status", "Unhealthy");
	return call(a, NET_INSTANCE_HEALTH, request, &answer);
}

void hooks_done(struct hooks *h)
{
	free(h->group);
	strv_free(h->names);
	*h = (struct hooks){ 0 };
}

static const char *known_group(const struct asker *a)
{
	const char *group = a->config->autoscaling.group;

	return group && *group ? group : doc_str(a->identity->tags, GROUP_TAG);
}

static void take_hooks(const struct listing *l, struct hooks *h)
{
	const struct hook_row *rows = l->hooks.items;

	for (size_t i = 0; i < l->hooks.n; i++) {
		strv_add(&h->names, rows[i].name);
		if (rows[i].timeout_ms > 0)
			h->heartbeat_ms = MIN(h->heartbeat_ms, (uint64_t)rows[i].timeout_ms / 3);
	}
	h->heartbeat_ms = MAX(h->heartbeat_ms, (uint64_t)HEARTBEAT_MIN_MS);
}

static struct fault *list_hooks(const struct asker *a, bool all, struct hooks *h)
{
	_cleanup_doc_ struct doc *request = request_of(a), *answer = NULL;
	struct listing l = { 0 };
	struct fault *f;

	doc_set_string(request, "group", h->group);
	TRY(call(a, NET_HOOK_LIST, request, &answer));
	f = schema_decode(listing_fields, "muster-net", answer, 0, &l);
	if (!f) {
		free(h->group);
		h->group = TAKE_PTR(l.group);
		h->in_service = l.state && !str_startswith(l.state, "Pending");
		if (all)
			take_hooks(&l, h);
	}
	schema_free(listing_fields, &l);
	return fault_as(f, "words.answer");
}

struct fault *ask_hooks(const struct asker *a, struct hooks *ret)
{
	const char *hook = a->config->autoscaling.hook;
	bool all = streq(hook, "auto");
	_cleanup_hooks_ struct hooks h = { .group = xstrdup(known_group(a)),
					   .heartbeat_ms = a->config->autoscaling.heartbeat_ms };

	if (!all)
		strv_add(&h.names, hook);
	if (all || !h.group)
		TRY(list_hooks(a, all, &h));
	*ret = h;
	h = (struct hooks){ 0 };
	return NULL;
}

static struct fault *act(const struct asker *a, const struct hooks *h, const char *operation,
			 const char *hook, const char *result, unsigned *n)
{
	_cleanup_doc_ struct doc *request = request_of(a), *answer = NULL;

	doc_set_string(request, "group", h->group);
	doc_set_string(request, "hook", hook);
	doc_set_string(request, "result", result);
	TRY(call(a, operation, request, &answer));
	*n += doc_boolean(answer, "pending", false);
	return NULL;
}

static struct fault *act_on_all(const struct asker *a, const struct hooks *h, const char *operation,
				const char *result, unsigned *n)
{
	struct fault *first = NULL;

	for (char **name = h->names; h->group && name && *name; name++) {
		struct fault *f = act(a, h, operation, *name, result, n);

		if (first)
			fault_free(f);
		else
			first = fault_wrap(f, "hook %s of %s", *name, h->group);
	}
	return first;
}

struct fault *ask_heartbeat(const struct asker *a, const struct hooks *h)
{
	unsigned n = 0;

	return act_on_all(a, h, NET_HOOK_HEARTBEAT, NULL, &n);
}

struct fault *ask_complete(const struct asker *a, const struct hooks *h, const char *result,
			   unsigned *ret_n)
{
	*ret_n = 0;
	return act_on_all(a, h, NET_HOOK_COMPLETE, result, ret_n);
}
