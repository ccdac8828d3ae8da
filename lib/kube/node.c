/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/kube/node.h"

#include <string.h>

#include "lib/base/parse.h"

/* The strings of `names` that are there. */
static void copy_strings(const struct doc *from, const char *const *names, struct doc *to)
{
	for (; *names; names++)
		doc_set_string(to, *names, doc_str(from, *names));
}

static void copy_map(const struct doc *from, const char *name, struct doc *to)
{
	const struct doc *map = doc_get(from, name);
	struct doc *out = doc_set(to, name, doc_object());

	if (!map || map->type != DOC_OBJECT)
		return;
	for (size_t i = 0; i < map->n_items; i++)
		if (map->items[i]->type == DOC_STRING)
			doc_set_string(out, map->items[i]->key, map->items[i]->string);
}

/* A list of objects, of which `names` are kept; one without the first is left out. */
static void copy_list(const struct doc *from, const char *name, const char *const *names,
		      struct doc *to)
{
	const struct doc *list = doc_get(from, name);
	struct doc *out = doc_set(to, name, doc_array());

	if (!list || list->type != DOC_ARRAY)
		return;
	for (size_t i = 0; i < list->n_items; i++)
		if (list->items[i]->type == DOC_OBJECT && doc_str(list->items[i], names[0]))
			copy_strings(list->items[i], names, doc_push(out, doc_object()));
}

/* Who set spec.unschedulable: managedFields in FieldsV1,
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
static void copy_cordoners(const struct doc *meta, struct doc *to)
{
	const struct doc *fields = doc_get(meta, "managedFields");
	struct doc *out = doc_set(to, "cordonedBy", doc_array());

	if (!fields || fields->type != DOC_ARRAY)
		return;
	for (size_t i = 0; i < fields->n_items; i++) {
		const char *manager = doc_str(fields->items[i], "manager");

		if (manager && doc_at(fields->items[i], "/fieldsV1/f:spec/f:unschedulable"))
			doc_push(out, doc_string(manager));
	}
}

struct doc *node_reduce(const struct doc *object)
{
	static const char *const of_meta[] = { "name", "uid", "resourceVersion",
					       "creationTimestamp", NULL };
	static const char *const of_taint[] = { "key", "value", "effect", NULL };
	static const char *const of_condition[] = { "type", "status", "reason", "message",
						    "lastTransitionTime", "lastHeartbeatTime",
						    NULL };
	static const char *const of_info[] = { "kubeletVersion", "osImage",
					       "containerRuntimeVersion", "bootID", NULL };
	const struct doc *meta = doc_get(object, "metadata"), *spec = doc_get(object, "spec");
	const struct doc *status = doc_get(object, "status");
	struct doc *node;

	if (!doc_str(meta, "name"))
		return NULL;
	node = doc_object();
	copy_strings(meta, of_meta, node);
	copy_map(meta, "labels", node);
	copy_map(meta, "annotations", node);
	copy_list(spec, "taints", of_taint, node);
	doc_set_bool(node, "unschedulable", doc_boolean(spec, "unschedulable", false));
	doc_set_string(node, "providerID", doc_str(spec, "providerID"));
	copy_list(status, "conditions", of_condition, node);
	copy_map(status, "allocatable", node);
	copy_map(status, "capacity", node);
	copy_cordoners(meta, node);
	copy_strings(doc_get(status, "nodeInfo"), of_info,
		     doc_set(node, "nodeInfo", doc_object()));
	return node;
}

static const struct unit {
	const char *suffix;
	int64_t times, over;
} units[] = {
	{ "", 1, 1 },
	{ "m", 1, 1000 },
	{ "k", 1000, 1 },
	{ "M", 1000000, 1 },
	{ "G", 1000000000, 1 },
	{ "T", 1000000000000, 1 },
	{ "Ki", 1 << 10, 1 },
	{ "Mi", 1 << 20, 1 },
	{ "Gi", 1 << 30, 1 },
	{ "Ti", (int64_t)1 << 40, 1 },
};

int64_t kube_quantity(const char *text)
{
	size_t n = text ? strspn(text, "0123456789") : 0;
	_cleanup_free_ char *digits = n > 0 && n < 19 ? xstrndup(text, n) : NULL;
	int64_t v, product;

	if (!digits || parse_i64(digits, &v) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (streq(text + n, units[i].suffix))
			return __builtin_mul_overflow(v, units[i].times, &product) ?
				       INT64_MAX :
				       product / units[i].over;
	return -1;
}
