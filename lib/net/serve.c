/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/net/call.h"
#include "lib/net/frame.h"
#include "lib/net/words.h"

#define REQUEST_WAIT_MS 10000

static struct fault *send_doc(const struct net_server *s, char kind, const struct doc *d)
{
	_cleanup_secret_buf_ struct buf text = BUF_INIT;

	doc_write(d, DOC_COMPACT, &text);
	return frame_send(s->fd, kind, text.data, text.len, NO_DEADLINE);
}

struct fault *net_receive(struct net_server *s, char **ret_operation, struct doc **ret_request)
{
	_cleanup_secret_buf_ struct buf payload = BUF_INIT;
	_cleanup_doc_ struct doc *d = NULL;
	struct doc *request;
	int64_t left;
	char kind;

	TRY(frame_receive(s->fd, clock_boottime_ms() + REQUEST_WAIT_MS, &kind, &payload));
	if (kind != FRAME_REQUEST)
		return fault_new("net.protocol", "expected a request, got a frame of kind %c",
				 kind);
	TRY(json_parse("request", payload.data, payload.len, 0, &d));
	request = doc_get_mut(d, "request");
	left = doc_integer(d, "leftMs", -1);
	if (!request || request->type != DOC_OBJECT || !doc_str(d, "operation") || left < 0)
		return fault_new("net.protocol", "a request without operation, leftMs or request");
	s->deadline_ms = clock_boottime_ms() + (uint64_t)left;
	*ret_operation = xstrdup(doc_str(d, "operation"));
	*ret_request = doc_copy(request);
	return NULL;
}

struct fault *net_send_entry(struct net_server *s, const struct doc *entry)
{
	return send_doc(s, FRAME_ENTRY, entry);
}

struct fault *net_send_bytes(struct net_server *s, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len > 0) {
		size_t n = MIN(len, (size_t)frame_max(FRAME_BYTES));

		TRY(frame_send(s->fd, FRAME_BYTES, p, n, NO_DEADLINE));
		p += n;
		len -= n;
	}
	return NULL;
}

struct fault *net_send_result(struct net_server *s, const struct doc *result)
{
	return send_doc(s, FRAME_RESULT, result);
}

struct fault *net_send_fault(struct net_server *s, const struct fault *f)
{
	_cleanup_doc_ struct doc *d = doc_object();
	const char *message = f->message ? f->message : "";
	_cleanup_free_ char *words = words_clean(message, strlen(message), 8192);

	doc_set_string(d, "id", f->id);
	doc_set_int(d, "errno", f->errnum);
	doc_set_string(d, "message", words);
	return send_doc(s, FRAME_FAULT, d);
}
