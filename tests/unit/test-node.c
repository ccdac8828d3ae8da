/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/kube/node.h"
#include "tests/unit/test.h"

static struct doc *parse(const char *text)
{
	struct doc *d = NULL;

	CHECK_OK(json_parse("test", text, strlen(text), 0, &d));
	return d;
}

#define NODE \
	"{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\",\"uid\":\"u1\"," \
	"\"resourceVersion\":\"7\",\"creationTimestamp\":\"2026-01-02T03:04:05Z\"," \
	"\"labels\":{\"a\":\"1\",\"odd\":5},\"annotations\":{\"n\":\"w\"}," \
	"\"managedFields\":[{\"manager\":\"kubelet\",\"fieldsV1\":{\"f:spec\":" \
	"{\"f:providerID\":{}}}},{\"manager\":\"kubectl-cordon\",\"fieldsV1\":" \
	"{\"f:spec\":{\"f:unschedulable\":{}}}},{\"fieldsV1\":{}}]}," \
	"\"spec\":{\"providerID\":\"aws:///z/i-1\",\"unschedulable\":true,\"taints\":" \
	"[{\"key\":\"t\",\"effect\":\"NoSchedule\"},{\"effect\":\"NoKey\"},\"text\"]}," \
	"\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"R\"," \
	"\"message\":\"no network\",\"lastTransitionTime\":\"x\",\"more\":1}]," \
	"\"allocatable\":{\"cpu\":\"3920m\",\"nvidia.com/gpu\":\"8\"}," \
	"\"capacity\":{\"cpu\":\"4\"},\"images\":[{}]," \
	"\"nodeInfo\":{\"kubeletVersion\":\"v1.35.4\",\"bootID\":\"b\",\"kernel\":\"k\"}}}"

#define REDUCED \
	"{\"name\":\"n1\",\"uid\":\"u1\",\"resourceVersion\":\"7\"," \
	"\"creationTimestamp\":\"2026-01-02T03:04:05Z\",\"labels\":{\"a\":\"1\"}," \
	"\"annotations\":{\"n\":\"w\"},\"taints\":[{\"key\":\"t\",\"effect\":\"NoSchedule\"}]," \
	"\"unschedulable\":true,\"providerID\":\"aws:///z/i-1\",\"conditions\":[{\"type\":" \
	"\"Ready\",\"status\":\"False\",\"reason\":\"R\",\"message\":\"no network\"," \
	"\"lastTransitionTime\":\"x\"}],\"allocatable\":{\"cpu\":\"3920m\"," \
	"\"nvidia.com/gpu\":\"8\"},\"capacity\":{\"cpu\":\"4\"}," \
	"\"cordonedBy\":[\"kubectl-cordon\"]," \
	"\"nodeInfo\":{\"kubeletVersion\":\"v1.35.4\",\"bootID\":\"b\"}}"

static struct doc *reduced(const char *text)
{
	_cleanup_doc_ struct doc *object = parse(text);

	return node_reduce(object);
}

TEST(a_node_is_reduced)
{
	_cleanup_doc_ struct doc *node = reduced(NODE);
	_cleanup_free_ char *text = doc_to_string(node, DOC_COMPACT);

	CHECK_STR(text, REDUCED);
}

TEST(what_is_missing_or_of_a_wrong_type_counts_as_absent)
{
	_cleanup_doc_ struct doc *node = reduced(
		"{\"metadata\":{\"name\":\"n\",\"labels\":[],\"managedFields\":5,"
		"\"annotations\":null},\"spec\":{\"taints\":{},\"unschedulable\":\"yes\"},"
		"\"status\":7}");
	_cleanup_free_ char *text = doc_to_string(node, DOC_COMPACT);

	CHECK_STR(text, "{\"name\":\"n\",\"labels\":{},\"annotations\":{},\"taints\":[],"
			"\"unschedulable\":false,\"conditions\":[],\"allocatable\":{},"
			"\"capacity\":{},\"cordonedBy\":[],\"nodeInfo\":{}}");
}

