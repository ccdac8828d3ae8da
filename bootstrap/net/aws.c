/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/net/ops.h"
#include "lib/aws/eks.h"
#include "lib/aws/find.h"

struct fault *op_credentials(struct net_server *server, const struct doc *request)
{
	_cleanup_http_ struct http *h = http_new();
	_cleanup_creds_ struct aws_creds creds = { 0 };
	_cleanup_doc_ struct doc *result = NULL;

	TRY(aws_creds_find(h, request_wait_ms(request), server->deadline_ms, &creds));
	result = aws_creds_encode(&creds);
	return net_send_result(server, result);
}

struct fault *op_eks_cluster(struct net_server *server, const struct doc *request)
{
	_cleanup_http_ struct http *h = http_new();
	_cleanup_creds_ struct aws_creds creds = { 0 };
	_cleanup_doc_ struct doc *result = NULL;
	const char *name, *region;

	TRY(request_string(request, "name", &name));
	TRY(request_string(request, "region", &region));
	TRY(request_credentials(h, server, request, &creds));
	TRY(eks_describe_cluster(h, &creds, region, name, server->deadline_ms, &result));
	return net_send_result(server, result);
}
