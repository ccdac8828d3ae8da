/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/kube/node.h"

struct look {
	const struct doc *node;
	const struct doc *want;
	struct buf *missing;
};

/* One wish: its words when it is not fulfilled go to look.missing. */
struct wish {
	const char *name;
	enum doc_type type;
	void (*check)(struct look *l);
};

static void miss(struct look *l, const char *fmt, ...) _printf_(2, 3);
static void miss(struct look *l, const char *fmt, ...)
{
	va_list ap;

	if (l->missing->len > 0)
		buf_adds(l->missing, "; ");
	va_start(ap, fmt);
	buf_vaddf(l->missing, fmt, ap);
	va_end(ap);
}

static const char *or_none(const char *s)
{
	return s ? s : "(none)";
}

static const struct doc *find_condition(const struct doc *node, const char *type)
{
	const struct doc *all = doc_get(node, "conditions");

	for (size_t i = 0; all && i < all->n_items; i++)
		if (streq(doc_str(all->items[i], "type"), type))
			return all->items[i];
	return NULL;
}

static void want_condition(struct look *l, const char *type, const char *status)
{
	const struct doc *c = find_condition(l->node, type);
	const char *message = doc_str(c, "message");

	if (!streq(doc_str(c, "status"), status))
		miss(l, "condition %s is %s, not %s%s%s", type, or_none(doc_str(c, "status")),
		     status, message ? ": " : "", message ? message : "");
}

static void check_ready(struct look *l)
{
	if (l->want->boolean) {
		want_condition(l, "Ready", "True");
		return;
	}
	if (streq(doc_str(find_condition(l->node, "Ready"), "status"), "True"))
		miss(l, "it is Ready");
}

static void check_unschedulable(struct look *l)
{
	if (doc_boolean(l->node, "unschedulable", false) != l->want->boolean)
		miss(l, l->want->boolean ? "it is not cordoned" : "it is cordoned");
}

static void check_allocatable(struct look *l)
{
	const struct doc *have = doc_get(l->node, "allocatable");

	for (size_t i = 0; i < l->want->n_items; i++) {
		const char *name = l->want->items[i]->key, *text = doc_str(have, name);
		int64_t want = doc_integer(l->want, name, 0);

		if (!text || kube_quantity(text) < want)
			miss(l, "allocatable %s is %s of %lld", name, text ? text : "absent",
			     (long long)want);
	}
}

static void check_conditions(struct look *l)
{
	for (size_t i = 0; i < l->want->n_items; i++)
		if (l->want->items[i]->type == DOC_STRING)
			want_condition(l, l->want->items[i]->key, l->want->items[i]->string);
}

static void check_map(struct look *l, const char *map, const char *word)
{
	const struct doc *have = doc_get(l->node, map);

	for (size_t i = 0; i < l->want->n_items; i++) {
		const struct doc *w = l->want->items[i];
		const char *value = doc_str(have, w->key);

		if (w->type == DOC_NULL && value)
			miss(l, "%s %s is still there", word, w->key);
		else if (w->type == DOC_STRING && !streq(value, w->string))
			miss(l, "%s %s is %s, not %s", word, w->key, or_none(value), w->string);
	}
}

static void check_labels(struct look *l)
{
	check_map(l, "labels", "label");
}

static void check_annotations(struct look *l)
{
	check_map(l, "annotations", "annotation");
}

static bool has_taint(const struct doc *node, const char *key)
{
	const struct doc *taints = doc_get(node, "taints");

	for (size_t i = 0; taints && i < taints->n_items; i++)
		if (streq(doc_str(taints->items[i], "key"), key))
			return true;
	return false;
}

static void check_taints(struct look *l, bool present)
{
	for (size_t i = 0; i < l->want->n_items; i++) {
		const struct doc *key = l->want->items[i];

		if (key->type == DOC_STRING && has_taint(l->node, key->string) != present)
			miss(l, "taint %s is %s", key->string, present ? "absent" : "still there");
	}
}

static void check_taints_absent(struct look *l)
{
	check_taints(l, false);
}

static void check_taints_present(struct look *l)
{
	check_taints(l, true);
}

static void check_provider(struct look *l)
{
	const char *id = doc_str(l->node, "providerID");

	if (!id || !str_startswith(id, l->want->string))
		miss(l, "providerID is %s, not %s…", or_none(id), l->want->string);
}

static void check_not_uid(struct look *l)
{
	if (streq(doc_str(l->node, "uid"), l->want->string))
		miss(l, "it is still the Node with uid %s", l->want->string);
}

static const struct wish wishes[] = {
	{ "ready", DOC_BOOL, check_ready },
	{ "unschedulable", DOC_BOOL, check_unschedulable },
	{ "allocatable", DOC_OBJECT, check_allocatable },
	{ "conditions", DOC_OBJECT, check_conditions },
	{ "labels", DOC_OBJECT, check_labels },
	{ "annotations", DOC_OBJECT, check_annotations },
	{ "taintsAbsent", DOC_ARRAY, check_taints_absent },
	{ "taintsPresent", DOC_ARRAY, check_taints_present },
	{ "providerIDPrefix", DOC_STRING, check_provider },
	{ "notUid", DOC_STRING, check_not_uid },
};

static const struct wish *wish_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++)
		if (streq(wishes[i].name, name))
			return &wishes[i];
	return NULL;
}

/* A wish that is misread would be waited for in vain, or not at all. */
struct fault *node_until_check(const struct doc *until)
{
	if (!until || until->type != DOC_OBJECT)
		return fault_new("kube.until", "\"until\" is no object");
	for (size_t i = 0; i < until->n_items; i++) {
		const struct doc *d = until->items[i];
		const struct wish *w = wish_find(d->key);

		if (streq(d->key, "exists") ? d->type != DOC_BOOL : !w || d->type != w->type)
			return fault_new("kube.until", "\"%s\" is nothing to wait for, or has a "
					 "wrong type", d->key);
	}
	return NULL;
}

bool node_fulfils(const struct doc *node, const struct doc *until, struct buf *missing)
{
	bool exists = doc_boolean(until, "exists", true);
	struct look l = { .node = node, .missing = missing };
	size_t before = missing->len;

	if (!node || !exists) {
		if (!node == exists)
			miss(&l, exists ? "there is no such Node" : "the Node is still there");
		return missing->len == before;
	}
	for (size_t i = 0; i < until->n_items; i++) {
		const struct wish *w = wish_find(until->items[i]->key);

		l.want = until->items[i];
		if (w && w->type == l.want->type)
			w->check(&l);
	}
	return missing->len == before;
}
