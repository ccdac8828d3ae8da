/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/call.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/net/frame.h"
#include "lib/net/operations.h"
#include "tests/unit/test.h"

/* This program is its own muster-net: started under that name it plays the child, and the
 * operation says which kind of child. */

static int answer(struct net_server *s, const struct doc *request)
{
	_cleanup_doc_ struct doc *d = doc_copy(request);

	doc_set_bool(d, "aws", getenv("AWS_TEST") != NULL);
	doc_set_bool(d, "secret", getenv("OTHER_TEST") != NULL);
	doc_set_bool(d, "fd4", fcntl(4, F_GETFD) >= 0);
	doc_set_int(d, "left", clock_left(s->deadline_ms));
	fault_free(net_send_result(s, d));
	return 0;
}

static int stream(struct net_server *s)
{
	_cleanup_doc_ struct doc *e = doc_object(), *r = doc_object();
	_cleanup_free_ char *much = xcalloc(1, 700000);

	doc_set_string(e, "type", "file");
	doc_set_string(e, "path", "a");
	fault_free(net_send_entry(s, e));
	fault_free(net_send_bytes(s, much, 700000));
	fault_free(net_send_result(s, r));
	return 0;
}

static void raw(struct net_server *s, const char *bytes, size_t len)
{
	fd_write_all(s->fd, bytes, len);
}

static int bare_fault(struct net_server *s, const char *json)
{
	fault_free(frame_send(s->fd, FRAME_FAULT, json, strlen(json), NO_DEADLINE));
	return 0;
}

static int child(void)
{
	_cleanup_doc_ struct doc *request = NULL;
	_cleanup_free_ char *op = NULL;
	struct net_server s = { .fd = 3 };

	if (net_receive(&s, &op, &request))
		return 9;
	if (streq(op, "echo"))
		return answer(&s, request);
	if (streq(op, "stream"))
		return stream(&s);
	if (streq(op, "fault")) {
		_cleanup_fault_ struct fault *f =
			fault_errno("s3.forbidden", EACCES, "no \x1b[31m\xff way");
		fault_free(net_send_fault(&s, f));
	} else if (streq(op, "fault-id")) {
		return bare_fault(&s, "{\"id\":\"Bad Id\",\"errno\":0,\"message\":\"x\"}");
	} else if (streq(op, "fault-control")) {
		return bare_fault(&s, "{\"id\":\"a.b\",\"errno\":5,\"message\":\"x\\u001b[2J\"}");
	} else if (streq(op, "unknown")) {
		raw(&s, "Z\0\0\0\0", 5);
	} else if (streq(op, "huge")) {
		raw(&s, "R\xff\xff\xff\xff", 5);
	} else if (streq(op, "no-json")) {
		raw(&s, "R\0\0\0\1x", 6);
	} else if (streq(op, "array")) {
		raw(&s, "R\0\0\0\2[]", 7);
	} else if (streq(op, "bytes-first")) {
		raw(&s, "B\0\0\0\1x", 6);
	} else if (streq(op, "exit")) {
		return 3;
	} else if (streq(op, "half")) {
		raw(&s, "R\0\0\0\7{", 6);
	} else if (streq(op, "killed")) {
		kill(getpid(), SIGKILL);
	} else if (streq(op, "fails-late")) {
		answer(&s, request);
		return 4;
	} else if (streq(op, "sleep") || streq(op, NET_NODE_AWAIT)) {
		sleep(30);
	}
	return 0;
}

static struct fault *call(const char *op, uint64_t ms, struct doc **ret)
{
	return net_call(op, NULL, clock_boottime_ms() + ms, NULL, ret);
}

TEST(a_request_and_its_result)
{
	_cleanup_doc_ struct doc *request = doc_object(), *d = NULL;

	setenv("AWS_TEST", "1", 1);
	setenv("OTHER_TEST", "1", 1);
	doc_set_string(request, "name", "n1");
	CHECK_OK(net_call("echo", request, clock_boottime_ms() + 10000, NULL, &d));
	CHECK_STR(doc_str(d, "name"), "n1");
	CHECK(doc_boolean(d, "aws", false));
	CHECK(!doc_boolean(d, "secret", true));
	CHECK(!doc_boolean(d, "fd4", true));
	CHECK(doc_integer(d, "left", 0) > 5000 && doc_integer(d, "left", 0) <= 9500);
}

TEST(a_descriptor_goes_along)
{
	_cleanup_doc_ struct doc *d = NULL;

	CHECK_OK(net_call_with_fd("echo", NULL, clock_boottime_ms() + 10000, NULL, STDIN_FILENO,
				  &d));
	CHECK(doc_boolean(d, "fd4", false));
}

struct seen {
	unsigned entries;
	size_t bytes;
	bool refuse;
};

