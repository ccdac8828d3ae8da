/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "lib/base/fd.h"
#include "lib/base/hash.h"
#include "lib/net/call.h"
#include "lib/net/operations.h"
#include "lifecycle/fetch/fetch.h"
#include "tests/unit/steps.h"

/* This program stands in for muster-net. AWS_TEST_PLAN is an array of entries; a string among
 * them is bytes; "DIGEST" in the result is a claim that nobody may believe. */
static struct fault *stream(struct net_server *s, const struct doc *plan)
{
	for (size_t i = 0; i < plan->n_items; i++) {
		const struct doc *d = plan->items[i];

		TRY(d->type == DOC_STRING ? net_send_bytes(s, d->string, strlen(d->string))
					  : net_send_entry(s, d));
	}
	return NULL;
}

/* For "unpack" the archive is one file of the bundle. */
static struct fault *unpack(struct net_server *s)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_doc_ struct doc *entry = doc_object();

	if (fd_read_all(4, &text, 1 << 20) < 0)
		return fault_new("test.archive", "cannot read descriptor 4");
	doc_set_string(entry, "path", "on_create.sh");
	doc_set_string(entry, "type", "file");
	TRY(net_send_entry(s, entry));
	return net_send_bytes(s, text.data, text.len);
}

static int serve(void)
{
	struct net_server s = { .fd = 3 };
	_cleanup_free_ char *operation = NULL;
	_cleanup_doc_ struct doc *request = NULL, *plan = NULL, *result = doc_object();
	const char *text = getenv("AWS_TEST_PLAN");
	struct fault *f = net_receive(&s, &operation, &request);

	if (!f && streq(operation, NET_UNPACK))
		f = unpack(&s);
	else if (!f && streq(operation, NET_BUNDLE))
		f = json_parse("plan", text, strlen(text), 0, &plan);
	if (!f && plan)
		f = stream(&s, plan);
	doc_set_string(result, "format", "archive");
	doc_set_string(result, "digest", "sha256-claimed");
	f = f ? net_send_fault(&s, f) : net_send_result(&s, result);
	return f ? 1 : 0;
}

static struct bench *bench_with(const char *source)
{
	struct bench *b = bench_new();

	b->config.lifecycle.source = (char *)source;
	b->config.lifecycle.max_bytes = 1000;
	b->config.lifecycle.max_entries = 10;
	return b;
}

static struct bench *bench_plan(const char *plan)
{
	CHECK_INT(setenv("AWS_TEST_PLAN", plan, 1), 0);
	return bench_with("s3://bucket/x.tar");
}

static struct bench *bench_folder(void)
{
	struct bench *b = bench_with("file:///lcs");

	bench_write(b, "lcs/on_create.sh", "#!/bin/sh\n", 0755);
	bench_write(b, "lcs/sub/data", "12345", 0644);
	return b;
}

/* Nothing of a failed fetch stays, and nothing is published. */
static bool is_clean(const struct bench *b)
{
	_cleanup_free_ char *path = bench_path(b, "var/lib/muster/bundles");

	return rmdir(path) == 0;
}

