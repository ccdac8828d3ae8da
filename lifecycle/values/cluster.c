/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/values/cluster.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/net/call.h"
#include "lib/net/operations.h"

#define DESCRIBE_MS 60000

void cluster_done(struct cluster *cl)
{
	free(cl->name);
	free(cl->region);
	free(cl->endpoint);
	free(cl->ca);
	free(cl->service_cidr);
	*cl = (struct cluster){ 0 };
}

static void fill(char **slot, const char *value)
{
	if (!*slot && value && *value)
		*slot = xstrdup(value);
}

static void fill_from(struct cluster *cl, const struct doc *d)
{
	if (!d)
		return;
	fill(&cl->endpoint, doc_str(d, "endpoint"));
	fill(&cl->ca, doc_str(d, "certificateAuthority"));
	fill(&cl->service_cidr, doc_str(d, "serviceCidr"));
}

static struct fault *describe(const struct step_context *c, struct cluster *cl)
{
	_cleanup_doc_ struct doc *request = doc_object(), *answer = NULL;
	uint64_t deadline = MIN(c->deadline_ms, clock_boottime_ms() + DESCRIBE_MS);
	struct fault *f;

	if (!cl->region)
		return fault_new("cluster.incomplete",
				 "cluster %s: endpoint, CA or service CIDR are not configured, and "
				 "no "
				 "region to ask EKS in",
				 cl->name);
	doc_set_string(request, "name", cl->name);
	doc_set_string(request, "region", cl->region);
	f = net_call(NET_EKS_CLUSTER, request, deadline, NULL, &answer);
	if (f)
		return fault_wrap(f, "what configuration does not say of cluster %s", cl->name);
	fill_from(cl, answer);
	return NULL;
}

static struct fault *check(const struct cluster *cl)
{
	const char *missing = !cl->endpoint	  ? "endpoint"
			      : !cl->ca		  ? "certificateAuthority"
			      : !cl->service_cidr ? "serviceCidr"
						  : NULL;

	if (missing)
		return fault_new("cluster.incomplete",
				 "cluster %s: neither configuration nor EKS says its %s", cl->name,
				 missing);
	if (!str_startswith(cl->endpoint, "https://"))
		return fault_new("cluster.incomplete", "cluster %s: endpoint %s is not https://…",
				 cl->name, cl->endpoint);
	return NULL;
}

struct fault *cluster_resolve(const struct step_context *c, struct cluster *ret)
{
	_cleanup_cluster_ struct cluster cl = { 0 };
	const struct config *cf = c->config;

	fill(&cl.name, cf->cluster.name);
	fill(&cl.region, cf->cluster.region);
	fill(&cl.region, c->identity->region);
	fill(&cl.endpoint, cf->cluster.endpoint);
	fill(&cl.ca, cf->cluster.ca);
	fill(&cl.service_cidr, cf->cluster.service_cidr);
	fill_from(&cl, c->results ? doc_at(c->results, "/join/cluster") : NULL);
	if (!cl.service_cidr && cf->join.kubelet_config &&
	    doc_get(cf->join.kubelet_config, "clusterDNS"))
		cl.service_cidr = xstrdup("");
	if (!cl.endpoint || !cl.ca || !cl.service_cidr)
		TRY(describe(c, &cl));
	TRY(check(&cl));
	if (!cl.region)
		cl.region = xstrdup("");
	*ret = cl;
	cl = (struct cluster){ 0 };
	return NULL;
}

static bool is_subdomain(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 253 && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-.") == n &&
	       !strchr("-.", s[0]) && !strchr("-.", s[n - 1]);
}

static char *node_name(const struct config *c, const struct identity *id)
{
	if (c->join.node_name_override && *c->join.node_name_override)
		return xstrdup(c->join.node_name_override);
	if (c->join.node_name == NODE_NAME_PRIVATE_DNS)
		return xstrdup(id->private_dns_name);
	if (!id->instance_id)
		return NULL;
	return xasprintf("%s%s", c->join.node_name == NODE_NAME_HYPERPOD ? "hyperpod-" : "",
			 id->instance_id);
}

struct fault *node_name_of(const struct config *c, const struct identity *id, char **ret)
{
	_cleanup_free_ char *name = node_name(c, id);

	if (!name)
		return fault_new("join.node_name", "the machine has no private DNS name to be "
						   "called by; set join.nodeName");
	if (!is_subdomain(name))
		return fault_new("join.node_name", "\"%s\" cannot be the name of a Node", name);
	*ret = TAKE_PTR(name);
	return NULL;
}

char *provider_id_of(const struct identity *id)
{
	if (!id->availability_zone || !*id->availability_zone)
		return xasprintf("muster:///%s", id->instance_id);
	return xasprintf("aws:///%s/%s", id->availability_zone, id->instance_id);
}
