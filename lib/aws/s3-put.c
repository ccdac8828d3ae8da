/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/s3-internal.h"

struct fault *s3_put(struct s3 *s, const char *key, const char *type, const void *data, size_t len)
{
	const struct sigv4_pair headers[] = { { "Content-Type", type } };
	_cleanup_free_ char *what = xasprintf("PutObject s3://%s/%s", s->bucket, key);

	for (;;) {
		_cleanup_free_ char *endpoint = NULL, *path = NULL;
		_cleanup_aws_request_ struct aws_request a = { 0 };
		_cleanup_response_ struct http_response r = { 0 };

		s3_address(s, key, &endpoint, &path);
		a = (struct aws_request){ .creds = s->creds, .region = s->region, .service = "s3",
					  .method = "PUT", .endpoint = endpoint, .path = path,
					  .headers = headers, .n_headers = ARRAY_SIZE(headers),
					  .body = data, .body_len = len, .s3 = true,
					  .deadline_ms = s->deadline_ms };
		TRY(fault_wrap(aws_request_do(s->http, &a, &r), "%s", what));
		if (r.status == 200)
			return NULL;
		if (!s3_moved(s, r.status, r.headers, &r.body))
			return s3_refusal(s, what, r.status, r.headers, &r.body);
	}
}
