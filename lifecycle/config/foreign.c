/* SPDX-License-Identifier: Apache-2.0 */
/* The documents that HyperPod users have: the one given to create-cluster, and the one that lies on
 * each of its nodes. Shapes: contracts.md; the SageMaker API reference, CreateCluster. */
#include "lifecycle/config/config.h"

struct lifecycle_source {
	char *uri, *on_create, *on_init_complete;
};

struct instance_group {
	char *name, *type;
	int64_t count, threads_per_core;
	struct lifecycle_source lifecycle;
	char *execution_role;
	char **checks;
};

struct cluster_document {
	char *name, *arn;
	struct objects groups;
	struct doc *vpc;
	int recovery;
};

static const char *const recovery_names[] = { "Automatic", "None", NULL };

static const struct field source_fields[] = {
	F_STRING("SourceS3Uri", struct lifecycle_source, uri, "Bundle.", .max = 1024,
		 .pattern = "^(https|s3)://"),
	F_STRING("OnCreate", struct lifecycle_source, on_create, "Script.", .max = 128),
	F_STRING("OnInitComplete", struct lifecycle_source, on_init_complete, "Script.",
		 .max = 128),
	F_END,
};

static const struct field group_fields[] = {
	F_STRING("InstanceGroupName", struct instance_group, name, "Name.", .required = true,
		 .max = 63),
	F_STRING("InstanceType", struct instance_group, type, "Type.", .max = 64),
	F_INT("InstanceCount", struct instance_group, count, "Count.", .max = 100000),
	F_INT("ThreadsPerCore", struct instance_group, threads_per_core, "1 or 2.", .min = 1,
	      .max = 2),
	F_OBJECT("LifeCycleConfig", struct instance_group, lifecycle, "Scripts.", source_fields),
	F_STRING("ExecutionRole", struct instance_group, execution_role, "Role.", .max = 2048),
	F_STRINGS("OnStartDeepHealthChecks", struct instance_group, checks,
		  "InstanceStress, InstanceConnectivity.",
		  .pattern = "^(InstanceStress|InstanceConnectivity)$"),
	F_END,
};

static const struct field eks_fields[] = {
	F_STRING("ClusterArn", struct cluster_document, arn, "EKS cluster.", .max = 2048,
		 .pattern = CLUSTER_ARN_PATTERN),
	F_END,
};

static const struct field orchestrator_fields[] = {
	{ .name = "Eks", .kind = FIELD_OBJECT, .help = "EKS.", .fields = eks_fields },
	F_END,
};

static const struct field document_fields[] = {
	F_STRING("ClusterName", struct cluster_document, name, "Name.", .max = 63),
	{ .name = "Orchestrator", .kind = FIELD_OBJECT, .help = "Orchestrator.",
	  .fields = orchestrator_fields },
	F_OBJECTS("InstanceGroups", struct cluster_document, groups, "Groups.", group_fields,
		  struct instance_group),
	F_ANY("VpcConfig", struct cluster_document, vpc, "Network."),
	F_ENUM("NodeRecovery", struct cluster_document, recovery, "Recovery.",
	       .names = recovery_names),
	F_END,
};

static const struct instance_group *find_group(const struct objects *groups, const char *name)
{
	const struct instance_group *all = groups->items;

	if (!name && groups->n == 1)
		return all;
	for (size_t i = 0; name && i < groups->n; i++)
		if (streq(all[i].name, name))
			return &all[i];
	return NULL;
}

#define NAMES_SHOWN 20

static struct fault *no_group(const char *source, const struct doc *d,
			      const struct objects *groups, const char *name)
{
	const struct instance_group *all = groups->items;
	const struct doc *list = doc_get(d, "InstanceGroups");
	_cleanup_buf_ struct buf names = BUF_INIT;

	for (size_t i = 0; i < groups->n && i < NAMES_SHOWN; i++)
		buf_addf(&names, "%s\"%s\"", i ? ", " : "", all[i].name);
	return fault_new("config.group",
			 "%s:%u: /InstanceGroups: expected group.name to be one of %s%s, found "
			 "%s%s%s", source, list ? list->line : 1,
			 groups->n ? buf_str(&names) : "(there are none)",
			 groups->n > NAMES_SHOWN ? ", …" : "", name ? "\"" : "",
			 name ? name : "nothing", name ? "\"" : "");
}

