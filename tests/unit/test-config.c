/* SPDX-License-Identifier: Apache-2.0 */
/* Layers of configuration: which one counts, and where each setting is said to come from. */
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/path.h"
#include "lifecycle/config/config.h"
#include "tests/unit/test.h"

#define MAIN "/etc/muster/muster.yaml"
#define CLUSTER "/etc/muster/cluster-config.json"
#define RESOURCE "/opt/ml/config/resource_config.json"

static unsigned roots;

/* A root of its own for each test; borrowed until the next. */
static const char *new_root(void)
{
	static char root[128];

	(void)snprintf(root, sizeof(root), "%s/root-%u", test_dir(), ++roots);
	return root;
}

static void put(const char *root, const char *path, const char *text)
{
	_cleanup_free_ char *rooted = path_rooted(root, path);

	CHECK_OK(file_write_volatile(rooted, text, strlen(text), 0644));
}

static struct loaded_config load(const struct config_sources *s)
{
	struct loaded_config l = { .doc = NULL };

	CHECK_OK(config_load(s, &l));
	return l;
}

static const char *origin(const struct loaded_config *l, const char *pointer)
{
	return doc_str(l->origins, pointer);
}

/* The text at a pointer of what `config dump` shows. */
static const char *shown(const struct loaded_config *l, const char *pointer)
{
	const struct doc *d = doc_at(l->doc, pointer);

	CHECK_MSG(d, "there is no %s", pointer);
	return d->type == DOC_STRING ? d->string : NULL;
}

TEST(without_documents_defaults_hold)
{
	struct config_sources s = { .root = new_root() };
	_cleanup_loaded_config_ struct loaded_config l = load(&s);

	CHECK_STR(l.config.lifecycle.on_create, "on_create.sh");
	CHECK_INT(l.config.budget.total_ms, 2 * 3600 * 1000);
	CHECK(!l.config.cluster.name && !l.config.lifecycle.source);
	CHECK_STR(shown(&l, "/budget/total"), "2h");
	CHECK_INT(l.origins->n_items, 0);
}

/* From the lowest up: each says the same key, and its own counts from then on. */
TEST(the_later_layer_counts)
{
	static const struct {
		const char *path, *text;
		int64_t threads;
		const char *origin;
	} layers[] = {
		{ CLUSTER,
		  "{\"InstanceGroups\":[{\"InstanceGroupName\":\"w\",\"ThreadsPerCore\":1}]}", 1,
		  CLUSTER },
		{ MAIN, "group: {threadsPerCore: 2}\n", 2, MAIN ":1" },
		{ "/etc/muster/muster.d/10-a.yaml", "group:\n  threadsPerCore: 0\n", 0,
		  "/etc/muster/muster.d/10-a.yaml:2" },
		{ "/etc/muster/muster.d/20-b.json", "{\n\"group\":{\n\"threadsPerCore\":1}}", 1,
		  "/etc/muster/muster.d/20-b.json:3" },
		{ NULL, "apiVersion: muster/v1\ngroup: {threadsPerCore: 2}\n", 2, "user data:2" },
	};
	struct config_sources s = { .root = new_root() };

	for (size_t i = 0; i < ARRAY_SIZE(layers); i++) {
		_cleanup_loaded_config_ struct loaded_config l = { .doc = NULL };

		if (layers[i].path)
			put(s.root, layers[i].path, layers[i].text);
		else
			s.user_data = layers[i].text;
		l = load(&s);
		CHECK_INT(l.config.group.threads_per_core, layers[i].threads);
		CHECK_STR(origin(&l, "/group/threadsPerCore"), layers[i].origin);
		CHECK_STR(l.config.group.name, "w");
	}
}

TEST(layers_are_merged_key_by_key)
{
	const char *root = new_root();
	struct config_sources s = { .root = root, .identity_file = "/id.json" };
	_cleanup_loaded_config_ struct loaded_config l = { .doc = NULL };

	put(root, MAIN, "join:\n  labels: {a: '1', b: '2'}\n  taints: [x=y:NoSchedule]\n");
	put(root, "/etc/muster/muster.d/a.yaml", "join:\n  labels: {b: '3'}\n  taints: []\n"
						 "report: {gate: label}\n");
	put(root, "/etc/muster/muster.d/.hidden.yaml", "report: {gate: taint}\n");
	put(root, "/etc/muster/muster.d/z.yaml~", "report: {gate: taint}\n");
	l = load(&s);
	CHECK_STR(shown(&l, "/join/labels/a"), "1");
	CHECK_STR(shown(&l, "/join/labels/b"), "3");
	CHECK(!l.config.join.taints); /* an array replaces */
	CHECK_INT(l.config.report.gate, GATE_LABEL);
	CHECK_STR(l.config.identity.file, "/id.json");
	CHECK_STR(origin(&l, "/join/labels/a"), MAIN ":2");
	CHECK_STR(origin(&l, "/join/labels/b"), "/etc/muster/muster.d/a.yaml:2");
	CHECK_STR(origin(&l, "/join/taints"), "/etc/muster/muster.d/a.yaml:3");
	CHECK_STR(origin(&l, "/identity/file"), "--identity");
	CHECK(!origin(&l, "/join/timeout"));
}

