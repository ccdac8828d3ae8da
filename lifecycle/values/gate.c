/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/values/gate.h"

#include <string.h>

#include "lib/base/clock.h"

#define KARPENTER "karpenter.sh/"

char *health_key(const struct config *c, const char *name)
{
	const char *prefix = c->report.label_prefix;

	return xasprintf("%s/%s", prefix && *prefix ? prefix : "sagemaker.amazonaws.com", name);
}

static bool any_mentions(char *const *v, const char *words)
{
	for (; v && *v; v++)
		if (strstr(*v, words))
			return true;
	return false;
}

static bool any_key_starts(const struct doc *object, const char *prefix)
{
	for (size_t i = 0; object && i < object->n_items; i++)
		if (str_startswith(object->items[i]->key, prefix))
			return true;
	return false;
}

static bool is_karpenters(const struct config *c)
{
	const struct doc *taints = c->join.kubelet_config
					   ? doc_get(c->join.kubelet_config, "registerWithTaints")
					   : NULL;

	for (size_t i = 0; taints && taints->type == DOC_ARRAY && i < taints->n_items; i++) {
		const char *key = doc_str(taints->items[i], "key");

		if (key && str_startswith(key, KARPENTER))
			return true;
	}
	return any_mentions(c->join.kubelet_flags, KARPENTER) ||
	       any_mentions(c->join.taints, KARPENTER) || any_key_starts(c->join.labels, KARPENTER);
}

enum gate gate_of(const struct config *c)
{
	if (c->report.gate != GATE_AUTO)
		return c->report.gate;
	return is_karpenters(c) ? GATE_READINESS : GATE_CORDON;
}

const char *gate_name(enum gate g)
{
	static const char *const names[] = { "auto", "readiness", "cordon", "taint", "label" };

	return names[g];
}

char *gate_taint_key(const struct config *c)
{
	switch (gate_of(c)) {
	case GATE_READINESS:
		return xstrdup(READINESS_TAINT_KEY);
	case GATE_TAINT:
		return health_key(c, KEY_STATUS);
	default:
		return NULL;
	}
}

char *gate_taint(const struct config *c)
{
	_cleanup_free_ char *key = gate_taint_key(c);

	if (!key)
		return NULL;
	return xasprintf("%s=%s:NoSchedule", key,
			 gate_of(c) == GATE_TAINT ? HEALTH_UNSCHEDULABLE : "pending");
}

bool node_has_taint(const struct doc *node, const char *key)
{
	const struct doc *taints = doc_get(node, "taints");

	for (size_t i = 0; taints && i < taints->n_items; i++)
		if (streq(doc_str(taints->items[i], "key"), key))
			return true;
	return false;
}

bool node_unschedulable(const struct doc *node)
{
	return doc_boolean(node, "unschedulable", false);
}

static const char *member(const struct doc *node, const char *map, const char *key)
{
	const struct doc *d = doc_get(node, map);

	return d ? doc_str(d, key) : NULL;
}

const char *node_label(const struct doc *node, const char *key)
{
	return member(node, "labels", key);
}

/* kubectl cordon leaves "kubectl…" as the field's manager; an uncordon and a cordon by a person
 * thus show, although our annotation is still there. */
bool node_cordoned_by_us(const struct doc *node)
{
	const struct doc *by = doc_get(node, "cordonedBy");

	if (!node_unschedulable(node) || !member(node, "annotations", CORDON_ANNOTATION))
		return false;
	for (size_t i = 0; by && i < by->n_items; i++)
		if (by->items[i]->type == DOC_STRING && !str_startswith(by->items[i]->string, "must"
											      "er"))
			return false;
	return true;
}

const struct doc *node_condition(const struct doc *node, const char *type)
{
	const struct doc *all = doc_get(node, "conditions");

	for (size_t i = 0; all && i < all->n_items; i++)
		if (streq(doc_str(all->items[i], "type"), type))
			return all->items[i];
	return NULL;
}

