/* SPDX-License-Identifier: Apache-2.0 */
/* Every way to write a configuration wrong, in every place where one is written: refused, with the
 * words of tests/data/config/refused (one line a case: PLACE/CASE, fault, message). Lines in the
 * part of a multi-part count from the part's own first one. */
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/path.h"
#include "lib/base/strv.h"
#include "lifecycle/config/config.h"
#include "tests/unit/test.h"

enum place { MAIN, DROP_IN, CLUSTER, RESOURCE, DATA, PART, N_PLACES };

static const struct {
	const char *name, *path;
} places[] = {
	[MAIN] = { "main", "/etc/muster/muster.yaml" },
	[DROP_IN] = { "drop-in", "/etc/muster/muster.d/10-x.yaml" },
	[CLUSTER] = { "cluster", "/etc/muster/cluster-config.json" },
	[RESOURCE] = { "resource", "/opt/ml/config/resource_config.json" },
	[DATA] = { "data", NULL },
	[PART] = { "part", NULL },
};

#define MEGABYTE (1024 * 1024)
#define MULTI "Content-Type: multipart/mixed; boundary=B\n\n--B\n"
#define OURS "Content-Type: application/vnd.muster.node\n\n"

struct text {
	const char *name, *text;
	size_t len; /* 0: up to the NUL */
};
#define BYTES(s) (s), sizeof(s) - 1

/* Wrong before anybody asks what the document is about. */
static const struct text anywhere[] = {
	{ "yaml", "group:\n  name: [a\n", 0 },
	{ "tab", "group:\n\tname: a\n", 0 },
	{ "json", "{\"group\":\n{\"name\":}}", 0 },
	{ "json-end", "{\"group\":{}}\n}", 0 },
	{ "alias", "group:\n  name: *x\n", 0 },
	{ "anchor", "group:\n  name: &x a\n", 0 },
	{ "tag", "group:\n  name: !!str a\n", 0 },
	{ "duplicate", "group:\n  name: a\n  name: b\n", 0 },
	{ "json-duplicate", "{\"group\":{\"name\":\"a\",\n\"name\":\"a\"}}", 0 },
	{ "nul", BYTES("group:\n  name: a\0b\n") },
	{ "escaped-nul", "group:\n  name: \"a\\0b\"\n", 0 },
	{ "json-nul", "{\"group\":\n{\"na/me\":\"\\u0000\"}}", 0 },
	{ "latin-1", BYTES("group:\n  name: M\xfcller\n") },
	{ "utf-16", BYTES("\xff\xfeg\0") },
	{ "documents", "group: {}\n---\ngroup: {}\n", 0 },
	{ "key", "group:\n  [a]: b\n", 0 },
	{ "scalar", "just words\n", 0 },
	{ "array", "[1, 2]\n", 0 },
};

/* Wrong in a document of muster's own. */
static const struct text own[] = {
	{ "string", "group:\n  name: [a]\n", 0 },
	{ "json-string", "{\"group\":{\n\"name\":5}}", 0 },
	{ "boolean", "report:\n  aliases: 'yes'\n", 0 },
	{ "integer", "budget:\n  reboots: 1.5\n", 0 },
	{ "range", "budget:\n  reboots: 101\n", 0 },
	{ "duration", "join:\n  timeout: soon\n", 0 },
	{ "size", "lifecycle:\n  maxBytes: 4 bananas\n", 0 },
	{ "percent", "hostcheck:\n  memoryShare: 5\n", 0 },
	{ "enum", "report:\n  gate: cordom\n", 0 },
	{ "enum-type", "report:\n  gate: [cordon]\n", 0 },
	{ "recovery", "recovery: automatic\n", 0 },
	{ "version", "apiVersion: muster/v2\n", 0 },
	{ "kind", "kind: NodeConfig\n", 0 },
	{ "pattern", "cluster:\n  endpoint: http://api\n", 0 },
	{ "arn", "cluster:\n  arn: arn:aws:sagemaker:r:1:cluster/x\n", 0 },
	{ "digest", "lifecycle:\n  digest: sha256-abc\n", 0 },
	{ "strings", "join:\n  units:\n  - a.service\n  - {b: c}\n", 0 },
	{ "level", "check:\n  levels: [quick, InstanceStres]\n", 0 },
	{ "taint", "join:\n  taints: [no-effect]\n", 0 },
	{ "map", "join:\n  labels: [a]\n", 0 },
	{ "map-value", "join:\n  labels:\n    a/b: [1]\n", 0 },
	{ "json-map-value", "{\"join\":{\"labels\":{\n\"a/b\":1}}}", 0 },
	{ "count", "plugins:\n  expect:\n    nvidia.com/gpu: many\n", 0 },
	{ "counts", "plugins:\n  expect: 8\n", 0 },
	{ "tree", "join:\n  kubeletConfig: /etc/kubelet.json\n", 0 },
	{ "object", "join: true\n", 0 },
	{ "unknown", "budget:\n  rebots: 1\n", 0 },
	{ "unknown-top", "zebra: 1\n", 0 },
};

