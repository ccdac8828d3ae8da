/* SPDX-License-Identifier: Apache-2.0 */
/* The files that join writes, against what the EC2 nodeadm writes, and the figures in them. */
#include "tests/unit/join.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/path.h"
#include "lib/base/strv.h"

static struct doc *golden(const char *name)
{
	const char *top = getenv("srcdir");
	_cleanup_free_ char *path = xasprintf("%s/tests/data/nodeadm/%s", top ? top : ".", name);
	struct doc *d = NULL;

	CHECK_OK(doc_read_file(path, 0, &d));
	return d;
}

static void compare(join_maker make, const struct join_plan *p, const char *name)
{
	_cleanup_doc_ struct doc *want = golden(name), *got = NULL;
	_cleanup_buf_ struct buf b = BUF_INIT;

	CHECK_OK(make(p, &b));
	CHECK_OK(doc_parse(name, b.data, b.len, 0, &got));
	CHECK_MSG(doc_equal(got, want), "%s: differs, got %s", name, b.data);
}

TEST(max_pods_come_from_the_table)
{
	static const struct {
		const char *type;
		int64_t pods;
	} rows[] = { { "m4.xlarge", 58 },  { "a1.2xlarge", 58 }, { "c1.medium", 12 },
		     { "z1d.xlarge", 58 }, { "no.such", -1 },	 { "", -1 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_INT(instance_type_max_pods(instance_type_find(rows[i].type)), rows[i].pods);
	CHECK_INT(instance_type_max_pods(instance_type_find(NULL)), -1);
	CHECK_INT(instance_type_find("p5.48xlarge")->nvidia_gpus, 8);
	CHECK_INT(instance_type_find("p5.48xlarge")->efa_devices, 32);
	CHECK_INT(instance_type_find("a1.2xlarge")->nvidia_gpus, -1);
}

TEST(every_type_of_the_table_is_found)
{
	static const char *const names[] = {
#define TYPE(n, enis, ips, gpus, efa) n,
#include "lifecycle/values/instance-types.def"
	};

	CHECK(ARRAY_SIZE(names) == 1384);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CHECK_MSG(instance_type_find(names[i]), "%s is not found", names[i]);
		CHECK(i == 0 || strcmp(names[i - 1], names[i]) < 0);
	}
}

TEST(reserved_resources_follow_the_formulas)
{
	static const unsigned rows[][2] = { { 1, 60 }, { 2, 70 }, { 3, 75 },   { 4, 80 },
					    { 5, 82 }, { 8, 90 }, { 96, 310 }, { 192, 550 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_INT(reserved_millicpus(rows[i][0]), rows[i][1]);
	CHECK_INT(reserved_mebibytes(58), 893);
	CHECK_INT(reserved_mebibytes(44), 739);
}

TEST(dns_is_the_tenth_address)
{
	static const char *const rows[][2] = { { "10.100.0.0/16", "10.100.0.10" },
					       { "172.20.0.0/16", "172.20.0.10" },
					       { "fd30:1c53:5f8a::/108", "fd30:1c53:5f8a::a" },
					       { "nonsense", NULL },
					       { "/16", NULL } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *got = cluster_dns(rows[i][0]);

		CHECK_STR(got, rows[i][1]);
	}
}

TEST(versions_are_read_from_words)
{
	static const struct {
		const char *text;
		unsigned major, minor;
	} rows[] = { { "Kubernetes v1.35.4", 1, 35 },
		     { "1.29.0", 1, 29 },
		     { "containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1", 1,
		       6 },
		     { "containerd github.com/containerd/containerd/v2 2.0.5 fb4c30d", 2, 0 },
		     { "containerd containerd.io 1.7.27 05044ec", 1, 7 } };
	struct version v;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_MSG(version_read(rows[i].text, &v), "%s", rows[i].text);
		CHECK_INT(v.major, rows[i].major);
		CHECK_INT(v.minor, rows[i].minor);
	}
	CHECK(!version_read("kubelet", &v));
	CHECK(!version_read(NULL, &v));
	CHECK(!version_read("99999999999999.1", &v));
}

TEST(kubelet_configuration_is_nodeadms)
{
	struct join_plan p = plan_of(29);

	compare(make_kubelet_config, &p, "kubelet-config-dir/expected-kubelet-config.json");
	p = plan_of(35);
	compare(make_kubelet_config, &p, "mime-userdata-merge/expected-kubelet-config.json");
	p = plan_of(32);
	p.type_max_pods = 44;
	compare(make_kubelet_config, &p, "custom-max-pods-expression/expected-kubelet-config.json");
}

TEST(kubelet_configuration_notices_a_difference)
{
	_cleanup_doc_ struct doc *want = golden("kubelet-config-dir/expected-kubelet-config.json");
	_cleanup_doc_ struct doc *got = NULL;
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct join_plan p = plan_of(29);

	p.cpus = 4;
	CHECK_OK(make_kubelet_config(&p, &b));
	CHECK_OK(json_parse("made", b.data, b.len, 0, &got));
	CHECK(!doc_equal(got, want));
}

TEST(users_part_is_nodeadms)
{
	struct join_plan p = plan_of(29);
	_cleanup_doc_ struct doc *users = parsed("{\"logging\":{\"verbosity\":5},\"clusterDNS\":["
						 "\"0.0.0.0\",\"1.1.1.1\"]}");
	_cleanup_doc_ struct doc *merged = parsed("{\"maxPods\":58,\"clusterDNS\":[\"1.1.1.1\"],"
						  "\"systemReserved\":{\"cpu\":\"150m\"}}");

	config.join.kubelet_config = users;
	compare(make_kubelet_dropin, &p, "kubelet-config-dir/expected-kubelet-config-drop-in.json");
	config.join.kubelet_config = merged;
	compare(make_kubelet_dropin, &p,
		"mime-userdata-merge/expected-kubelet-config-drop-in.json");
}

TEST(image_credential_provider_is_nodeadms)
{
	struct join_plan p = plan_of(31);

	compare(make_provider_config, &p,
		"image-credential-provider/expected-image-credential-provider-config-1.31.json");
	p = plan_of(36);
	compare(make_provider_config, &p,
		"image-credential-provider/expected-image-credential-provider-config.json");
}

/* A TOML text of plain tables as sorted "table key = value" lines: what it says, not how. */
static char **flattened(const char *text)
{
	_cleanup_strv_ char **lines = strv_split(text, "\n");
	const char *table = "";
	char **out = NULL;

	for (char **l = lines; *l; l++) {
		char *s = *l + strspn(*l, " ");

		for (char *c = s; *c; c++)
			*c = *c == '"' ? '\'' : *c;
		if (*s == '[')
			table = s;
		else if (*s)
			strv_addf(&out, "%s %s", table, s);
	}
	strv_sort(out);
	return out;
}

/* The suite's user changes two settings; what is left is nodeadm's own. */
static void compare_containerd(const struct join_plan *p, const char *name)
{
	static const char *const users[][2] = {
		{ "address = '/run/foo/foo.sock'", "address = '/run/containerd/containerd.sock'" },
		{ "sandbox = 'registry.k8s.io/pause:3.10'", "sandbox = "
							    "'localhost/kubernetes/pause'" },
	};
	const char *top = getenv("srcdir");
	_cleanup_free_ char *path = xasprintf("%s/tests/data/nodeadm/%s", top ? top : ".", name);
	_cleanup_buf_ struct buf text = BUF_INIT, want = BUF_INIT, got = BUF_INIT;
	_cleanup_strv_ char **a = NULL, **b = NULL;
	const char *rest;

	CHECK_OK(file_read(path, 65536, &text));
	rest = buf_str(&text);
	for (size_t i = 0; i < 2; i++) {
		const char *at = strstr(rest, users[i][0]);

		CHECK_MSG(at, "%s has no %s", name, users[i][0]);
		buf_add(&want, rest, (size_t)(at - rest));
		buf_adds(&want, users[i][1]);
		rest = at + strlen(users[i][0]);
	}
	buf_adds(&want, rest);
	CHECK_OK(make_containerd(p, &got));
	a = flattened(want.data);
	b = flattened(got.data);
	CHECK_INT(strv_len(b), strv_len(a));
	for (size_t i = 0; a[i]; i++)
		CHECK_STR(b[i], a[i]);
}

TEST(containerd_configuration_is_nodeadms)
{
	struct join_plan p = plan_of(32);

	compare_containerd(&p, "containerdv2-config/expected-containerd-configv3.toml");
	p.nvidia_runtime = true;
	compare_containerd(&p, "containerdv2-runtime-config-nvidia/"
			       "expected-containerd-configv3.toml");
}

TEST(old_containerd_gets_what_it_reads)
{
	struct join_plan p = plan_of(32);
	_cleanup_buf_ struct buf b = BUF_INIT, c = BUF_INIT;

	p.containerd = (struct version){ 1, 6 };
	CHECK_OK(make_containerd(&p, &b));
	CHECK(str_startswith(b.data, "version = 2\n"));
	CHECK(strstr(b.data, "SystemdCgroup = true"));
	CHECK(!strstr(b.data, "enable_cdi"));
	p.containerd = (struct version){ 1, 7 };
	CHECK_OK(make_containerd(&p, &c));
	CHECK(strstr(c.data, "enable_cdi = true"));
}

TEST(runtime_spec_limits_files_and_capabilities)
{
	struct join_plan p = plan_of(35);
	_cleanup_doc_ struct doc *d = NULL;
	_cleanup_buf_ struct buf b = BUF_INIT;

	CHECK_OK(make_runtime_spec(&p, &b));
	CHECK_OK(json_parse("spec", b.data, b.len, 0, &d));
	CHECK_INT(doc_integer(doc_at(d, "/process/rlimits/0"), "soft", 0), 65536);
	CHECK_INT(doc_integer(doc_at(d, "/process/rlimits/0"), "hard", 0), 1048576);
	CHECK_INT(doc_at(d, "/process/capabilities/bounding")->n_items, 14);
	CHECK_INT(doc_at(d, "/mounts")->n_items, 5);
	CHECK_INT(doc_at(d, "/linux/maskedPaths")->n_items, 10);
	CHECK(!doc_boolean(doc_at(d, "/linux/resources/devices/0"), "allow", true));
}

static void check_mode(const char *root, const char *path, mode_t mode)
{
	_cleanup_free_ char *at = path_rooted(root, path);
	struct stat st;

	CHECK_MSG(stat(at, &st) == 0, "%s is not there", path);
	CHECK_INT(st.st_mode & 07777, mode);
}

TEST(same_plan_same_bytes)
{
	_cleanup_free_ char *root = path_join(test_dir(), "same");
	_cleanup_doc_ struct doc *first = NULL, *second = NULL, *third = NULL;
	struct join_plan p = plan_of(35);

	CHECK_OK(files_write(&p, root, &first));
	CHECK_INT(first->n_items, 7);
	CHECK_OK(files_write(&p, root, &second));
	CHECK_INT(second->n_items, 0);
	check_mode(root, "/var/lib/kubelet/kubeconfig", 0600);
	check_mode(root, "/etc/kubernetes/kubelet/config.json", 0644);
	p.cpus = 8;
	CHECK_OK(files_write(&p, root, &third));
	CHECK_INT(third->n_items, 1);
	CHECK_STR(third->items[0]->string, "/etc/kubernetes/kubelet/config.json");
}

TEST(users_part_comes_and_goes)
{
	_cleanup_free_ char *root = path_join(test_dir(), "goes"),
			    *at = path_rooted(root, PATH_KUBELET_DROPIN);
	_cleanup_doc_ struct doc *a = NULL, *b = NULL, *users = parsed("{\"maxPods\":7}");
	struct join_plan p = plan_of(35);

	config.join.kubelet_config = users;
	CHECK_OK(files_write(&p, root, &a));
	CHECK(access(at, F_OK) == 0);
	config.join.kubelet_config = NULL;
	CHECK_OK(files_write(&p, root, &b));
	CHECK(access(at, F_OK) < 0);
	CHECK_INT(b->n_items, 2); /* the part itself and the flag that names it */
}

TEST(a_refused_value_writes_nothing)
{
	_cleanup_free_ char *root = path_join(test_dir(), "refused"),
			    *ca = path_rooted(root, PATH_CA);
	struct join_plan p = plan_of(35);
	struct doc *changed = NULL;

	cluster.ca = (char *)"not base64!";
	CHECK_FAULT(files_write(&p, root, &changed), "cluster.incomplete");
	cluster.ca = (char *)"Y2VydGlmaWNhdGVBdXRob3JpdHk=";
	config.report.label_prefix = (char *)"x.k8s.io";
	CHECK_FAULT(files_write(&p, root, &changed), "join.label");
	CHECK(access(ca, F_OK) < 0);
}

TEST(ca_is_what_was_encoded)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct join_plan p = plan_of(35);

	CHECK_OK(make_ca(&p, &b));
	CHECK_STR(buf_str(&b), "certificateAuthority");
}

TEST_MAIN
