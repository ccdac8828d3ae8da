/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/call.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/strv.h"
#include "lib/net/frame.h"
#include "lib/net/operations.h"
#include "lib/sys/spawn.h"

#ifndef MUSTER_LIBEXECDIR
#define MUSTER_LIBEXECDIR "/usr/local/libexec"
#endif

#define ID_MAX 64
#define LAST_MS 2000 /* what a child may take to end after its last frame */
#define LEAST_MS 1000 /* what it may take to start and say that there is no time left */

static int (*prepare_fn)(void *arg);
static void *prepare_arg;

struct call {
	const char *operation;
	uint64_t wanted_ms;   /* the caller's deadline */
	uint64_t deadline_ms; /* when the child is killed */
	const struct net_sink *sink;
	bool has_entry;
	struct doc **ret;
};

void net_set_prepare(int (*prepare)(void *arg), void *arg)
{
	prepare_fn = prepare;
	prepare_arg = arg;
}

const char *net_program(void)
{
	const char *p = getenv("MUSTER_NET");

	return p && p[0] == '/' ? p : MUSTER_LIBEXECDIR "/muster-net";
}

static bool passes(const char *entry)
{
	static const char *const names[] = {
		"AWS_",		"HTTP_PROXY=",	"HTTPS_PROXY=", "NO_PROXY=",	  "ALL_PROXY=",
		"http_proxy=",	"https_proxy=", "no_proxy=",	"all_proxy=",	  "HOME=",
		"SSL_CERT_FILE=", "SSL_CERT_DIR=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_startswith(entry, names[i]))
			return true;
	return false;
}

static char **environment(void)
{
	char **env = NULL;

	for (char **e = environ; e && *e; e++)
		if (passes(*e))
			strv_add(&env, *e);
	return env;
}

static struct fault *start(int socket, int extra, struct child *ret)
{
	char *argv[] = { (char *)"muster-net", NULL };
	int fds[] = { socket, extra };
	_cleanup_strv_ char **env = environment();
	struct spawn s = SPAWN_INIT;

	s.path = net_program();
	s.argv = argv;
	s.env = env;
	s.err = STDERR_FILENO;
	s.fds = fds;
	s.n_fds = extra >= 0 ? 2 : 1;
	s.death_signal = SIGKILL;
	s.prepare = prepare_fn;
	s.arg = prepare_arg;
	return fault_wrap(spawn_start(&s, ret), "cannot start muster-net");
}

/* The child answers by itself before the parent loses patience: its fault says more, also where it
 * had hardly any time. */
static uint64_t patience(uint64_t deadline_ms)
{
	return MAX(deadline_ms, clock_boottime_ms() + LEAST_MS);
}

static uint64_t left_for_child(uint64_t deadline_ms)
{
	uint64_t now = clock_boottime_ms(), left = deadline_ms > now ? deadline_ms - now : 0;

	if (deadline_ms == NO_DEADLINE)
		return 7 * 24 * 3600 * 1000ull;
	return left - MIN(left / 10, 500u);
}

static struct fault *send_request(struct call *c, int fd, const struct doc *request)
{
	_cleanup_doc_ struct doc *d = doc_object();
	_cleanup_secret_buf_ struct buf text = BUF_INIT;

	doc_set_string(d, "operation", c->operation);
	doc_set_int(d, "leftMs", (int64_t)left_for_child(c->wanted_ms));
	doc_set(d, "request", request ? doc_copy(request) : doc_object());
	doc_write(d, DOC_COMPACT, &text);
	return frame_send(fd, FRAME_REQUEST, text.data, text.len, c->deadline_ms);
}

static bool id_is_sound(const char *id)
{
	size_t n = id ? strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789._-") : 0;

	return n > 0 && n < ID_MAX && !id[n] && id[0] != '.' && strchr(id, '.');
}

/* Words of another process end up on terminals: no control characters. */
static void make_printable(char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < ' ' && *s != '\n' && *s != '\t') || *s == 0x7f)
			*s = '?';
}

static struct fault *remote_fault(const struct buf *payload)
{
	_cleanup_doc_ struct doc *d = NULL;
	_cleanup_free_ char *words = NULL;
	struct fault *f;

	f = json_parse("muster-net", payload->data, payload->len, 0, &d);
	if (f)
		return fault_as(fault_wrap(f, "a fault that is no document"), "net.protocol");
	if (!id_is_sound(doc_str(d, "id")) || !doc_str(d, "message"))
		return fault_new("net.protocol", "a fault without a proper id and message");
	words = xstrdup(doc_str(d, "message"));
	make_printable(words);
	f = fault_new(doc_str(d, "id"), "%s", words);
	f->errnum = (int)doc_integer(d, "errno", 0);
	return f;
}

static struct fault *parse(const char *what, const struct buf *payload, struct doc **ret)
{
	_cleanup_doc_ struct doc *d = NULL;
	struct fault *f = json_parse("muster-net", payload->data, payload->len, 0, &d);

	if (f)
		return fault_as(fault_wrap(f, "%s that is no document", what), "net.protocol");
	if (d->type != DOC_OBJECT)
		return fault_new("net.protocol", "%s that is no object", what);
	*ret = TAKE_PTR(d);
	return NULL;
}

static struct fault *take_entry(struct call *c, const struct buf *payload)
{
	_cleanup_doc_ struct doc *entry = NULL;

