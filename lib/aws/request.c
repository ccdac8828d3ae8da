/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/request.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/strv.h"

void aws_request_done(struct aws_request *a)
{
	free(a->url);
	strv_free(a->lines);
	a->url = NULL;
	a->lines = NULL;
}

struct fault *aws_request_build(struct aws_request *a, struct http_request *ret)
{
	_cleanup_free_ char *host = NULL, *query = NULL;

	aws_request_done(a);
	TRY(http_host(a->endpoint, &host));
	query = sigv4_encode_query(a->query, a->n_query);
	a->url = xasprintf("%s%s%s%s", a->endpoint, a->path, query[0] ? "?" : "", query);
	a->lines = sigv4_headers(&(struct sigv4){
		.creds = a->creds, .region = a->region, .service = a->service,
		.time_ms = clock_realtime_ms(), .method = a->method ? a->method : "GET",
		.host = host, .path = a->path, .body = a->body, .body_len = a->body_len,
		.query = a->query, .n_query = a->n_query, .headers = a->headers,
		.n_headers = a->n_headers, .s3 = a->s3, .keep_path = true,
	});
	for (size_t i = 0; i < a->n_headers; i++)
		strv_addf(&a->lines, "%s: %s", a->headers[i].name, a->headers[i].value);
	ret->method = a->method;
	ret->url = a->url;
	ret->headers = a->lines;
	ret->body = a->body;
	ret->body_len = a->body_len;
	ret->max_body = a->max_body;
	ret->deadline_ms = a->deadline_ms;
	return NULL;
}

static struct fault *build(void *arg, struct http_request *r)
{
	return aws_request_build(arg, r);
}

static bool again(_unused_ void *arg, const struct http_response *r)
{
	static const char *const words[] = { "Throttl", "RequestLimitExceeded", "SlowDown",
					     "RequestTimeout<" };

	if (retry_status(r->status))
		return true;
	for (size_t i = 0; r->status == 400 && i < ARRAY_SIZE(words); i++)
		if (strstr(buf_str(&r->body), words[i]))
			return true;
	return false;
}

struct fault *aws_request_do(struct http *h, struct aws_request *a, struct http_response *ret)
{
	return http_repeat(h, &(struct http_repeat){ .build = build, .again = again, .arg = a,
						     .deadline_ms = a->deadline_ms }, ret);
}
