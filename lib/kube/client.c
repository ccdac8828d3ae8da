/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/kube/client.h"

#include "lib/kube/client-internal.h"

static struct fault *expect_kind(const struct kube_request *q, const struct doc *d,
				 const char *kind)
{
	if (streq(doc_str(d, "kind"), kind) && doc_str(doc_get(d, "metadata"), "name"))
		return NULL;
	return fault_new("kube.protocol", "%s: the answer is no %s", q->verb, kind);
}

struct fault *kube_get_node(const struct kube *k, struct doc **ret)
{
	_cleanup_free_ char *name = kube_encode(k->name);
	_cleanup_kube_request_ struct kube_request q = {
		.kube = k,
		.verb = xasprintf("get nodes/%s", k->name),
		.path = xasprintf("/api/v1/nodes/%s", name),
	};
	_cleanup_doc_ struct doc *d = NULL;
	struct fault *f = kube_send(&q, &d);

	*ret = NULL;
	if (fault_is(f, "kube.not_found")) {
		fault_free(f);
		return NULL;
	}
	TRY(f);
	TRY(expect_kind(&q, d, "Node"));
	*ret = TAKE_PTR(d);
	return NULL;
}

/* https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply */
static const char *content_type(const char *type)
{
	static const char *const types[][2] = {
		{ "merge", "application/merge-patch+json" },
		{ "strategic", "application/strategic-merge-patch+json" },
		{ "json", "application/json-patch+json" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (streq(type, types[i][0]))
			return types[i][1];
	return NULL;
}

struct fault *kube_patch_node(const struct kube *k, const char *type, const char *subresource,
			      const struct doc *body, struct doc **ret)
{
	const char *sub = subresource ? "/status" : "";
	_cleanup_free_ char *name = kube_encode(k->name);
	_cleanup_kube_request_ struct kube_request q = {
		.kube = k,
		.method = "PATCH",
		.verb = xasprintf("patch nodes/%s%s", k->name, sub),
		.path = xasprintf("/api/v1/nodes/%s%s?fieldManager=muster", name, sub),
		.type = content_type(type),
		.body = body,
		.repeat_conflict = !doc_at(body, "/metadata/resourceVersion"),
	};
	_cleanup_doc_ struct doc *d = NULL;

	if (!q.type)
		return fault_new("net.request", "there is no patch of type \"%s\"", type);
	if (subresource && !streq(subresource, "status"))
		return fault_new("net.request", "there is no subresource \"%s\"", subresource);
	TRY(kube_send(&q, &d));
	TRY(expect_kind(&q, d, "Node"));
	*ret = TAKE_PTR(d);
	return NULL;
}

struct fault *kube_create_event(const struct kube *k, const char *name_space,
				const struct doc *body, struct doc **ret)
{
	_cleanup_free_ char *where = kube_encode(name_space);
	_cleanup_kube_request_ struct kube_request q = {
		.kube = k,
		.method = "POST",
		.verb = xasprintf("create events in %s", name_space),
		.path = xasprintf("/apis/events.k8s.io/v1/namespaces/%s/events?fieldManager=muster",
				  where),
		.type = "application/json",
		.body = body,
	};
	_cleanup_doc_ struct doc *d = NULL;

	TRY(kube_send(&q, &d));
	TRY(expect_kind(&q, d, "Event"));
	*ret = TAKE_PTR(d);
	return NULL;
}
