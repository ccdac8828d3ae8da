/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/join/register.h"

#include "lib/base/clock.h"
#include "lib/sys/log.h"
#include "lifecycle/values/gate.h"

#define CONFLICTS_MAX 8	     /* times that somebody else may change the Node under our hands */
#define TAKEN_MS      300000 /* a cloud controller deletes the Node of a gone instance by then */
#define SLICE_MS      300000 /* of one wait: its token lives longer */
#define BOOT_POLL_MS  2000
#define LAST_WORDS_MS 2000 /* kept of the deadline, to say what was missing */

static uint64_t own_deadline(const struct node_client *n)
{
	uint64_t d = n->context->deadline_ms;

	return d == NO_DEADLINE || d < LAST_WORDS_MS ? d : d - LAST_WORDS_MS;
}

static bool is_past(uint64_t deadline_ms)
{
	return clock_boottime_ms() >= deadline_ms;
}

static bool is_ours(const struct node_client *n, const struct doc *node)
{
	const char *id = doc_str(node, "providerID");

	return !id || !*id || streq(id, n->provider_id);
}

static struct fault *name_taken(const struct node_client *n, const struct doc *node)
{
	const char *created = doc_str(node, "creationTimestamp");

	return fault_new("join.name_taken",
			 "Node %s is another machine's: providerID %s (created %s), ours is %s",
			 n->node_name, doc_str(node, "providerID"), created ? created : "?",
			 n->provider_id);
}

static struct fault *await_name(struct node_client *n, const struct doc *node)
{
	uint64_t now = clock_boottime_ms(), end = own_deadline(n);
	uint64_t left = end > now ? end - now : 0;
	_cleanup_doc_ struct doc *gone = NULL;
	struct doc *until = doc_object();
	struct fault *f;

	log_notice("Node %s still belongs to %s: waiting for the cloud controller to delete it",
		   n->node_name, doc_str(node, "providerID"));
	doc_set_bool(until, "exists", false);
	f = node_client_await(n, until, now + MIN(TAKEN_MS, left / 2), &gone);
	if (!fault_is(f, "kube.await_timeout"))
		return f;
	fault_free(f);
	return name_taken(n, node);
}

/* Patches until nobody changes the Node in between. Takes node; *ret is the Node as it is
 * then, NULL where it was deleted meanwhile. */
static struct fault *close_gate(struct node_client *n, struct doc *node, struct doc **ret)
{
	const struct step_context *c = n->context;
	_cleanup_doc_ struct doc *now = node;

	for (int i = 0; now; i++) {
		struct doc *patches = gate_close(c->config, c->identity, now, clock_realtime_ms());
		_cleanup_doc_ struct doc *after = NULL;
		struct fault *f = node_client_patch(n, patches, &after);

		if (!f) {
			*ret = after ? TAKE_PTR(after) : TAKE_PTR(now);
			return NULL;
		}
		if (!fault_is(f, "kube.conflict") || i >= CONFLICTS_MAX)
			return f;
		fault_free(f);
		doc_free(TAKE_PTR(now));
		TRY(node_client_get(n, &now));
	}
	return NULL;
}

struct fault *node_withdraw(struct node_client *n)
{
	_cleanup_doc_ struct doc *node = NULL, *after = NULL;
	struct fault *f = node_client_get(n, &node);

	if (fault_is(f, "kube.forbidden"))
		return fault_as(f, "join.name_refused");
	if (f || !node)
		return f;
	if (!is_ours(n, node))
		return await_name(n, node);
	return fault_wrap(close_gate(n, TAKE_PTR(node), &after), "withdrawing what an earlier boot "
								 "said");
}

struct arrival {
	struct node_client *n;
	struct registration *r;
	bool started;
};

/* The kubelet starts when the watch is there, so that nothing can be bound to its Node before the
 * cordon; later calls notice a kubelet that does not stay up, long before the deadline. */
static struct fault *watching(void *arg)
{
	struct arrival *a = arg;

	if (a->started)
		return kubelet_health(a->n->context);
	a->started = true;
	return a->r->start(a->r->arg);
}

