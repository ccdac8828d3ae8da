/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "lib/aws/s3-internal.h"
#include "lib/base/clock.h"

#define REFUSAL_MAX (64 * 1024)

struct s3_object {
	struct s3 *s3; /* borrowed */
	char *key;
	char *what;
	char *etag, *version;
	uint64_t offset; /* bytes read */
	unsigned failures; /* since the last byte */
	bool begun;	   /* the head of an answer was taken */
	struct http_stream *stream;
};

void s3_object_close(struct s3_object *o)
{
	if (!o)
		return;
	http_close(o->stream);
	free(o->key);
	free(o->what);
	free(o->etag);
	free(o->version);
	free(o);
}

const char *s3_etag(const struct s3_object *o)
{
	return o->etag;
}

const char *s3_version_id(const struct s3_object *o)
{
	return o->version;
}

/* Starts the transfer, from the offset on and of the same object where there is one already. */
static struct fault *start(struct s3_object *o)
{
	_cleanup_free_ char *endpoint = NULL, *path = NULL;
	_cleanup_aws_request_ struct aws_request a = { 0 };
	struct http_request r = { 0 };
	struct sigv4_pair headers[2];
	char range[48];
	size_t n = 0;

	if (o->etag)
		headers[n++] = (struct sigv4_pair){ "If-Match", o->etag };
	if (o->offset > 0) {
		(void)snprintf(range, sizeof(range), "bytes=%llu-", (unsigned long long)o->offset);
		headers[n++] = (struct sigv4_pair){ "Range", range };
	}
	s3_address(o->s3, o->key, &endpoint, &path);
	a = (struct aws_request){ .creds = o->s3->creds, .region = o->s3->region, .service = "s3",
				  .endpoint = endpoint, .path = path, .headers = headers,
				  .n_headers = n, .s3 = true, .deadline_ms = o->s3->deadline_ms };
	http_close(o->stream);
	o->stream = NULL;
	o->begun = false;
	TRY(aws_request_build(&a, &r));
	return http_open(o->s3->http, &r, &o->stream);
}

struct fault *s3_get(struct s3 *s, const char *key, const char *if_match, struct s3_object **ret)
{
	_cleanup_(s3_object_closep) struct s3_object *o = NEW(struct s3_object, 1);

	o->s3 = s;
	o->key = xstrdup(key);
	o->what = xasprintf("GetObject s3://%s/%s", s->bucket, key);
	o->etag = xstrdup(if_match);
	TRY(start(o));
	*ret = TAKE_PTR(o);
	return NULL;
}

static struct fault *read_refusal(struct s3_object *o, struct buf *out)
{
	const void *data;
	size_t len;

	for (;;) {
		TRY(http_read(o->stream, &data, &len));
		if (len == 0 || out->len + len > REFUSAL_MAX)
			return NULL;
		buf_add(out, data, len);
	}
}

/* Whether there is another try in it; sleeps before. */
static bool may_retry(struct s3_object *o, uint64_t retry_after_ms)
{
	uint64_t delay;

	if (++o->failures >= http_max_attempts())
		return false;
	delay = retry_delay(&retry_request, o->failures + 1, retry_after_ms,
			    (uint32_t)random_u64());
	if (delay >= (uint64_t)clock_left(o->s3->deadline_ms))
		return false;
	clock_sleep_ms(delay);
	return true;
}

static void remember(struct s3_object *o, char *const *headers)
{
	if (!o->etag)
		o->etag = xstrdup(http_header(headers, "etag"));
	if (!o->version)
		o->version = xstrdup(http_header(headers, "x-amz-version-id"));
}

/* *ret_again: a new transfer has to be started. */
static struct fault *take_head(struct s3_object *o, bool *ret_again)
{
	_cleanup_buf_ struct buf body = BUF_INIT;
	char *const *headers;
	int status;

	TRY(http_head(o->stream, &status, &headers));
	if (status == (o->offset > 0 ? 206 : 200)) {
		remember(o, headers);
		o->begun = true;
		return NULL;
	}
	TRY(read_refusal(o, &body));
	*ret_again = s3_moved(o->s3, status, headers, &body) ||
		     (retry_status(status) && may_retry(o, http_retry_after_ms(o->stream)));
	return *ret_again ? NULL : s3_refusal(o->s3, o->what, status, headers, &body);
}

static struct fault *step(struct s3_object *o, const void **ret, size_t *ret_len, bool *ret_again)
{
	if (!o->begun)
		TRY(take_head(o, ret_again));
	if (*ret_again)
		return NULL;
	return http_read(o->stream, ret, ret_len);
}

struct fault *s3_read(struct s3_object *o, const void **ret, size_t *ret_len)
{
	for (;;) {
		bool again = false;
		struct fault *f = step(o, ret, ret_len, &again);

		if (!f && !again) {
			o->offset += *ret_len;
			o->failures = 0;
			return NULL;
		}
		if (f && !(http_fault_is_transient(f) && (o->etag || o->offset == 0) &&
			   may_retry(o, 0)))
			return f;
		fault_free(f);
		TRY(start(o));
	}
}
