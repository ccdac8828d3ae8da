/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/kube/client-internal.h"
#include "lib/kube/node.h"

/* A connection that died without a word is noticed when its watch should have ended. */
#define WATCH_LATE_MS 10000
#define BRIEF_MS 1000 /* a watch that ended sooner is not opened again at once */
#define EVENT_MAX (8u * 1024 * 1024)
#define REFUSAL_MAX (64u * 1024)
#define CONFLICTS_AT_ONCE 4 /* then there are pauses: somebody writes to the Node all the time */

static const struct retry retry_watch = { .base_ms = 200, .max_ms = 5000 };

struct wait {
	const struct kube *kube;
	const struct kube_wait *want;
	struct doc *node; /* NODE; NULL: there is none */
	char *version;	  /* where a watch goes on; NULL: list first */
	char *trouble;	  /* the last thing that failed */
	bool seen, fulfilled, was_open;
	unsigned failures;  /* in a row, of watches that did not last */
	unsigned conflicts; /* in a row */
};

/* The scheduler asks for nothing else: readiness reaches it as a taint. */
static bool is_open(const struct doc *node)
{
	const struct doc *taints = doc_get(node, "taints");

	for (size_t i = 0; taints && i < taints->n_items; i++)
		if (!streq(doc_str(taints->items[i], "effect"), "PreferNoSchedule"))
			return false;
	return node && !doc_boolean(node, "unschedulable", false);
}

static void take(struct wait *w, struct doc *node)
{
	doc_free(w->node);
	w->node = node;
}

static void rest(struct wait *w, unsigned failures)
{
	uint64_t delay = retry_delay(&retry_watch, failures + 1, 0, (uint32_t)random_u64());

	clock_sleep_ms(MIN(delay, (uint64_t)clock_left(w->kube->deadline_ms)));
}

/* From a list on, for no event need follow. */
static void start_over(struct wait *w)
{
	free(w->version);
	w->version = NULL;
}

static void take_conflict(struct wait *w)
{
	w->fulfilled = false;
	start_over(w);
	if (++w->conflicts > CONFLICTS_AT_ONCE)
		rest(w, w->conflicts - CONFLICTS_AT_ONCE);
}

static struct fault *act_on(struct wait *w)
{
	const char *version = doc_str(w->node, "resourceVersion");
	_cleanup_doc_ struct doc *body = doc_copy(w->want->then), *after = NULL;
	struct doc *meta = doc_get_mut(body, "metadata");
	struct fault *f;

	if (!meta)
		meta = doc_set(body, "metadata", doc_object());
	doc_set_string(meta, "resourceVersion", version);
	f = kube_patch_node(w->kube, "merge", NULL, body, &after);
	if (fault_is(f, "kube.conflict") || fault_is(f, "kube.not_found")) {
		fault_free(f);
		take_conflict(w);
		return NULL;
	}
	TRY(f);
	take(w, node_reduce(after));
	return NULL;
}

/* What is fulfilled without a Node, or with one that needs nothing, is left as it is. */
static struct fault *act(struct wait *w)
{
	_cleanup_buf_ struct buf missing = BUF_INIT;

	w->was_open |= is_open(w->node);
	if (!w->fulfilled || !w->want->then || !w->node ||
	    (w->want->unless && node_fulfils(w->node, w->want->unless, &missing)))
		return NULL;
	return act_on(w);
}

static struct fault *look(struct wait *w, const struct doc *object)
{
	_cleanup_buf_ struct buf missing = BUF_INIT;
	struct doc *node = object ? node_reduce(object) : NULL;

	if (object && !node)
		return fault_new("kube.protocol", "a Node without a name");
	take(w, node);
	w->seen = true;
	w->fulfilled = node_fulfils(node, w->want->until, &missing);
	return act(w);
}

static void set_version(struct wait *w, const struct doc *object)
{
	const char *version = doc_str(doc_get(object, "metadata"), "resourceVersion");

	if (!version)
		return;
	free(w->version);
	w->version = xstrdup(version);
}

static char *path_of(const struct wait *w, const char *more)
{
	_cleanup_free_ char *name = kube_encode(w->kube->name);

	/* A kubelet may list and watch its own Node, by this selector. */
	return xasprintf("/api/v1/nodes?fieldSelector=metadata.name%%3D%s%s", name, more);
}

static struct fault *list(struct wait *w)
{
	_cleanup_kube_request_ struct kube_request q = {
		.kube = w->kube,
		.verb = xasprintf("list nodes/%s", w->kube->name),
		.path = path_of(w, ""),
	};
	_cleanup_doc_ struct doc *d = NULL;
	const struct doc *items;

	TRY(kube_send(&q, &d));
	items = doc_get(d, "items");
	if (!streq(doc_str(d, "kind"), "NodeList"))
		return fault_new("kube.protocol", "%s: the answer is no NodeList", q.verb);
	set_version(w, d);
	if (!w->version)
		return fault_new("kube.protocol", "%s: a list without a version", q.verb);
	return look(w, items && items->type == DOC_ARRAY && items->n_items > 0 ? items->items[0] :
										 NULL);
}

/* https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
static struct fault *take_event(struct wait *w, const char *line, size_t len)
{
	_cleanup_doc_ struct doc *d = NULL;
	struct fault *f = json_parse("watch", line, len, 0, &d);
	const struct doc *object = doc_get(d, "object");
	const char *type = doc_str(d, "type"), *words = doc_str(object, "message");

	if (f || !type)
		return f ? fault_as(f, "kube.protocol") :
			   fault_new("kube.protocol", "an event without a type");
	if (streq(type, "ERROR")) /* 410: the version is too old */
		return fault_new("kube.gone", "the watch ends: %s", words ? words : "(no reason)");
	set_version(w, object);
	if (streq(type, "ADDED") || streq(type, "MODIFIED"))
		return look(w, object);
	return streq(type, "DELETED") ? look(w, NULL) : NULL;
}