static struct fault *see_entry(void *arg, const struct doc *e)
{
	((struct seen *)arg)->entries += streq(doc_str(e, "path"), "a");
	return NULL;
}

static struct fault *see_bytes(void *arg, _unused_ const void *data, size_t len)
{
	struct seen *s = arg;

	s->bytes += len;
	return s->refuse ? fault_new("fetch.write", "full") : NULL;
}

TEST(a_stream_arrives_whole)
{
	_cleanup_doc_ struct doc *d = NULL;
	struct seen s = { 0 };
	const struct net_sink sink = { see_entry, see_bytes, &s };

	CHECK_OK(net_call("stream", NULL, clock_boottime_ms() + 10000, &sink, &d));
	CHECK_INT(s.entries, 1);
	CHECK_INT(s.bytes, 700000);
}

TEST(the_sink_may_refuse)
{
	struct doc *d = NULL;
	struct seen s = { .refuse = true };
	const struct net_sink sink = { see_entry, see_bytes, &s };

	CHECK_FAULT(net_call("stream", NULL, clock_boottime_ms() + 10000, &sink, &d),
		    "fetch.write");
	CHECK(!d);
}

TEST(faults_cross_with_id_errno_and_clean_words)
{
	struct doc *d = NULL;
	struct fault *f = call("fault", 10000, &d);

	CHECK(fault_is(f, "s3.forbidden"));
	CHECK_INT(f->errnum, EACCES);
	CHECK_STR(f->message, "fault: no ?[31m? way: Permission denied");
	fault_free(f);
	f = call("fault-control", 10000, &d);
	CHECK(fault_is(f, "a.b") && f->errnum == 5);
	CHECK_STR(f->message, "fault-control: x?[2J");
	fault_free(f);
}

TEST(rules_of_frames_are_kept)
{
	const char *const bad[] = { "unknown", "huge", "no-json", "array", "bytes-first", "stream",
				    "fault-id" };
	struct doc *d = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		printf("# %s\n", bad[i]);
		CHECK_FAULT(call(bad[i], 10000, &d), "net.protocol");
		CHECK(!d);
	}
}

TEST(a_child_that_ends_is_named)
{
	const char *const how[][2] = { { "exit", "code 3" }, { "killed", "signal 9" },
				       { "half", "ended without an answer" },
				       { "fails-late", "code 4" } };

	for (size_t i = 0; i < ARRAY_SIZE(how); i++) {
		struct doc *d = NULL;
		struct fault *f = call(how[i][0], 10000, &d);

		CHECK_MSG(fault_is(f, "net.crashed"), "%s is %s", how[i][0], f ? f->id : "fine");
		CHECK_MSG(strstr(f->message, how[i][1]), "%s", f->message);
		CHECK(!d);
		fault_free(f);
	}
}

TEST(a_child_that_hangs_is_killed)
{
	uint64_t began = clock_boottime_ms();
	struct doc *d = NULL;

	CHECK_FAULT(call("sleep", 300, &d), "net.timeout");
	CHECK(clock_boottime_ms() - began < 5000);
}

TEST(a_child_that_hangs_leaves_words_of_what_it_was_about)
{
	_cleanup_doc_ struct doc *request = doc_object();
	struct doc *d = NULL;
	struct fault *f;

	doc_set_string(request, "name", "i-1");
	doc_set_string(request, "server", "https://10.0.2.2");
	doc_set_string(request, "token", "secret");
	doc_set_bool(doc_set(request, "until", doc_object()), "exists", true);
	f = net_call(NET_NODE_AWAIT, request, clock_boottime_ms() + 300, NULL, &d);
	CHECK(fault_is(f, "net.timeout"));
	CHECK_STR(f->message, "node.await: waiting for news of Node i-1 at https://10.0.2.2, until "
			      "{\"exists\":true}: nothing came before the deadline");
	fault_free(f);
}

static int refuse(_unused_ void *arg)
{
	return -EPERM;
}

TEST(the_box_is_entered)
{
	struct doc *d = NULL;
	struct fault *f;

	net_set_prepare(refuse, NULL);
	f = call("echo", 5000, &d);
	net_set_prepare(NULL, NULL);
	CHECK_MSG(f && f->errnum == EPERM, "%s", f ? f->message : "it started");
	fault_free(f);
}

TEST(a_program_that_is_not_there)
{
	struct doc *d = NULL;

	setenv("MUSTER_NET", "/nowhere/muster-net", 1);
	CHECK_FAULT(call("echo", 5000, &d), "spawn.exec");
	setenv("MUSTER_NET", "/proc/self/exe", 1);
}

int main(int argc, char **argv)
{
	if (streq(argv[0], "muster-net"))
		return child();
	setenv("MUSTER_NET", "/proc/self/exe", 1);
	return test_main(argc, argv);
}
