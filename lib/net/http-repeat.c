/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/clock.h"
#include "lib/base/parse.h"
#include "lib/base/strv.h"
#include "lib/net/http.h"

unsigned http_max_attempts(void)
{
	const char *text = getenv("AWS_MAX_ATTEMPTS");
	uint32_t n;

	if (text && parse_u32(text, &n) == 0 && n > 0)
		return n;
	return retry_request.max_attempts;
}

static struct fault *read_body(struct http_stream *s, size_t max, struct buf *out)
{
	const void *data;
	size_t len;

	for (;;) {
		TRY(http_read(s, &data, &len));
		if (len == 0)
			return NULL;
		if (out->len + len > max)
			return fault_new("net.too_large", "an answer of more than %zu bytes", max);
		buf_add(out, data, len);
	}
}

struct fault *http_do(struct http *h, const struct http_request *r, struct http_response *ret)
{
	_cleanup_stream_ struct http_stream *s = NULL;
	char *const *headers;

	http_response_done(ret);
	TRY(http_open(h, r, &s));
	TRY(http_head(s, &ret->status, &headers));
	ret->headers = strv_copy(headers);
	ret->retry_after_ms = http_retry_after_ms(s);
	return fault_wrap(read_body(s, r->max_body ? r->max_body : HTTP_BODY_MAX, &ret->body), "%s",
			  r->url);
}

static bool worth(const struct http_repeat *r, const struct fault *f,
		  const struct http_response *answer)
{
	if (f)
		return http_fault_is_transient(f);
	return r->again ? r->again(r->arg, answer) : retry_status(answer->status);
}

/* Whether there is room for another attempt; sleeps until then. */
static bool pause_before(const struct http_repeat *r, unsigned attempt, uint64_t retry_after_ms)
{
	uint64_t delay = retry_delay(&retry_request, attempt, retry_after_ms,
				     (uint32_t)random_u64());

	if (r->deadline_ms != NO_DEADLINE && delay >= (uint64_t)clock_left(r->deadline_ms))
		return false;
	clock_sleep_ms(delay);
	return true;
}

struct fault *http_repeat(struct http *h, const struct http_repeat *r, struct http_response *ret)
{
	uint64_t patience = clock_boottime_ms() + r->wait_ms;

	for (unsigned attempt = 1;; attempt++) {
		struct http_request request = { .deadline_ms = r->deadline_ms };
		_cleanup_fault_ struct fault *f = r->build(r->arg, &request);

		if (f)
			return TAKE_PTR(f);
		f = http_do(h, &request, ret);
		if (!worth(r, f, ret))
			return TAKE_PTR(f);
		if (attempt >= http_max_attempts() && !(f && clock_boottime_ms() < patience))
			return TAKE_PTR(f);
		if (!pause_before(r, attempt + 1, f ? 0 : ret->retry_after_ms))
			return TAKE_PTR(f);
	}
}