#define GROUP(more) "{\"InstanceGroups\":[{\"InstanceGroupName\":\"w\",\n" more "}]}"
#define TWO_GROUPS \
	"{\"InstanceGroups\":[{\"InstanceGroupName\":\"a\"},{\"InstanceGroupName\":\"b\"}]}"

static const struct text cluster[] = {
	{ "missing", "{\"InstanceGroups\":[\n{\"InstanceCount\":1}]}", 0 },
	{ "groups", "{\"InstanceGroups\":{}}", 0 },
	{ "group", "{\"InstanceGroups\":[null]}", 0 },
	{ "count", GROUP("\"InstanceCount\":\"4\""), 0 },
	{ "threads", GROUP("\"ThreadsPerCore\":3"), 0 },
	{ "level", GROUP("\"OnStartDeepHealthChecks\":[\"InstanceStress\",\"All\"]"), 0 },
	{ "source", GROUP("\"LifeCycleConfig\":{\"SourceS3Uri\":\"file:///x\"}"), 0 },
	{ "script", GROUP("\"LifeCycleConfig\":{\"OnCreate\":[\"a.sh\"]}"), 0 },
	{ "arn", "{\"Orchestrator\":{\"Eks\":\n{\"ClusterArn\":\"my-cluster\"}}}", 0 },
	{ "recovery", "{\"NodeRecovery\":\"none\"}", 0 },
	{ "which", TWO_GROUPS, 0 },
};

static const struct text resource[] = {
	{ "kubernetes", "{\"KubernetesConfig\":[]}", 0 },
	{ "name", "{\"KubernetesConfig\":{\n\"EksClusterName\":7}}", 0 },
	{ "endpoint", "{\"KubernetesConfig\":{\"EksClusterEndpoint\":\"http://api\"}}", 0 },
	{ "authority", "{\"KubernetesConfig\":{\"EksClusterCertificateAuthority\":{}}}", 0 },
	{ "cidr", "{\"KubernetesConfig\":{\"EksServiceIpv4Cidr\":\n[\"10.0.0.0/8\"]}}", 0 },
};

static char **goldens;
static size_t checked, wrong;

/* Holds what was said against the line of the goldens that begins with this case. */
static void hold(const char *place, const char *name, const struct fault *f)
{
	_cleanup_free_ char *prefix = xasprintf("%s/%s\t", place, name);
	_cleanup_free_ char *got = xasprintf("%s%s\t%s", prefix, f ? f->id : "accepted",
					     f ? f->message : "");
	const char *want = "";

	for (char **g = goldens; *g; g++)
		if (str_startswith(*g, prefix))
			want = *g;
	checked++;
	if (streq(got, want))
		return;
	wrong++;
	printf("# got: %s\n# want: %s\n", got, want);
}

static void load_goldens(void)
{
	const char *srcdir = getenv("srcdir");
	_cleanup_free_ char *path = xasprintf("%s/tests/data/config/refused",
					     srcdir ? srcdir : ".");
	_cleanup_buf_ struct buf text = BUF_INIT;

	CHECK_OK(file_read(path, 1 << 20, &text));
	strv_free(goldens);
	goldens = strv_split(buf_str(&text), "\n");
	checked = wrong = 0;
}

/* The document in its place, below a root of its own. */
static struct fault *load(enum place place, const char *text, size_t len, bool strict)
{
	_cleanup_free_ char *root = xasprintf("%s/root", test_dir()), *encoded = NULL;
	_cleanup_free_ char *path = path_rooted(root, places[place].path ? places[place].path : "");
	_cleanup_loaded_config_ struct loaded_config l = { .doc = NULL };
	_cleanup_buf_ struct buf data = BUF_INIT;
	struct config_sources s = { .root = root, .strict = strict };
	struct fault *f;

	if (places[place].path) {
		CHECK_OK(file_write_volatile(path, text, len, 0644));
	} else {
		buf_adds(&data, place == PART ? MULTI OURS : "# muster/v1\n");
		buf_add(&data, text, len);
		encoded = base64_encode(data.data, data.len);
		s.user_data_base64 = encoded;
	}
	f = config_load(&s, &l);
	if (places[place].path)
		CHECK_INT(unlink(path), 0);
	return f;
}

static void try(enum place place, const struct text *t)
{
	_cleanup_fault_ struct fault *f =
		load(place, t->text, t->len ? t->len : strlen(t->text), false);

	hold(places[place].name, t->name, f);
}

/* User data that is one document is told by "muster/v1" in it, which stands in a comment here: so
 * it is YAML. JSON is tried in a part. */
static bool fits(enum place place, const char *text)
{
	return place != DATA || !strchr("{[", text[0]);
}

static void try_all(enum place place, const struct text *texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fits(place, texts[i].text))
			try(place, &texts[i]);
}
#define TRY_ALL(place, texts) try_all(place, texts, ARRAY_SIZE(texts))

