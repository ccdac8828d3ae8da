/* SPDX-License-Identifier: Apache-2.0 */
/* What muster-net says to root, byte by byte, and what is said to it. No process is started: the
 * input stands in the socket (the program is linked with --wrap for what would start one). */
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/net/call.h"
#include "lib/sys/spawn.h"
#include "tests/fuzz/fuzz.h"

#define SIZE_MAX_HERE 65536 /* fits into a socket's buffer */

static const uint8_t *input;
static size_t input_size;
static int theirs = -1;

struct fault *__wrap_spawn_start(const struct spawn *s, struct child *ret);
struct fault *__wrap_spawn_start(const struct spawn *s, struct child *ret)
{
	*ret = CHILD_NONE;
	theirs = dup(s->fds[0]);
	MUST(theirs >= 0);
	MUST(write(theirs, input, input_size) == (ssize_t)input_size);
	MUST(shutdown(theirs, SHUT_WR) == 0);
	return NULL;
}

int __wrap_child_wait(struct child *c, uint64_t deadline_ms, int *ret_status);
int __wrap_child_wait(struct child *c, uint64_t deadline_ms, int *ret_status)
{
	(void)c;
	(void)deadline_ms;
	*ret_status = 0;
	return 0;
}

struct bundle {
	bool file;
};

static struct fault *on_entry(void *arg, const struct doc *entry)
{
	struct bundle *b = arg;

	MUST(entry && entry->type == DOC_OBJECT);
	b->file = streq(doc_str(entry, "type"), "file");
	return NULL;
}

static struct fault *on_bytes(void *arg, const void *data, size_t len)
{
	struct bundle *b = arg;

	MUST(b->file && (data || len == 0) && len <= 256 * 1024);
	return NULL;
}

static void call(const struct net_sink *sink)
{
	_cleanup_doc_ struct doc *result = NULL;
	struct fault *f = net_call("bundle", NULL, clock_boottime_ms() + 5000, sink, &result);

	MUST(!f == !!result);
	MUST(!result || result->type == DOC_OBJECT);
	if (f) /* a remote fault's words may have line ends */
		for (char *s = f->message; *s; s++)
			*s = *s == '\n' || *s == '\t' ? ' ' : *s;
	if (f && strlen(f->message) < 16384)
		check_fault(f);
	else
		fault_free(f);
	MUST(close(theirs) == 0);
}

static void serve(void)
{
	struct net_server server = { .fd = -1 };
	_cleanup_doc_ struct doc *request = NULL;
	_cleanup_free_ char *operation = NULL;
	struct fault *f;
	int pair[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	MUST(write(pair[1], input, input_size) == (ssize_t)input_size);
	MUST(close(pair[1]) == 0);
	server.fd = pair[0];
	f = net_receive(&server, &operation, &request);
	MUST(!f == (operation && request));
	check_fault(f);
	MUST(close(pair[0]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bundle b = { false };

	if (size > SIZE_MAX_HERE)
		return 0;
	input = data;
	input_size = size;
	call(&(struct net_sink){ on_entry, on_bytes, &b });
	call(NULL);
	serve();
	return 0;
}
