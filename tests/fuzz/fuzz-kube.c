/* SPDX-License-Identifier: Apache-2.0 */
/* What an API server answers: a list and its watch, a Node, an Event, a refusal; and what the steps
 * make of the Node that comes out of it. The first byte of the input says what is asked. */
#include "bootstrap/net/ops.h"
#include "lib/kube/node.h"
#include "lifecycle/plugins/plugins.h"
#include "lifecycle/report/health.h"
#include "tests/fuzz/answers.h"

#define KUBE "{\"server\":\"https://api\",\"token\":\"t\",\"name\":\"n\""
#define PATCHES \
	",\"patches\":[{\"type\":\"merge\",\"body\":{\"a\":1}},{\"type\":\"strategic\"," \
	"\"subresource\":\"status\",\"body\":{\"b\":1}}]}"
#define UNTIL \
	",\"until\":{\"exists\":true,\"ready\":true,\"allocatable\":{\"nvidia.com/gpu\":8}," \
	"\"conditions\":{\"X\":\"True\"},\"labels\":{\"a\":\"b\",\"c\":null}," \
	"\"taintsAbsent\":[\"t\"],\"providerIDPrefix\":\"aws://\",\"notUid\":\"u\"}}"
#define ARRIVAL \
	",\"until\":{\"exists\":true},\"then\":{\"spec\":{\"unschedulable\":true}}," \
	"\"unless\":{\"unschedulable\":true},\"announce\":true}"

static const struct {
	char letter;
	struct fault *(*op)(struct net_server *, const struct doc *);
	const char *request;
} operations[] = {
	{ 'g', op_node_get, KUBE "}" },
	{ 'p', op_node_patch, KUBE PATCHES },
	{ 'u', op_node_await, KUBE UNTIL },
	{ 'w', op_node_await, KUBE ARRIVAL },
	{ 'd', op_node_await, KUBE ",\"until\":{\"exists\":false}}" },
	{ 'e', op_event_create, KUBE ",\"body\":{\"kind\":\"Event\"}}" },
};

/* Reduced once more it has the same name: nothing grows in it, nothing is missing. */
static void check_node(const struct doc *node)
{
	static const char *const lists[] = { "taints", "conditions", "cordonedBy" };
	static const char *const maps[] = { "labels", "annotations", "allocatable", "capacity",
					    "nodeInfo" };

	MUST(doc_str(node, "name"));
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		MUST(doc_get(node, lists[i]) && doc_get(node, lists[i])->type == DOC_ARRAY);
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		const struct doc *map = doc_get(node, maps[i]);

		MUST(map && map->type == DOC_OBJECT);
		for (size_t k = 0; k < map->n_items; k++)
			MUST(map->items[k]->type == DOC_STRING);
	}
}

static void check_patch(const struct doc *p)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_doc_ struct doc *back = NULL;
	struct fault *f;

	if (!p)
		return;
	text = doc_to_string(p, DOC_COMPACT);
	f = json_parse("patch", text, strlen(text), 0, &back);
	MUST(!f && doc_equal(p, back));
}

static void use(const struct doc *node)
{
	static const enum gate gates[] = { GATE_AUTO, GATE_READINESS, GATE_CORDON, GATE_TAINT,
					   GATE_LABEL };
	struct identity id = { .instance_id = (char *)"i-1" };
	struct health h = { .schedulable = true, .status = (char *)HEALTH_SCHEDULABLE,
			    .deep = "Passed", .reason = (char *)"R", .message = (char *)"m" };
	_cleanup_doc_ struct doc *want = doc_object(), *event = health_event(&h, node, 1000);
	_cleanup_free_ char *missing = NULL;

	check_patch(event);
	doc_set_int(want, "nvidia.com/gpu", 8);
	missing = plugins_missing(want, node);
	for (size_t i = 0; i < ARRAY_SIZE(gates); i++) {
		struct config c = { .report = { .gate = gates[i] } };
		_cleanup_doc_ struct doc *close = gate_close(&c, &id, node, 1000);
		_cleanup_doc_ struct doc *open = health_patch(&c, &id, &h, node, 1000);

		check_patch(close);
		check_patch(open);
		/* A cordon of a person's is never taken back. */
		if (!node_cordoned_by_us(node))
			MUST(doc_boolean(doc_at(open, "/body/spec"), "unschedulable", true));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (size_t i = 0; size > 0 && i < ARRAY_SIZE(operations); i++) {
		_cleanup_doc_ struct doc *result = NULL;
		const struct doc *node;

		if (operations[i].letter != (char)data[0])
			continue;
		result = answers_to(operations[i].op, operations[i].request, data + 1, size - 1);
		node = doc_get(result, "node");
		if (!node)
			continue;
		check_node(node);
		use(node);
	}
	return 0;
}
