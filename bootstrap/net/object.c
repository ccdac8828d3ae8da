/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/net/ops.h"
#include "lib/aws/s3.h"

struct fault *op_object_put(struct net_server *server, const struct doc *request)
{
	_cleanup_doc_ struct doc *result = doc_object();
	_cleanup_http_ struct http *h = http_new();
	_cleanup_creds_ struct aws_creds creds = { 0 };
	const struct doc *body = doc_get(request, "body");
	_cleanup_s3_ struct s3 s = { 0 };
	_cleanup_buf_ struct buf text = BUF_INIT;
	const char *bucket, *key, *region;

	TRY(request_string(request, "bucket", &bucket));
	TRY(request_string(request, "key", &key));
	TRY(request_string(request, "region", &region));
	if (!body || body->type != DOC_OBJECT)
		return fault_new("net.request", "the request has no \"body\"");
	doc_write(body, DOC_COMPACT, &text);
	TRY(request_credentials(h, server, request, &creds));
	TRY(s3_open(h, &creds, region, bucket, server->deadline_ms, &s));
	TRY(s3_put(&s, key, "application/json", text.data, text.len));
	doc_set_int(result, "bytes", (int64_t)text.len);
	return net_send_result(server, result);
}