	if (!c->sink)
		return fault_new("net.protocol", "an entry, and nobody asked for entries");
	TRY(parse("an entry", payload, &entry));
	c->has_entry = streq(doc_str(entry, "type"), "file");
	return c->sink->entry(c->sink->arg, entry);
}

static struct fault *take_bytes(struct call *c, const struct buf *payload)
{
	if (!c->sink || !c->has_entry)
		return fault_new("net.protocol", "bytes that belong to no file");
	return c->sink->bytes(c->sink->arg, payload->data, payload->len);
}

/* *ret_last: this frame ends the conversation. */
static struct fault *take_frame(struct call *c, char kind, const struct buf *payload,
				bool *ret_last)
{
	switch (kind) {
	case FRAME_ENTRY:
		return take_entry(c, payload);
	case FRAME_BYTES:
		return take_bytes(c, payload);
	case FRAME_RESULT:
		*ret_last = true;
		return parse("a result", payload, c->ret);
	case FRAME_FAULT:
		*ret_last = true;
		return remote_fault(payload);
	default:
		return fault_new("net.protocol", "a frame of kind %c from muster-net", kind);
	}
}

/* What is waited for, and the member of the request that names it. */
static const struct {
	const char *operation, *words, *key;
} errands[] = {
	{ NET_IDENTITY, "the metadata service to say who this machine is", NULL },
	{ NET_CREDENTIALS, "AWS credentials", NULL },
	{ NET_BUNDLE, "the bundle", "source" },
	{ NET_UNPACK, "the archive", "source" },
	{ NET_EKS_CLUSTER, "EKS to describe cluster", "name" },
	{ NET_NODE_GET, "the API server to show Node", "name" },
	{ NET_NODE_PATCH, "the API server to change Node", "name" },
	{ NET_NODE_AWAIT, "news of Node", "name" },
	{ NET_EVENT_CREATE, "the API server to take an event on Node", "name" },
};

/* A child that keeps silent to the end leaves it to the parent to say what it was about. */
static struct fault *silent(const struct call *c, const struct doc *request, struct fault *f)
{
	const char *words = "muster-net", *name = NULL, *server = doc_str(request, "server");
	const struct doc *until = doc_get(request, "until");
	_cleanup_free_ char *wish = until ? doc_to_string(until, DOC_COMPACT) : NULL;

	if (!fault_is(f, "net.timeout"))
		return f;
	for (size_t i = 0; i < ARRAY_SIZE(errands); i++) {
		if (!streq(errands[i].operation, c->operation))
			continue;
		words = errands[i].words;
		name = errands[i].key ? doc_str(request, errands[i].key) : NULL;
	}
	return fault_wrap(f, "waiting for %s%s%s%s%s%s%s", words, name ? " " : "", name ? name : "",
			  server ? " at " : "", server ? server : "", wish ? ", until " : "",
			  wish ? wish : "");
}

static struct fault *converse(struct call *c, int fd, const struct doc *request, bool *ret_last)
{
	_cleanup_secret_buf_ struct buf payload = BUF_INIT;
	char kind;

	TRY(silent(c, request, send_request(c, fd, request)));
	while (!*ret_last) {
		TRY(silent(c, request, frame_receive(fd, c->deadline_ms, &kind, &payload)));
		TRY(take_frame(c, kind, &payload, ret_last));
	}
	return NULL;
}

static struct fault *crash(struct call *c, struct child *child)
{
	uint64_t until = MIN(c->deadline_ms, clock_boottime_ms() + LAST_MS);
	char text[EXIT_TEXT_MAX];
	int status;

	if (child_wait(child, until, &status) < 0)
		return fault_new("net.crashed", "muster-net closed its socket without an answer");
	return fault_new("net.crashed", "muster-net ended without an answer: %s",
			 exit_text(status, text));
}

static struct fault *finish(struct call *c, struct child *child)
{
	char text[EXIT_TEXT_MAX];
	int status;

	if (child_wait(child, clock_boottime_ms() + LAST_MS, &status) < 0)
		return NULL; /* it has answered; child_done ends it */
	if (status == 0)
		return NULL;
	doc_free(*c->ret);
	*c->ret = NULL;
	return fault_new("net.crashed", "muster-net answered and then failed: %s",
			 exit_text(status, text));
}

struct fault *net_call_with_fd(const char *operation, const struct doc *request,
			       uint64_t deadline_ms, const struct net_sink *sink, int fd,
			       struct doc **ret)
{
	_cleanup_doc_ struct doc *result = NULL;
	struct call c = { .operation = operation, .wanted_ms = deadline_ms,
			  .deadline_ms = patience(deadline_ms), .sink = sink, .ret = &result };
	_cleanup_child_ struct child child = CHILD_NONE;
	_cleanup_fd_ int ours = -1;
	bool last = false;
	int pair[2];
	struct fault *f;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return fault_errno("spawn.failed", errno, "cannot make a socketpair");
	ours = pair[0];
	f = start(pair[1], fd, &child);
	fd_close(pair[1]);
	TRY(f);
	f = converse(&c, ours, request, &last);
	if (!last && fault_is(f, "net.closed")) {
		fault_free(f);
		f = crash(&c, &child);
	}
	if (!f)
		f = finish(&c, &child);
	TRY(fault_wrap(f, "%s", operation));
	*ret = TAKE_PTR(result);
	return NULL;
}

struct fault *net_call(const char *operation, const struct doc *request, uint64_t deadline_ms,
		       const struct net_sink *sink, struct doc **ret)
{
	return net_call_with_fd(operation, request, deadline_ms, sink, -1, ret);
}
