/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/report/report.h"

#include "lib/base/clock.h"
#include "lib/sys/log.h"
#include "lifecycle/report/health.h"
#include "lifecycle/report/open.h"
#include "lifecycle/values/nodeclient.h"

#define CONFLICTS_MAX 8 /* times that somebody else may change the Node under our hands */

const char *report_skip(const struct config *c)
{
	return c->cluster.name && *c->cluster.name ? NULL : "no cluster configured";
}

uint64_t report_timeout(const struct config *c)
{
	return c->report.timeout_ms;
}

static struct fault *refused(struct fault *f)
{
	if (fault_is(f, "kube.forbidden") || fault_is(f, "kube.invalid"))
		return fault_as(f, "report.refused");
	return f;
}

static struct fault *own_node(struct node_client *n, struct doc **ret)
{
	_cleanup_doc_ struct doc *node = NULL;
	const char *id;

	TRY(node_client_get(n, &node));
	if (!node)
		return fault_new("report.no_node", "there is no Node %s to report on",
				 n->node_name);
	id = doc_str(node, "providerID");
	if (id && *id && !streq(id, n->provider_id))
		return fault_new("join.name_taken",
				 "Node %s is another machine's: providerID %s, "
				 "ours is %s",
				 n->node_name, id, n->provider_id);
	*ret = TAKE_PTR(node);
	return NULL;
}

static struct fault *set_condition(struct node_client *n, const struct health *h, struct doc **node,
				   bool *changed)
{
	struct doc *patch =
		condition_patch(*node, h->schedulable, h->reason, h->message, clock_realtime_ms());
	struct doc *patches = doc_array(), *after = NULL;

	if (patch)
		doc_push(patches, patch);
	TRY(refused(node_client_patch(n, patches, &after)));
	if (after) {
		doc_free(*node);
		*node = after;
		*changed = true;
	}
	return NULL;
}

/* A controller that is installed later must not open the gate of a node whose run has failed. */
static void take_back(struct node_client *n, const struct doc *node, const struct fault *f)
{
	struct doc *patches = doc_array(), *after = NULL;
	struct doc *patch =
		condition_patch(node, false, "GateNotOpened", f->message, clock_realtime_ms());

	if (patch)
		doc_push(patches, patch);
	fault_free(node_client_patch(n, patches, &after));
	doc_free(after);
}

static struct fault *open_taint(struct node_client *n, struct doc **node)
{
	_cleanup_free_ char *key = gate_taint_key(n->context->config);
	struct fault *f;

	if (!key || !node_has_taint(*node, key))
		return NULL;
	f = gate_open_taint(n, key);
	if (fault_is(f, "gate.not_opened"))
		take_back(n, *node, f);
	if (f)
		return f;
	doc_free(TAKE_PTR(*node));
	return own_node(n, node);
}

static struct fault *patch_until_done(struct node_client *n, const struct health *h,
				      struct doc **node, bool *changed)
{
	const struct step_context *c = n->context;

	for (int i = 0;; i++) {
		struct doc *patch =
			health_patch(c->config, c->identity, h, *node, clock_realtime_ms());
		struct doc *patches = doc_array(), *after = NULL;
		struct fault *f;

		if (patch)
			doc_push(patches, patch);
		f = node_client_patch(n, patches, &after);
		if (!f && after) {
			doc_free(*node);
			*node = after;
			*changed = true;
		}
		if (!fault_is(f, "kube.conflict") || i >= CONFLICTS_MAX)
			return refused(f);
		fault_free(f);
		doc_free(TAKE_PTR(*node));
		TRY(own_node(n, node));
	}
}

/* What the API answers is not always what was asked for: admission webhooks change patches. */
static struct fault *verify(struct node_client *n, const struct health *h, const struct doc *node)
{
	const struct config *c = n->context->config;
	_cleanup_free_ char *key = health_key(c, KEY_STATUS), *taint = gate_taint_key(c);
	const char *label = node_label(node, key);

	if (!streq(label, h->status))
		return fault_new("report.refused",
				 "Node %s: the API took the patch, yet label %s is %s",
				 n->node_name, key, label ? label : "not there");
	if (h->schedulable && (node_cordoned_by_us(node) || (taint && node_has_taint(node, taint))))
		return fault_new("gate.not_opened",
				 "Node %s: the API took the patch, yet the gate is "
				 "still closed",
				 n->node_name);
	if (!h->schedulable && gate_is_open(c, node))
		return fault_new("gate.not_closed",
				 "Node %s: the API took the patch, yet the gate is "
				 "open",
				 n->node_name);
	return NULL;
}

/* An event is for people who look; that one is missing is no reason to fail. */
static void tell(struct node_client *n, const struct health *h, const struct doc *node)
{
	_cleanup_fault_ struct fault *f =
		node_client_event(n, health_event(h, node, clock_realtime_ms()));

	if (f)
		log_fault(LOG_WARNING, NULL, f);
}

static const char *gate_stands(const struct health *h, const struct doc *node)
{
	if (!h->schedulable)
		return "closed";
	return node_unschedulable(node) ? "held by a person" : "open";
}

struct fault *step_report(const struct step_context *c, struct doc *result)
{
	_cleanup_node_client_ struct node_client n = { 0 };
	_cleanup_health_ struct health h = { 0 };
	_cleanup_doc_ struct doc *node = NULL;
	bool changed = false;

	TRY(health_of(c->verdict, &h));
	TRY(node_client_open(c, &n));
	TRY(own_node(&n, &node));
	TRY(set_condition(&n, &h, &node, &changed));
	if (h.schedulable)
		TRY(open_taint(&n, &node));
	TRY(patch_until_done(&n, &h, &node, &changed));
	TRY(verify(&n, &h, node));
	if (changed)
		tell(&n, &h, node);
	doc_set_string(result, "state", h.status);
	doc_set_string(result, "gate", gate_stands(&h, node));
	doc_set_bool(result, "changed", changed);
	log_notice("Node %s: %s, gate %s", n.node_name, h.status, gate_stands(&h, node));
	return NULL;
}