TEST(null_takes_away)
{
	const char *root = new_root();
	struct config_sources s = { .root = root };
	_cleanup_loaded_config_ struct loaded_config l = { .doc = NULL };

	put(root, RESOURCE, "{\"KubernetesConfig\":{\"EksClusterName\":\"c\"}}");
	put(root, MAIN, "lifecycle: {source: 's3://b/x/', onCreate: x.sh}\nbudget: {reboots: 7}\n");
	put(root, "/etc/muster/muster.d/a.yaml", "lifecycle:\ncluster: ~\nbudget: {reboots: ~}\n");
	l = load(&s);
	CHECK(!l.config.lifecycle.source && !l.config.cluster.name);
	CHECK_STR(l.config.lifecycle.on_create, "on_create.sh");
	CHECK_INT(l.config.budget.reboots, 3);
	CHECK_MSG(l.origins->n_items == 0, "%s", l.origins->items[0]->key);
}

TEST(another_main_file)
{
	const char *root = new_root();
	struct config_sources s = { .root = root, .file = "/other.json" };
	_cleanup_loaded_config_ struct loaded_config l = { .doc = NULL };

	put(root, MAIN, "group: {name: main}\n");
	put(root, "/etc/muster/muster.d/a.yaml", "budget: {reboots: 1}\n");
	CHECK_FAULT(config_load(&s, &l), "file.unreadable"); /* who names it wants it */
	put(root, "/other.json", "{\"group\":{\"name\":\"other\"}}");
	l = load(&s);
	CHECK_STR(l.config.group.name, "other");
	CHECK_INT(l.config.budget.reboots, 1);
	CHECK_STR(origin(&l, "/group/name"), "/other.json:1");
}

static const char cluster_text[] =
	"{\"ClusterName\":\"hp\",\"Orchestrator\":{\"Eks\":{\"ClusterArn\":"
	"\"arn:aws-us-gov:eks:us-gov-west-1:123456789012:cluster/Blue_1\"}},\n"
	"\"InstanceGroups\":[{\"InstanceGroupName\":\"workers\",\"InstanceType\":\"ml.p5.4xl\","
	"\"InstanceCount\":4,\"LifeCycleConfig\":{\"SourceS3Uri\":\"s3://b/lc/\",\"OnCreate\":"
	"\"go.sh\",\"OnInitComplete\":\"later.sh\"},\"ExecutionRole\":\"arn:aws:iam::1:role/r\","
	"\"ThreadsPerCore\":1,\"OnStartDeepHealthChecks\":[\"InstanceStress\","
	"\"InstanceConnectivity\"],\"InstanceStorageConfigs\":[]},"
	"{\"InstanceGroupName\":\"login\"}],\"VpcConfig\":{\"Subnets\":[\"s\"]},"
	"\"NodeRecovery\":\"None\",\"Tags\":[]}";

TEST(cluster_configuration_is_read_as_it_is)
{
	const char *root = new_root();
	struct config_sources s = { .root = root };
	_cleanup_loaded_config_ struct loaded_config l = { .doc = NULL };

	put(root, CLUSTER, cluster_text);
	put(root, MAIN, "group: {name: workers}\nlifecycle: {onCreate: ours.sh}\n");
	l = load(&s);
	CHECK_STR(l.config.cluster.name, "Blue_1");
	CHECK_STR(l.config.cluster.region, "us-gov-west-1");
	CHECK_STR(l.config.lifecycle.source, "s3://b/lc/");
	CHECK_STR(l.config.lifecycle.on_create, "ours.sh");
	CHECK_STR(l.config.lifecycle.on_init_complete, "later.sh");
	CHECK_INT(l.config.group.threads_per_core, 1);
	CHECK_STR(l.config.check.levels[0], "InstanceStress");
	CHECK_STR(l.config.check.levels[1], "InstanceConnectivity");
	CHECK_INT(l.config.recovery, RECOVERY_NONE);
	CHECK_STR(origin(&l, "/recovery"), CLUSTER);
	CHECK_STR(origin(&l, "/check/levels"), CLUSTER);
	CHECK_STR(origin(&l, "/lifecycle/onCreate"), MAIN ":2");
	CHECK_STR(origin(&l, "/cluster/name"), "/cluster/arn");
	CHECK_STR(origin(&l, "/cluster/region"), "/cluster/arn");
	CHECK_STR(origin(&l, "/cluster/arn"), CLUSTER);
}

