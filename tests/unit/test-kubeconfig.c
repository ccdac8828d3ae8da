/* SPDX-License-Identifier: Apache-2.0 */
/* The kubeconfig has nodeadm's shape; only the credential plugin is ours. */
#include "tests/unit/test.h"

#include "lifecycle/join/plan.h"

static struct cluster cluster = { .name = (char *)"my-cluster",
				  .region = (char *)"us-west-2",
				  .endpoint = (char *)"https://example.com" };

static struct doc *made(void)
{
	struct join_plan p = { .cluster = &cluster };
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct doc *d = NULL;

	CHECK_OK(make_kubeconfig(&p, &b));
	CHECK_OK(yaml_parse("made", b.data, b.len, 0, &d));
	return d;
}

static struct doc *exec_of(const struct doc *kubeconfig)
{
	return (struct doc *)doc_at(kubeconfig, "/users/0/user/exec");
}

TEST(shape_is_nodeadms)
{
	const char *top = getenv("srcdir");
	_cleanup_free_ char *path = xasprintf("%s/tests/data/nodeadm/kubeconfig/"
					      "expected-kubeconfig.yaml",
					      top ? top : ".");
	_cleanup_doc_ struct doc *want = NULL, *got = made();

	CHECK_OK(doc_read_file(path, 0, &want));
	CHECK_STR(doc_str(exec_of(want), "command"), "aws");
	CHECK_STR(doc_str(exec_of(want), "apiVersion"), doc_str(exec_of(got), "apiVersion"));
	for (struct doc *const *d = (struct doc *[]){ want, got, NULL }; *d; d++) {
		doc_remove(exec_of(*d), "command");
		doc_remove(exec_of(*d), "args");
	}
	CHECK(doc_equal(got, want));
}

TEST(plugin_is_muster_token)
{
	static const char *const want[] = { "token", "--cluster", "my-cluster", "--region",
					    "us-west-2" };
	_cleanup_doc_ struct doc *d = made();
	const struct doc *args = doc_get(exec_of(d), "args");

	CHECK(str_endswith(doc_str(exec_of(d), "command"), "/muster"));
	CHECK(doc_str(exec_of(d), "command")[0] == '/');
	CHECK_INT(args->n_items, ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		CHECK_STR(args->items[i]->string, want[i]);
}

TEST(odd_names_survive_yaml)
{
	_cleanup_doc_ struct doc *d = NULL;

	cluster.name = (char *)"no";
	d = made();
	CHECK_STR(doc_at(d, "/users/0/user/exec/args/2")->string, "no");
	CHECK(!doc_at(d, "/users/0/user/exec/args/2")->plain);
	cluster.name = (char *)"my-cluster";
}

TEST_MAIN
