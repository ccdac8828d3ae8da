/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from an end, and what of it leaves the machine. All secrets here are made up. */
#include "lib/base/strv.h"
#include "lifecycle/lastwords/end.h"
#include "lifecycle/lastwords/words.h"
#include "tests/unit/test.h"

static struct doc *status(const char *state, bool over)
{
	struct doc *d = doc_object();

	doc_set_string(d, "state", state);
	if (over)
		doc_set_int(d, "exit", 1);
	return d;
}

TEST(what_follows_from_an_end)
{
	static const struct {
		const char *state;
		bool over;
		enum hook_answer hardware, any, none; /* autoscaling.abandon; recovery: None */
		bool unhealthy, bad;
	} rows[] = {
		{ "Running", false, HOOK_KEEP, HOOK_KEEP, HOOK_KEEP, false, false },
		{ "Schedulable", true, HOOK_CONTINUE, HOOK_CONTINUE, HOOK_CONTINUE, false, false },
		{ "Unschedulable", true, HOOK_LEAVE, HOOK_ABANDON, HOOK_LEAVE, false, true },
		{ "UnschedulablePendingReboot", true, HOOK_KEEP, HOOK_KEEP, HOOK_KEEP, false,
		  true },
		{ "UnschedulablePendingReplacement", true, HOOK_ABANDON, HOOK_ABANDON, HOOK_LEAVE,
		  true, true },
		/* An old verdict whose exit was taken away, because it is of another boot. */
		{ "UnschedulablePendingReplacement", false, HOOK_KEEP, HOOK_KEEP, HOOK_KEEP, false,
		  false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_doc_ struct doc *s = status(rows[i].state, rows[i].over);
		struct config c = { .autoscaling = { .set_instance_health = true } };

		printf("# %s\n", rows[i].state);
		CHECK_INT(end_hook(&c, s), rows[i].hardware);
		CHECK_INT(end_unhealthy(&c, s), rows[i].unhealthy);
		CHECK_INT(end_is_bad(s), rows[i].bad);
		c.autoscaling.abandon = ABANDON_ANY;
		CHECK_INT(end_hook(&c, s), rows[i].any);
		c.autoscaling.abandon = ABANDON_HARDWARE;
		c.recovery = RECOVERY_NONE;
		CHECK_INT(end_hook(&c, s), rows[i].none);
		CHECK(!end_unhealthy(&c, s));
		c = (struct config){ .recovery = RECOVERY_AUTOMATIC };
		CHECK(!end_unhealthy(&c, s));
	}
	CHECK(!end_is_bad(NULL));
}

static struct doc *parse(const char *text)
{
	struct doc *d = NULL;

	CHECK_OK(json_parse("test", text, strlen(text), 0, &d));
	return d;
}

TEST(a_tag_says_state_and_fault_in_what_ec2_allows)
{
	_cleanup_doc_ struct doc *s = parse("{\"state\":\"Unschedulable\",\"faults\":"
					    "[{\"id\":\"script.failed\"},{\"id\":\"b\"}]}");
	_cleanup_doc_ struct doc *odd = parse("{\"state\":\"a<b>\\u00e4\"}");
	_cleanup_free_ char *tag = end_tag(s), *strange = end_tag(odd);

	CHECK_STR(tag, "Unschedulable script.failed");
	CHECK_STR(strange, "a_b___");
}

TEST(an_instance_id_is_one_part_of_a_key)
{
	static const char *const rows[][2] = { { "i-0123456789abcdef0", "i-0123456789abcdef0" },
					       { "../x y", "_._x_y" },
					       { "..", "_." },
					       { "rack1/node.7", "rack1_node.7" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *part = end_key_part(rows[i][0]);

		CHECK_STR(part, rows[i][1]);
	}
}

static void check_reduced(const char *record, const char *want)
{
	_cleanup_doc_ struct doc *d = parse(record), *reduced = words_reduce(d);
	_cleanup_free_ char *text = doc_to_string(reduced, DOC_COMPACT);

	CHECK_STR(text, want);
}

TEST(a_record_keeps_what_is_named_and_nothing_else)
{
	check_reduced("{\"t\":\"end\",\"boot\":\"b\",\"at\":1,\"time\":2,\"step\":\"identify\","
		      "\"outcome\":\"done\",\"ms\":3,\"key\":\"0123456789abcdef\",\"result\":"
		      "{\"config\":{\"drivers\":{\"env\":{\"P\":\"hunter2\"}}},\"u\":\"x\"}}",
		      "{\"t\":\"end\",\"boot\":\"b\",\"at\":1,\"time\":2,\"step\":\"identify\","
		      "\"outcome\":\"done\",\"ms\":3}");
	check_reduced("{\"t\":\"end\",\"fault\":{\"id\":\"script.failed\",\"errno\":5,\"message\":"
		      "\"m\\nn\",\"evidence\":\"lines\",\"more\":1},\"novel\":\"x\"}",
		      "{\"t\":\"end\",\"fault\":{\"id\":\"script.failed\",\"errno\":5,"
		      "\"message\":\"m n\"}}");
	check_reduced("{\"t\":\"verdict\",\"state\":\"S\",\"exit\":82,\"faults\":[{\"step\":"
		      "\"scripts\",\"id\":\"a.b\",\"message\":\"m\",\"remedy\":\"r\"}]}",
		      "{\"t\":\"verdict\",\"state\":\"S\",\"exit\":82,\"faults\":[{\"step\":"
		      "\"scripts\",\"id\":\"a.b\",\"message\":\"m\"}]}");
	/* A member that should be plain and is not is not taken for plain. */
	check_reduced("{\"t\":\"run\",\"why\":{\"secret\":\"x\"}}", "{\"t\":\"run\"}");
}

TEST(the_last_records_are_kept)
{
	_cleanup_doc_ struct doc *list = doc_array();

	for (int i = 0; i < WORDS_RECORDS + 7; i++) {
		_cleanup_doc_ struct doc *r = doc_object();

		doc_set_int(r, "at", i);
		words_keep(list, r);
	}
	CHECK_INT(list->n_items, WORDS_RECORDS);
	CHECK_INT(doc_integer(list->items[0], "at", -1), 7);
	CHECK_INT(doc_integer(list->items[WORDS_RECORDS - 1], "at", -1), WORDS_RECORDS + 6);
}

/* Every place that takes text from scripts or servers, with a secret in it. */
static struct doc *report_with_secrets(char **lines)
{
	_cleanup_doc_ struct doc *s = parse(
		"{\"state\":\"Unschedulable\",\"faults\":[{\"id\":\"script.failed\",\"message\":"
		"\"exit 3 with plum-pudding\",\"evidence\":\"DB_PASSWORD=hunter2\\nlast line\"}],"
		"\"steps\":[{\"name\":\"s\",\"fault\":{\"message\":\"k8s-aws-v1.c2VjcmV0\"}}]}");
	_cleanup_doc_ struct doc *records =
		parse("[{\"t\":\"end\",\"fault\":{\"id\":\"x.y\",\"message\":"
		      "\"https://u:hunter2@host/\"}}]");
	struct identity id = { .instance_id = (char *)"i-1", .region = (char *)"us-west-2" };
	_cleanup_doc_ struct doc *env = parse("{\"SAUCE\":\"plum-pudding\"}");
	_cleanup_doc_ struct doc *driver_env = parse("{\"LICENCE\":\"mint-sauce\"}");
	struct config c = { .lifecycle = { .env = env }, .drivers = { .env = driver_env } };
	_cleanup_redactor_ struct redactor *r = NULL;

	setenv("AWS_SECRET_ACCESS_KEY", "environs", 1);
	id.tags = parse("{\"Name\":\"n\",\"password\":\"hunter2\"}");
	r = words_redactor(&c);
	unsetenv("AWS_SECRET_ACCESS_KEY");
	struct doc *report = words_report(&(struct words_facts){ .identity = &id,
								 .status = s,
								 .records = records,
								 .journal = lines,
								 .boot = "boot-1",
								 .now_ms = 1000 }, r);
	doc_free(id.tags);
	return report;
}

TEST(no_secret_is_in_a_report)
{
	static const char *const secrets[] = { "hunter2",   "plum-pudding", "mint-sauce",
					       "c2VjcmV0",  "environs",	    "MIIEvQ",
					       "AKIAIOSFODNN7EXAMPLE" };
	char *lines[] = { (char *)"+ echo plum-pudding mint-sauce environs",
			  (char *)"got AKIAIOSFODNN7EXAMPLE", (char *)"-----BEGIN PRIVATE KEY-----",
			  (char *)"MIIEvQ", (char *)"-----END PRIVATE KEY-----",
			  (char *)"a plain\x1b line", NULL };
	_cleanup_doc_ struct doc *report = report_with_secrets(lines);
	_cleanup_free_ char *text = doc_to_string(report, DOC_COMPACT);

	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
		CHECK_MSG(!strstr(text, secrets[i]), "%s is in %s", secrets[i], text);
	CHECK_STR(doc_str(report, "instance"), "i-1");
	CHECK_STR(doc_str(report, "boot"), "boot-1");
	CHECK_STR(doc_str(report, "time"), "1970-01-01T00:00:01.000Z");
	CHECK_STR(doc_str(doc_at(report, "/status/faults/0"), "evidence"),
		  "DB_PASSWORD=[redacted]\nlast line");
	CHECK_STR(doc_at(report, "/journal/5")->string, "a plain? line");
	CHECK(!doc_get(doc_get(report, "identity"), "tags"));
}

TEST(a_report_has_a_bound)
{
	char **lines = NULL;
	_cleanup_doc_ struct doc *report = NULL;
	_cleanup_free_ char *long_line = xmalloc(5000), *text = NULL;

	memset(long_line, 'x', 4999);
	long_line[4999] = '\0';
	for (int i = 0; i < 300; i++)
		strv_add(&lines, i == 99 ? "too old" : i == 100 ? "the oldest" : long_line);
	report = report_with_secrets(lines);
	strv_free(lines);
	CHECK_INT(doc_get(report, "journal")->n_items, WORDS_LINES);
	CHECK_STR(doc_at(report, "/journal/0")->string, "the oldest");
	text = doc_to_string(report, DOC_COMPACT);
	CHECK(strlen(text) < 512 * 1024);
}

TEST_MAIN