static struct fault *take_events(struct wait *w, struct buf *in)
{
	size_t done = 0;
	const char *end;

	while (!w->fulfilled && w->version && done < in->len &&
	       (end = memchr(in->data + done, '\n', in->len - done))) {
		size_t n = (size_t)(end - in->data) - done;

		if (n > 0)
			TRY(take_event(w, in->data + done, n));
		done += n + 1;
	}
	buf_consume(in, done);
	if (in->len > EVENT_MAX)
		return fault_new("kube.protocol", "an event of more than %u bytes", EVENT_MAX);
	return NULL;
}

static struct fault *read_events(struct wait *w, struct http_stream *s)
{
	_cleanup_buf_ struct buf in = BUF_INIT;
	const void *data;
	size_t len;

	while (!w->fulfilled && w->version) {
		TRY(http_read(s, &data, &len));
		if (len == 0)
			return NULL;
		buf_add(&in, data, len);
		TRY(take_events(w, &in));
	}
	return NULL;
}

static struct fault *read_refusal(const struct kube_request *q, struct http_stream *s, int status)
{
	_cleanup_buf_ struct buf body = BUF_INIT;
	const void *data;
	size_t len = 1;

	while (len > 0 && body.len < REFUSAL_MAX) {
		TRY(http_read(s, &data, &len));
		buf_add(&body, data, len);
	}
	return kube_refusal(q, status, &body);
}

static struct fault *follow(struct wait *w, struct kube_request *q)
{
	_cleanup_stream_ struct http_stream *s = NULL;
	uint64_t end = clock_boottime_ms() + KUBE_WATCH_S * 1000 + WATCH_LATE_MS;
	struct http_request r = { .deadline_ms = MIN(end, w->kube->deadline_ms),
				  .may_be_silent = true };
	int status;

	TRY(kube_build(q, &r));
	TRY(http_open(w->kube->watch ? w->kube->watch : w->kube->http, &r, &s));
	/* An API server keeps even the head of its answer until there is an event, or 10 s. The
	 * list says from where on nothing is missed, and the request goes out before a kubelet can
	 * act on what this lets begin. */
	if (w->want->watching)
		TRY(w->want->watching(w->want->arg));
	TRY(http_head(s, &status, NULL));
	return status == 200 ? read_events(w, s) : read_refusal(q, s, status);
}

static struct fault *watch(struct wait *w)
{
	_cleanup_free_ char *version = kube_encode(w->version), *more = NULL;
	_cleanup_kube_request_ struct kube_request q = { .kube = w->kube };

	more = xasprintf("&watch=true&allowWatchBookmarks=true&timeoutSeconds=%d"
			 "&resourceVersion=%s", KUBE_WATCH_S, version);
	q.verb = xasprintf("watch nodes/%s", w->kube->name);
	q.path = path_of(w, more);
	return kube_transport(&q, follow(w, &q));
}

/* A watch whose token has run out is none of these, but its list gets a new one. */
static bool may_pass(const struct fault *f, bool listing)
{
	static const char *const ids[] = { "kube.gone", "kube.unavailable", "kube.throttled",
					   "kube.protocol", "net.timeout" };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (fault_is(f, ids[i]))
			return true;
	return http_fault_is_transient(f) || (!listing && fault_is(f, "kube.unauthorized"));
}

static struct fault *step(struct wait *w)
{
	uint64_t began = clock_boottime_ms();
	bool listing = !w->version;
	struct fault *f = listing ? list(w) : watch(w);

	if (f && !may_pass(f, listing))
		return f;
	free(w->trouble);
	w->trouble = f ? xstrdup(f->message) : NULL;
	if (f)
		start_over(w);
	if (!listing && !f && clock_boottime_ms() - began >= BRIEF_MS)
		w->failures = 0;
	else if ((f || (!listing && w->version)) && !w->fulfilled)
		rest(w, ++w->failures);
	fault_free(f);
	return NULL;
}

static struct fault *too_late(const struct wait *w)
{
	_cleanup_buf_ struct buf missing = BUF_INIT;

	if (w->conflicts > 0 && w->node)
		return fault_new("kube.conflict", "somebody else changes it whenever it is to be "
				 "changed, %u times in a row", w->conflicts);
	if (w->seen)
		(void)node_fulfils(w->node, w->want->until, &missing);
	else
		buf_adds(&missing, "the API has not said anything about it");
	return fault_new("kube.await_timeout", "%s%s%s", buf_str(&missing),
			 w->trouble ? "; and last: " : "", w->trouble ? w->trouble : "");
}

static struct fault *await(struct wait *w)
{
	while (!w->fulfilled && clock_left(w->kube->deadline_ms) > 0)
		TRY(step(w));
	return w->fulfilled ? NULL : too_late(w);
}

struct fault *kube_await_node(const struct kube *k, const struct kube_wait *wait,
			      struct kube_seen *ret)
{
	struct wait w = { .kube = k, .want = wait };
	struct fault *f = node_until_check(wait->until);

	if (!f && wait->unless)
		f = node_until_check(wait->unless);
	if (!f)
		f = await(&w);
	*ret = (struct kube_seen){ .was_open = w.was_open };
	if (!f)
		ret->node = TAKE_PTR(w.node);
	doc_free(w.node);
	free(w.version);
	free(w.trouble);
	return f;
}