static struct fault *await_arrival(struct arrival *a, struct node_arrival *at)
{
	uint64_t end = own_deadline(a->n);
	struct fault *f;

	for (;;) {
		f = node_client_arrival(a->n, MIN(end, clock_boottime_ms() + SLICE_MS), at);
		if (!fault_is(f, "kube.await_timeout"))
			return f;
		if (a->started && is_past(end)) {
			fault_free(f);
			TRY(kubelet_health(a->n->context));
			f = fault_new("join.not_registered",
				      "no Node %s: the kubelet has not registered it",
				      a->n->node_name);
			return kubelet_words(a->n->context, f);
		}
		if (is_past(end))
			return f;
		fault_free(f);
	}
}

/* A Node that was there already was found without a watch. */
static struct fault *arrive(struct node_client *n, struct registration *r, struct doc **ret)
{
	const struct step_context *c = n->context;
	_cleanup_doc_ struct doc *cordon = gate_cordon(c->config, c->identity);
	struct arrival a = { .n = n, .r = r };
	struct node_arrival at = { .cordon = cordon, .watching = watching, .arg = &a };

	TRY(await_arrival(&a, &at));
	*ret = at.node;
	r->was_open = at.was_open;
	return a.started ? NULL : r->start(r->arg);
}

/* Whether the Node's status is of this boot; a Node that does not say counts as such. */
static bool is_of_this_boot(const struct doc *node)
{
	const struct doc *info = doc_get(node, "nodeInfo");
	const char *boot = info ? doc_str(info, "bootID") : NULL;
	char ours[BOOT_ID_MAX];

	return !boot || !*boot || clock_boot_id(ours) < 0 || streq(boot, ours);
}

/* A Node that was there before says nothing of the kubelet of this boot until it carries this
 * boot's id. */
static struct fault *await_boot(struct node_client *n, struct doc **node)
{
	while (*node && !is_of_this_boot(*node)) {
		if (is_past(own_deadline(n)))
			return kubelet_words(n->context,
					     fault_new("join.not_registered",
						       "Node %s is there, but the kubelet of "
						       "this boot has not reported",
						       n->node_name));
		TRY(kubelet_health(n->context));
		clock_sleep_ms(BOOT_POLL_MS);
		doc_free(TAKE_PTR(*node));
		TRY(node_client_get(n, node));
	}
	return NULL;
}

struct fault *node_register(struct node_client *n, struct registration *r)
{
	_cleanup_doc_ struct doc *node = NULL;

	TRY(arrive(n, r, &node));
	if (!n->context->root[0])
		TRY(await_boot(n, &node));
	if (!node)
		return fault_new("join.not_registered", "Node %s was deleted while it registered",
				 n->node_name);
	if (!is_ours(n, node))
		return name_taken(n, node);
	r->node = TAKE_PTR(node);
	return NULL;
}

static const char *held_by(const struct config *c, const struct doc *node)
{
	_cleanup_free_ char *taint = gate_taint_key(c);

	if (taint && node_has_taint(node, taint))
		return "taint";
	if (node_cordoned_by_us(node))
		return "cordon";
	if (node_unschedulable(node))
		return "person";
	return gate_of(c) == GATE_LABEL ? "label" : NULL;
}

struct fault *node_close(struct node_client *n, const struct doc *node, const char **ret_by)
{
	const struct config *c = n->context->config;
	_cleanup_free_ char *key = health_key(c, KEY_STATUS);
	_cleanup_doc_ struct doc *after = NULL;

	TRY(close_gate(n, doc_copy(node), &after));
	if (!after)
		return fault_new("join.not_registered", "Node %s was deleted while it registered",
				 n->node_name);
	*ret_by = held_by(c, after);
	if (!*ret_by || !streq(node_label(after, key), HEALTH_UNSCHEDULABLE))
		return fault_new("gate.not_closed",
				 "Node %s: the API took the patch, yet %s is %s "
				 "and the gate is %s",
				 n->node_name, key,
				 node_label(after, key) ? node_label(after, key) : "not there",
				 *ret_by ? *ret_by : "open");
	return NULL;
}
