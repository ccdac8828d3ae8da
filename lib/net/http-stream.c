/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/strv.h"
#include "lib/net/http-internal.h"

#define POLL_MS 1000

/* Without the query: it may carry a signature. */
static char *name_of(const struct http_request *r)
{
	return xasprintf("%s %.*s", r->method ? r->method : "GET", (int)strcspn(r->url, "?#"),
			 r->url);
}

void http_close(struct http_stream *s)
{
	if (!s)
		return;
	if (s->easy) {
		(void)curl_multi_remove_handle(s->http->multi, s->easy);
		curl_easy_cleanup(s->easy);
	}
	curl_slist_free_all(s->list);
	strv_free(s->headers);
	buf_erase(&s->in); /* tokens and keys come this way */
	free(s->what);
	free(s);
}

struct fault *http_open(struct http *h, const struct http_request *r, struct http_stream **ret)
{
	_cleanup_stream_ struct http_stream *s = NEW(struct http_stream, 1);

	s->http = h;
	s->what = name_of(r);
	s->deadline_ms = r->deadline_ms;
	if (clock_left(r->deadline_ms) == 0)
		return fault_new("net.timeout", "%s: the deadline is past", s->what);
	s->easy = curl_easy_init();
	if (!s->easy)
		die("curl_easy_init");
	TRY(http_configure(s, r));
	if (curl_multi_add_handle(h->multi, s->easy) != CURLM_OK)
		return fault_new("net.transport", "%s: libcurl refuses the transfer", s->what);
	*ret = TAKE_PTR(s);
	return NULL;
}

static void note_ends(struct http *h)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left))) {
		struct http_stream *s = NULL;

		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&s);
		if (m->msg == CURLMSG_DONE && s) {
			s->done = true;
			s->code = m->data.result;
		}
	}
}

/* Moves everything on once, and waits where there is nothing to do. */
static struct fault *pump(struct http_stream *s)
{
	CURLM *m = s->http->multi;
	int running;

	if (curl_multi_perform(m, &running) != CURLM_OK)
		return fault_new("net.transport", "%s: libcurl cannot go on", s->what);
	note_ends(s->http);
	if (s->done || s->in.len > s->given)
		return NULL;
	if (clock_left(s->deadline_ms) == 0)
		return fault_new("net.timeout", "%s: not done before the deadline", s->what);
	(void)curl_multi_poll(m, NULL, 0, MIN(clock_left(s->deadline_ms), POLL_MS), NULL);
	return NULL;
}

static void resume(struct http_stream *s)
{
	if (!s->paused)
		return;
	s->paused = false;
	(void)curl_easy_pause(s->easy, CURLPAUSE_CONT);
}

struct fault *http_head(struct http_stream *s, int *ret_status, char *const **ret_headers)
{
	long status = 0;

	while (!s->head && !s->done)
		TRY(pump(s));
	if (!s->head && s->code != CURLE_OK)
		return http_transport_fault(s);
	if (!s->head)
		return fault_new("net.closed", "%s: no answer", s->what);
	(void)curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
	*ret_status = (int)status;
	if (ret_headers)
		*ret_headers = s->headers;
	return NULL;
}

struct fault *http_read(struct http_stream *s, const void **ret, size_t *ret_len)
{
	buf_consume(&s->in, s->given);
	s->given = 0;
	if (s->in.len == 0)
		resume(s);
	while (s->in.len == 0 && !s->done)
		TRY(pump(s));
	if (s->in.len == 0 && s->code != CURLE_OK)
		return http_transport_fault(s);
	s->given = s->in.len;
	*ret = s->in.data;
	*ret_len = s->in.len;
	return NULL;
}

uint64_t http_retry_after_ms(struct http_stream *s)
{
	curl_off_t seconds = 0;

	(void)curl_easy_getinfo(s->easy, CURLINFO_RETRY_AFTER, &seconds);
	return seconds > 0 && seconds < 86400 ? (uint64_t)seconds * 1000 : 0;
}