TEST(a_local_folder_is_published_whole)
{
	_cleanup_bench_ struct bench *b = bench_folder();
	const char *path, *digest;
	_cleanup_free_ char *want = NULL, *inner = NULL;
	struct stat st;

	CHECK_OK(step_fetch(&b->c, b->result));
	path = doc_str(b->result, "path");
	digest = doc_str(b->result, "digest");
	want = xasprintf("%s/bundles/%s", b->state, digest);
	CHECK_STR(path, want);
	CHECK_INT(doc_integer(b->result, "entries", -1), 3);
	CHECK_INT(doc_integer(b->result, "bytes", -1), 15);
	inner = path_join(path, "on_create.sh");
	CHECK_INT(stat(inner, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0755);
	CHECK(!bench_has(b, "var/lib/muster/bundles/.staging-run1"));
}

TEST(a_second_fetch_replaces_a_tree_that_was_changed)
{
	_cleanup_bench_ struct bench *b = bench_folder();
	_cleanup_doc_ struct doc *again = doc_object();
	_cleanup_free_ char *added = NULL;

	CHECK_OK(step_fetch(&b->c, b->result));
	added = path_join(doc_str(b->result, "path"), "added");
	CHECK_OK(file_write_volatile(added, "x", 1, 0644));
	CHECK_OK(step_fetch(&b->c, again));
	CHECK_STR(doc_str(again, "digest"), doc_str(b->result, "digest"));
	CHECK(access(added, F_OK) < 0);
}

TEST(what_an_earlier_run_left_goes)
{
	_cleanup_bench_ struct bench *b = bench_folder();

	bench_write(b, "var/lib/muster/bundles/.staging-old/half", "x", 0644);
	CHECK_OK(step_fetch(&b->c, b->result));
	CHECK(!bench_has(b, "var/lib/muster/bundles/.staging-old"));
}

TEST(the_pin_is_the_trees)
{
	_cleanup_bench_ struct bench *b = bench_folder();
	_cleanup_doc_ struct doc *again = doc_object();
	_cleanup_fault_ struct fault *f = NULL;

	CHECK_OK(step_fetch(&b->c, b->result));
	b->config.lifecycle.digest = (char *)doc_str(b->result, "digest");
	CHECK_OK(step_fetch(&b->c, again));
	bench_write(b, "lcs/sub/data", "12346", 0644);
	f = step_fetch(&b->c, again);
	CHECK(fault_is(f, "fetch.digest"));
	CHECK(strstr(f->message, b->config.lifecycle.digest));
}

TEST(a_folder_that_others_may_write_is_not_trusted)
{
	_cleanup_bench_ struct bench *b = bench_folder();
	_cleanup_free_ char *path = bench_path(b, "lcs");

	CHECK_INT(chmod(path, 0777), 0);
	CHECK_FAULT(step_fetch(&b->c, b->result), "path.untrusted");
	CHECK(is_clean(b));
}

TEST(sources_that_are_none)
{
	_cleanup_bench_ struct bench *b = bench_with("file:///nowhere");

	CHECK_FAULT(step_fetch(&b->c, b->result), "fetch.source");
	b->config.lifecycle.source = (char *)"ftp://x/y";
	CHECK_FAULT(step_fetch(&b->c, b->result), "fetch.source");
	bench_write(b, "empty/x", "", 0644);
	b->config.lifecycle.source = (char *)"file:///empty";
	CHECK_OK(step_fetch(&b->c, b->result));
}

TEST(an_empty_bundle_is_said_so)
{
	_cleanup_bench_ struct bench *b = bench_plan("[]");

	CHECK_FAULT(step_fetch(&b->c, b->result), "fetch.empty");
	CHECK(is_clean(b));
}

TEST(a_stream_is_written_by_us)
{
	_cleanup_bench_ struct bench *b = bench_plan(
		"[{\"path\":\"d\",\"type\":\"dir\",\"mode\":493},"
		"{\"path\":\"d/x\",\"type\":\"file\",\"mode\":420,\"size\":6},\"abc\",\"def\","
		"{\"path\":\"l\",\"type\":\"symlink\",\"target\":\"d/x\"}]");
	_cleanup_free_ char *inner = NULL, *text = NULL;

	CHECK_OK(step_fetch(&b->c, b->result));
	inner = xasprintf("var/lib/muster/bundles/%s/l", doc_str(b->result, "digest"));
	text = bench_read(b, inner);
	CHECK_STR(text, "abcdef");
	CHECK_STR(doc_str(b->result, "archiveDigest"), "sha256-claimed");
}

TEST(a_claim_is_no_proof)
{
	_cleanup_bench_ struct bench *b = bench_plan("[{\"path\":\"x\",\"type\":\"file\"},\"a\"]");

	b->config.lifecycle.digest = (char *)"sha256-claimed";
	CHECK_FAULT(step_fetch(&b->c, b->result), "fetch.digest");
	CHECK(is_clean(b));
}

TEST(a_hostile_stream_is_refused)
{
	static const struct {
		const char *plan, *fault;
	} rows[] = {
		{ "[{\"path\":\"../x\",\"type\":\"file\"}]", "tree.hostile" },
		{ "[{\"path\":\"/x\",\"type\":\"file\"}]", "tree.hostile" },
		{ "[{\"path\":\"x\",\"type\":\"device\"}]", "tree.hostile" },
		{ "[{\"path\":\"x\",\"type\":\"file\",\"mode\":2541}]", "tree.hostile" },
		{ "[{\"path\":\"l\",\"type\":\"symlink\",\"target\":\"/etc\"}]", "tree.hostile" },
		{ "[{\"path\":\"l\",\"type\":\"symlink\"}]", "tree.hostile" },
		{ "[{\"path\":\"d/x\",\"type\":\"file\"}]", "tree.write" },
		{ "[{\"path\":\"x\",\"type\":\"file\",\"size\":1001}]", "tree.too_large" },
		{ "[{\"path\":\"x\",\"type\":\"file\",\"size\":2},\"abc\"]", "tree.hostile" },
		{ "[{\"path\":\"x\",\"type\":\"file\"},\"a\",{\"path\":\"x\",\"type\":\"file\"}]",
		  "tree.write" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_bench_ struct bench *b = bench_plan(rows[i].plan);
		_cleanup_fault_ struct fault *f = step_fetch(&b->c, b->result);

		CHECK_MSG(fault_is(f, rows[i].fault), "%s: %s", rows[i].plan,
			  f ? f->message : "taken");
		CHECK(is_clean(b));
	}
}

TEST(a_local_archive_may_be_pinned_by_its_own_digest)
{
	_cleanup_bench_ struct bench *b = bench_with("file:///x.tar");
	char pin[TREE_DIGEST_MAX] = "sha256-";

	bench_write(b, "x.tar", "#!/bin/true\n", 0644);
	sha256_hex_of("#!/bin/true\n", 12, pin + 7);
	b->config.lifecycle.digest = pin;
	CHECK_OK(step_fetch(&b->c, b->result));
	CHECK_STR(doc_str(b->result, "archiveDigest"), pin);
	CHECK(!streq(doc_str(b->result, "digest"), pin));
	bench_write(b, "x.tar", "#!/bin/false\n", 0644);
	CHECK_FAULT(step_fetch(&b->c, b->result), "fetch.digest");
}

int main(int argc, char **argv)
{
	if (getenv("AWS_TEST_NET"))
		return serve();
	if (setenv("MUSTER_NET", "/proc/self/exe", 1) < 0 || setenv("AWS_TEST_NET", "1", 1) < 0)
		return 1;
	return test_main(argc, argv);
}