struct doc *patch_of(const char *type, const char *subresource, struct doc *body)
{
	struct doc *p = doc_object();

	doc_set_string(p, "type", type);
	doc_set_string(p, "subresource", subresource);
	doc_set(p, "body", body);
	return p;
}

struct doc *condition_patch(const struct doc *node, bool healthy, const char *reason,
			    const char *message, uint64_t now_ms)
{
	const struct doc *old = node_condition(node, CONDITION_HEALTH);
	const char *status = healthy ? "True" : "False";
	struct doc *body, *condition;
	char now[RFC3339_MAX];

	if (old && streq(doc_str(old, "status"), status) && streq(doc_str(old, "reason"), reason) &&
	    streq(doc_str(old, "message"), message))
		return NULL;
	now_ms -= now_ms % 1000;
	clock_rfc3339(now_ms, now);
	condition = doc_object();
	doc_set_string(condition, "type", CONDITION_HEALTH);
	doc_set_string(condition, "status", status);
	doc_set_string(condition, "reason", reason);
	doc_set_string(condition, "message", message);
	doc_set_string(condition, "lastHeartbeatTime", now);
	if (!old || !streq(doc_str(old, "status"), status))
		doc_set_string(condition, "lastTransitionTime", now);
	body = doc_object();
	doc_push(doc_set(doc_set(body, "status", doc_object()), "conditions", doc_array()),
		 condition);
	return patch_of("strategic", "status", body);
}

static void set_unless_so(struct doc *labels, const struct doc *node, const char *key,
			  const char *value)
{
	if (!streq(node_label(node, key), value))
		doc_set_string(labels, key, value);
}

bool gate_is_open(const struct config *c, const struct doc *node)
{
	_cleanup_free_ char *taint = gate_taint_key(c);

	return gate_of(c) != GATE_LABEL && !node_unschedulable(node) &&
	       !(taint && node_has_taint(node, taint));
}

static void set_cordon(struct doc *body, struct doc *meta, const struct identity *id)
{
	doc_set_string(doc_set(meta, "annotations", doc_object()), CORDON_ANNOTATION,
		       id->instance_id);
	doc_set_bool(doc_set(body, "spec", doc_object()), "unschedulable", true);
}

struct doc *gate_cordon(const struct config *c, const struct identity *id)
{
	struct doc *body;

	if (gate_of(c) != GATE_CORDON)
		return NULL;
	body = doc_object();
	set_cordon(body, doc_set(body, "metadata", doc_object()), id);
	return body;
}

static struct doc *close_body(const struct config *c, const struct identity *id,
			      const struct doc *node)
{
	_cleanup_free_ char *status = health_key(c, KEY_STATUS), *deep = health_key(c, KEY_DEEP);
	struct doc *body = doc_object(), *meta = doc_set(body, "metadata", doc_object());
	struct doc *labels = doc_object();

	set_unless_so(labels, node, status, HEALTH_UNSCHEDULABLE);
	set_unless_so(labels, node, deep, "InProgress");
	if (gate_is_open(c, node)) {
		doc_set_string(meta, "resourceVersion", doc_str(node, "resourceVersion"));
		set_cordon(body, meta, id);
	}
	if (labels->n_items || body->n_items > 1) {
		doc_set(meta, "labels", labels);
		return body;
	}
	doc_free(labels);
	doc_free(body);
	return NULL;
}

struct doc *gate_close(const struct config *c, const struct identity *id, const struct doc *node,
		       uint64_t now_ms)
{
	struct doc *patches = doc_array(), *body = close_body(c, id, node), *condition = NULL;

	if (body)
		doc_push(patches, patch_of("merge", NULL, body));
	if (node_condition(node, CONDITION_HEALTH))
		condition = condition_patch(node, false, "Verifying", "the node is being verified",
					    now_ms);
	if (condition)
		doc_push(patches, condition);
	return patches;
}