TEST(a_group_must_be_named_where_there_are_several)
{
	const char *root = new_root();
	struct config_sources s = { .root = root };
	_cleanup_loaded_config_ struct loaded_config l = { .doc = NULL };

	put(root, CLUSTER, "{\"InstanceGroups\":[{\"InstanceGroupName\":\"only\"}]}");
	l = load(&s);
	CHECK_STR(l.config.group.name, "only");
	CHECK_INT(l.config.recovery, RECOVERY_AUTOMATIC);
	CHECK(!origin(&l, "/recovery")); /* the document does not say it */
	loaded_config_done(&l);
	put(root, CLUSTER, cluster_text);
	CHECK_FAULT(config_load(&s, &l), "config.group");
	put(root, MAIN, "group: {name: absent}\n");
	CHECK_FAULT(config_load(&s, &l), "config.group");
	put(root, CLUSTER, "{\"ClusterName\":\"hp\"}"); /* no groups: nothing to choose from */
	CHECK_FAULT(config_load(&s, &l), "config.group");
}

TEST(resource_configuration_gives_the_cluster)
{
	const char *root = new_root();
	struct config_sources s = { .root = root };
	_cleanup_loaded_config_ struct loaded_config l = { .doc = NULL };

	put(root, RESOURCE,
	    "{\"ClusterType\":\"Kubernetes\",\"KubernetesConfig\":{\"EksClusterName\":\"c\","
	    "\"EksClusterEndpoint\":\"https://e\",\"EksClusterCertificateAuthority\":\"Q0E=\","
	    "\"EksServiceIpv4Cidr\":\"10.100.0.0/16\"},\"InstanceGroups\":[{\"Name\":\"w\","
	    "\"Instances\":[{\"InstanceName\":\"w-1\",\"CustomerIpAddress\":\"10.0.0.1\"}]}]}");
	put(root, MAIN, "cluster: {endpoint: 'https://mine', region: r-1}\n");
	l = load(&s);
	CHECK_STR(l.config.cluster.name, "c");
	CHECK_STR(l.config.cluster.endpoint, "https://mine");
	CHECK_STR(l.config.cluster.ca, "Q0E=");
	CHECK_STR(l.config.cluster.service_cidr, "10.100.0.0/16");
	CHECK_STR(origin(&l, "/cluster/name"), RESOURCE);
	CHECK_STR(origin(&l, "/cluster/endpoint"), MAIN ":1");
	loaded_config_done(&l);
	put(root, RESOURCE, "{\"ClusterType\":\"Slurm\"}");
	l = load(&s);
	CHECK(!l.config.cluster.name);
}

/* What silently would not hold is refused. */
TEST(a_drop_in_that_cannot_be_read_is_refused)
{
	const char *root = new_root();
	struct config_sources s = { .root = root };
	_cleanup_free_ char *link = xasprintf("%s/etc/muster/muster.d/a.yaml", root);
	_cleanup_loaded_config_ struct loaded_config l = { .doc = NULL };

	put(root, "/etc/muster/muster.d", "a file, not a folder");
	CHECK_FAULT(config_load(&s, &l), "file.unreadable");
	root = s.root = new_root();
	free(link);
	link = xasprintf("%s/etc/muster/muster.d/a.yaml", root);
	put(root, "/etc/muster/muster.d/b.yaml", "group: {name: b}\n");
	CHECK_INT(symlink("nowhere", link), 0);
	CHECK_FAULT(config_load(&s, &l), "file.unreadable");
}

TEST(what_others_can_write_is_not_obeyed)
{
	_cleanup_free_ char *path = xasprintf("%s/own/muster.yaml", test_dir());
	struct config_sources s = { .file = path };
	_cleanup_loaded_config_ struct loaded_config l = { .doc = NULL };

	CHECK_OK(file_write_volatile(path, "", 0, 0644));
	CHECK_INT(chmod(path, 0666), 0);
	CHECK_FAULT(config_load(&s, &l), "path.untrusted");
}

/* Every default is text that its own row takes, and what is shown is accepted as a document. */
TEST(what_is_shown_is_accepted)
{
	const char *root = new_root();
	struct config_sources s = { .root = root };
	_cleanup_loaded_config_ struct loaded_config l = load(&s), again = { .doc = NULL };
	_cleanup_buf_ struct buf yaml = BUF_INIT;

	doc_write_yaml(l.doc, &yaml);
	put(root, MAIN, buf_str(&yaml));
	again = load(&s);
	CHECK(doc_equal(l.doc, again.doc));
}

/* Each layer may be larger than what fits into the result of a step. */
TEST(all_of_it_has_a_bound)
{
	const char *root = new_root();
	struct config_sources s = { .root = root };
	_cleanup_loaded_config_ struct loaded_config l = { .doc = NULL };
	_cleanup_buf_ struct buf text = BUF_INIT;

	buf_adds(&text, "lifecycle:\n  env:\n");
	for (unsigned i = 0; i < 600; i++)
		buf_addf(&text, "    V%u: \"%0100u\"\n", i, i);
	put(root, MAIN, buf_str(&text));
	CHECK_FAULT(config_load(&s, &l), "doc.too_large");
	put(root, MAIN, "");
	l = load(&s);
}

TEST_MAIN
