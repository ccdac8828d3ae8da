/* SPDX-License-Identifier: Apache-2.0 */
/* What device plugins must offer, and how what is missing is named. */
#include "tests/unit/test.h"

#include "lifecycle/plugins/plugins.h"

static struct doc *parsed(const char *text)
{
	struct doc *d = NULL;

	CHECK_OK(doc_parse("test", text, strlen(text), 0, &d));
	return d;
}

TEST(nothing_expected_nothing_awaited)
{
	struct config config = { .cluster.name = (char *)"c" };
	struct step_context c = { .root = "", .config = &config };
	_cleanup_doc_ struct doc *result = doc_object();

	CHECK_OK(step_plugins(&c, result));
	CHECK_INT(doc_get(result, "awaited")->n_items, 0);
	config.plugins.expect = doc_object();
	CHECK_OK(step_plugins(&c, result));
	doc_free(config.plugins.expect);
}

TEST(counts_are_read_in_every_spelling)
{
	_cleanup_doc_ struct doc *expect = parsed("nvidia.com/gpu: 8\nefa: \"32\"\nnone: 0\n");
	struct config config = { .plugins.expect = expect };
	struct step_context c = { .config = &config };
	_cleanup_doc_ struct doc *got = NULL;

	CHECK_OK(plugins_expected(&c, &got));
	CHECK_INT(got->n_items, 2);
	CHECK_INT(doc_integer(got, "nvidia.com/gpu", 0), 8);
	CHECK_INT(doc_integer(got, "efa", 0), 32);
}

TEST(a_count_that_is_none_is_refused)
{
	static const char *const bad[] = { "{\"a\":-1}", "{\"a\":\"many\"}", "{\"a\":[1]}",
					   "{\"a\":1.5}", "{\"a\":null}" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_doc_ struct doc *expect = parsed(bad[i]);
		struct config config = { .plugins.expect = expect };
		struct step_context c = { .config = &config };
		struct doc *got = NULL;

		CHECK_FAULT(plugins_expected(&c, &got), "plugins.expect");
	}
}

TEST(missing_devices_are_named_with_both_counts)
{
	static const char *const rows[][2] = {
		{ "{\"allocatable\":{\"gpu\":\"8\",\"efa\":\"32\"}}", NULL },
		{ "{\"allocatable\":{\"gpu\":\"9\",\"efa\":\"33\"}}", NULL },
		{ "{\"allocatable\":{\"gpu\":\"7\",\"efa\":\"32\"}}", "gpu: 7 of 8" },
		{ "{\"allocatable\":{\"efa\":\"0\"}}", "gpu: none of 8, efa: 0 of 32" },
		{ "{\"allocatable\":{\"gpu\":\"8k\",\"efa\":\"32\"}}", "gpu: 8k of 8" },
		{ "{}", "gpu: none of 8, efa: none of 32" },
	};
	_cleanup_doc_ struct doc *expected = parsed("{\"gpu\":8,\"efa\":32}");

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_doc_ struct doc *node = parsed(rows[i][0]);
		_cleanup_free_ char *got = plugins_missing(expected, node);

		CHECK_STR(got, rows[i][1]);
	}
}

TEST(standalone_is_skipped)
{
	struct config config = { 0 };

	CHECK_STR(plugins_skip(&config), "no cluster configured");
	config.cluster.name = (char *)"c";
	CHECK_STR(plugins_skip(&config), NULL);
}

TEST_MAIN