TEST(what_is_no_document_is_refused_everywhere)
{
	load_goldens();
	for (size_t p = 0; p < N_PLACES; p++)
		TRY_ALL((enum place)p, anywhere);
	CHECK(checked > (N_PLACES - 1) * ARRAY_SIZE(anywhere));
	CHECK_INT(wrong, 0);
}

TEST(what_the_rows_do_not_take_is_refused)
{
	load_goldens();
	TRY_ALL(MAIN, own);
	TRY_ALL(CLUSTER, cluster);
	TRY_ALL(RESOURCE, resource);
	CHECK_INT(wrong, 0);
}

/* The other places of muster's own documents: another name, else the same words. */
TEST(muster_s_own_places_say_the_same)
{
	static const enum place others[] = { DROP_IN, DATA, PART };

	for (size_t p = 0; p < ARRAY_SIZE(others); p++) {
		for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
			size_t len = strlen(own[i].text);
			_cleanup_fault_ struct fault *a = load(MAIN, own[i].text, len, false);
			_cleanup_fault_ struct fault *b = load(others[p], own[i].text, len, false);

			if (!fits(others[p], own[i].text))
				continue;
			CHECK_MSG(a && b, "%s: accepted", own[i].name);
			CHECK_STR(b->id, a->id);
			CHECK_STR(strstr(b->message, ": "), strstr(a->message, ": "));
		}
	}
}

static char *repeat(const char *s, size_t n)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	for (size_t i = 0; i < n; i++)
		buf_adds(&b, s);
	return buf_take(&b);
}

TEST(a_thousand_levels_are_refused)
{
	_cleanup_free_ char *json = repeat("{\"a\":[1,\n", 500), *yaml = repeat("- ", 1000);
	const struct text texts[] = { { "deep-json", json, 0 }, { "deep-yaml", yaml, 0 } };

	load_goldens();
	for (size_t p = 0; p < N_PLACES; p++)
		TRY_ALL((enum place)p, texts);
	CHECK_INT(wrong, 0);
}

TEST(ten_megabytes_are_refused)
{
	_cleanup_free_ char *text = repeat("# muster\n", 10 * MEGABYTE / 9);
	const struct text texts[] = { { "big", text, 0 } };

	load_goldens();
	for (size_t p = 0; p < N_PLACES; p++)
		TRY_ALL((enum place)p, texts);
	CHECK_INT(wrong, 0);
}

TEST(keys_that_nobody_knows_are_refused_where_that_is_asked_for)
{
	static const char text[] = GROUP("\"InstanceGroupNam\":\"x\"");
	_cleanup_fault_ struct fault *f = load(CLUSTER, text, strlen(text), true);

	load_goldens();
	hold("cluster", "strict", f);
	CHECK_INT(wrong, 0);
	CHECK_OK(load(CLUSTER, text, strlen(text), false));
}

TEST(user_data_that_cannot_be_decoded_is_refused)
{
	static const struct text texts[] = {
		{ "encoding", MULTI "Content-Transfer-Encoding: quoted-printable\n" OURS "a: b\n",
		  0 },
		{ "base64", MULTI "Content-Transfer-Encoding: base64\n" OURS "a: b\n--B--\n", 0 },
	};

	load_goldens();
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct config_sources s = { .root = test_dir(), .user_data = texts[i].text };
		_cleanup_loaded_config_ struct loaded_config l = { .doc = NULL };
		_cleanup_fault_ struct fault *f = config_load(&s, &l);

		hold("data", texts[i].name, f);
	}
	CHECK_INT(wrong, 0);
}

/* A name as long as the document does not make a message as long: it goes to the journal and the
 * history, whose records are bounded; and no line of it can be forged. */
TEST(words_stay_short_and_on_one_line)
{
	_cleanup_free_ char *name = repeat("x", 200000);
	_cleanup_free_ char *unknown = xasprintf("{\"%s\":1}", name);
	_cleanup_free_ char *value = xasprintf("{\"report\":{\"gate\":\"%s\"}}", name);
	_cleanup_free_ char *twice = xasprintf("{\"%s\":1,\"%s\":1}", name, name);
	_cleanup_free_ char *deep = repeat("{\"\\n~/\":", 40);
	const char *const texts[] = { unknown, value, twice, deep,
				      "{\"a\\nmuster: b\\u001b[2J\":1}",
				      "{\"group\":{\"name\":[\"\\n\"]}}" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_fault_ struct fault *f = load(MAIN, texts[i], strlen(texts[i]), false);

		CHECK_MSG(f, "text %zu is accepted", i);
		CHECK_MSG(strlen(f->message) < 600, "text %zu: %zu bytes", i, strlen(f->message));
		for (const char *s = f->message; *s; s++)
			CHECK_MSG((unsigned char)*s >= ' ' && *s != 0x7f, "%s", f->message);
	}
}

TEST_MAIN