static void map_group(struct doc *d, const struct instance_group *g)
{
	struct doc *group = doc_set(d, "group", doc_object());
	struct doc *lifecycle = doc_set(d, "lifecycle", doc_object());

	doc_set_string(group, "name", g->name);
	if (g->threads_per_core)
		doc_set_int(group, "threadsPerCore", g->threads_per_core);
	doc_set_string(lifecycle, "source", g->lifecycle.uri);
	doc_set_string(lifecycle, "onCreate", g->lifecycle.on_create);
	doc_set_string(lifecycle, "onInitComplete", g->lifecycle.on_init_complete);
	if (g->checks && g->checks[0]) {
		struct doc *levels = doc_set(doc_set(d, "check", doc_object()), "levels",
					     doc_array());

		for (size_t i = 0; g->checks[i]; i++)
			doc_push(levels, doc_string(g->checks[i]));
	}
}

static void cluster_document_done(struct cluster_document *c)
{
	schema_free(document_fields, c);
}

struct fault *cluster_config_map(const char *source, const struct doc *d, const char *group,
				 bool strict, struct doc **ret)
{
	_cleanup_(cluster_document_done) struct cluster_document c = { .name = NULL };
	const struct instance_group *g;
	struct doc *mapped;

	TRY(schema_decode(document_fields, source, d, strict ? SCHEMA_STRICT : 0, &c));
	g = find_group(&c.groups, group);
	if (!g && (group || c.groups.n))
		return no_group(source, d, &c.groups, group);
	mapped = doc_object();
	if (c.arn)
		doc_set_string(doc_set(mapped, "cluster", doc_object()), "arn", c.arn);
	if (g)
		map_group(mapped, g);
	doc_set_string(mapped, "recovery", doc_str(d, "NodeRecovery"));
	*ret = mapped;
	return NULL;
}

/* What a node of HyperPod finds in resource_config.json, as far as it is read here. */
struct resource_document {
	char *name, *endpoint, *ca, *cidr;
};

static const struct field kubernetes_fields[] = {
	F_STRING("EksClusterName", struct resource_document, name, "Name.",
		 .max = CLUSTER_NAME_MAX, .pattern = CLUSTER_NAME_PATTERN),
	F_STRING("EksClusterEndpoint", struct resource_document, endpoint, "API server.",
		 .max = 2048, .pattern = CLUSTER_ENDPOINT_PATTERN),
	F_STRING("EksClusterCertificateAuthority", struct resource_document, ca, "CA.",
		 .max = CLUSTER_CA_MAX),
	F_STRING("EksServiceIpv4Cidr", struct resource_document, cidr, "Service network.",
		 .max = 64),
	F_END,
};

static const struct field resource_fields[] = {
	{ .name = "KubernetesConfig", .kind = FIELD_OBJECT, .help = "The cluster.",
	  .fields = kubernetes_fields },
	F_END,
};

static void resource_document_done(struct resource_document *r)
{
	schema_free(resource_fields, r);
}

struct fault *resource_config_map(const char *source, const struct doc *d, struct doc **ret)
{
	_cleanup_(resource_document_done) struct resource_document r = { .name = NULL };
	struct doc *cluster;

	TRY(schema_decode(resource_fields, source, d, 0, &r));
	*ret = doc_object();
	cluster = doc_set(*ret, "cluster", doc_object());
	doc_set_string(cluster, "name", r.name);
	doc_set_string(cluster, "endpoint", r.endpoint);
	doc_set_string(cluster, "certificateAuthority", r.ca);
	doc_set_string(cluster, "serviceCidr", r.cidr);
	return NULL;
}