TEST(what_has_no_name_is_no_node)
{
	static const char *const texts[] = { "{}", "[]", "{\"metadata\":{}}", "{\"metadata\":5}",
					     "{\"metadata\":{\"name\":5}}" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		CHECK_MSG(!reduced(texts[i]), "%s", texts[i]);
}

TEST(until)
{
	static const struct {
		const char *until, *missing;
	} rows[] = {
		{ "{}", "" },
		{ "{\"exists\":true}", "" },
		{ "{\"exists\":false}", "the Node is still there" },
		{ "{\"ready\":true}", "condition Ready is False, not True: no network" },
		{ "{\"ready\":false}", "" },
		{ "{\"unschedulable\":true}", "" },
		{ "{\"unschedulable\":false}", "it is cordoned" },
		{ "{\"allocatable\":{\"nvidia.com/gpu\":8,\"cpu\":3}}", "" },
		{ "{\"allocatable\":{\"cpu\":4,\"x/y\":1}}",
		  "allocatable cpu is 3920m of 4; allocatable x/y is absent of 1" },
		{ "{\"conditions\":{\"Ready\":\"False\"}}", "" },
		{ "{\"conditions\":{\"Other\":\"True\"}}", "condition Other is (none), not True" },
		{ "{\"labels\":{\"a\":\"1\",\"b\":null}}", "" },
		{ "{\"labels\":{\"a\":null}}", "label a is still there" },
		{ "{\"labels\":{\"a\":\"2\"},\"annotations\":{\"m\":\"w\"}}",
		  "label a is 1, not 2; annotation m is (none), not w" },
		{ "{\"taintsAbsent\":[\"s\"],\"taintsPresent\":[\"t\"]}", "" },
		{ "{\"taintsAbsent\":[\"t\"],\"taintsPresent\":[\"s\"]}",
		  "taint t is still there; taint s is absent" },
		{ "{\"providerIDPrefix\":\"aws:///\"}", "" },
		{ "{\"providerIDPrefix\":\"gce\"}", "providerID is aws:///z/i-1, not gce…" },
		{ "{\"notUid\":\"u2\"}", "" },
		{ "{\"notUid\":\"u1\"}", "it is still the Node with uid u1" },
	};
	_cleanup_doc_ struct doc *node = reduced(NODE);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_doc_ struct doc *until = parse(rows[i].until);
		_cleanup_buf_ struct buf missing = BUF_INIT;

		CHECK_OK(node_until_check(until));
		CHECK_INT(node_fulfils(node, until, &missing), rows[i].missing[0] == '\0');
		CHECK_STR(buf_str(&missing), rows[i].missing);
	}
}

TEST(no_node_fulfils_only_that_there_is_none)
{
	_cleanup_doc_ struct doc *gone = parse("{\"exists\":false}"), *any = parse("{}");
	_cleanup_doc_ struct doc *absent = parse("{\"taintsAbsent\":[\"x\"]}");
	_cleanup_buf_ struct buf missing = BUF_INIT;

	CHECK(node_fulfils(NULL, gone, &missing));
	CHECK(!node_fulfils(NULL, any, &missing));
	CHECK_STR(buf_str(&missing), "there is no such Node");
	CHECK(!node_fulfils(NULL, absent, &missing));
}

TEST(a_wish_that_is_none_is_refused)
{
	static const char *const texts[] = { "[]", "{\"readyy\":true}", "{\"ready\":\"true\"}",
					     "{\"labels\":[]}", "{\"exists\":1}",
					     "{\"taintsAbsent\":{}}", "{\"notUid\":null}" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_doc_ struct doc *until = parse(texts[i]);

		CHECK_FAULT(node_until_check(until), "kube.until");
	}
	CHECK_FAULT(node_until_check(NULL), "kube.until");
}

TEST(quantities)
{
	static const struct {
		const char *text;
		int64_t value;
	} rows[] = {
		{ "0", 0 },	  { "8", 8 },		{ "3920m", 3 },	  { "999m", 0 },
		{ "2k", 2000 },	  { "16Ki", 16384 },	{ "1Gi", 1 << 30 }, { "5M", 5000000 },
		{ "3Ti", 3LL << 40 }, { "999999999T", INT64_MAX }, { "", -1 }, { "-1", -1 },
		{ "8 ", -1 },	  { "1.5", -1 },	{ "Ki", -1 },	  { "8X", -1 },
		{ "99999999999999999999", -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_INT(kube_quantity(rows[i].text), rows[i].value);
	CHECK_INT(kube_quantity(NULL), -1);
}

TEST_MAIN
