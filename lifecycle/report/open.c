/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/report/open.h"

#include "lib/base/clock.h"
#include "lib/base/parse.h"
#include "lifecycle/values/gate.h"

#define LAST_WORDS_MS 5000 /* kept of the deadline, for what is said when the gate stays shut */

static struct fault *await_controller(struct node_client *n, const char *key)
{
	uint64_t began = clock_boottime_ms(), end = n->context->deadline_ms;
	_cleanup_doc_ struct doc *node = NULL;
	struct doc *until = doc_object();
	char waited[DURATION_MAX];
	struct fault *f;

	doc_set_bool(until, "exists", true);
	doc_push(doc_set(until, "taintsAbsent", doc_array()), doc_string(key));
	if (end != NO_DEADLINE && end > LAST_WORDS_MS)
		end -= LAST_WORDS_MS;
	f = node_client_await(n, until, end, &node);
	if (!fault_is(f, "kube.await_timeout"))
		return f;
	fault_free(f);
	return fault_new("gate.not_opened",
			 "Node %s: condition " CONDITION_HEALTH " is true for %s, and taint %s is "
			 "still "
			 "there: is the Node Readiness Controller running, with the rule for "
			 "muster?",
			 n->node_name, format_duration(clock_boottime_ms() - began, waited), key);
}

/* A strategic merge knows taints by their key. */
static struct fault *remove_taint(struct node_client *n, const char *key)
{
	_cleanup_doc_ struct doc *after = NULL;
	struct doc *patches = doc_array(), *body = doc_object(), *taint;
	struct fault *f;

	taint = doc_push(doc_set(doc_set(body, "spec", doc_object()), "taints", doc_array()),
			 doc_object());
	doc_set_string(taint, "$patch", "delete");
	doc_set_string(taint, "key", key);
	doc_set_string(taint, "effect", "NoSchedule");
	doc_push(patches, patch_of("strategic", NULL, body));
	f = node_client_patch(n, patches, &after);
	if (fault_is(f, "kube.forbidden"))
		return fault_wrap(fault_as(f, "gate.not_opened"),
				  "a node may not remove taint %s with its own identity", key);
	if (f)
		return f;
	return node_has_taint(after, key) ? fault_new("gate.not_opened",
						      "Node %s: the API took the patch, yet taint "
						      "%s "
						      "is still there",
						      n->node_name, key)
					  : NULL;
}

struct fault *gate_open_taint(struct node_client *n, const char *key)
{
	return gate_of(n->context->config) == GATE_READINESS ? await_controller(n, key)
							     : remove_taint(n, key);
}
