/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A signed request to an AWS service. */

#include "lib/aws/sigv4.h"
#include "lib/net/http.h"

struct aws_request {
	const struct aws_creds *creds;
	const char *region, *service;
	const char *method; /* NULL: GET */
	const char *endpoint; /* "https://host", no path */
	const char *path;     /* encoded, begins with '/' */
	const struct sigv4_pair *query;
	size_t n_query;
	const struct sigv4_pair *headers; /* signed and sent */
	size_t n_headers;
	const void *body; /* signed with the rest */
	size_t body_len;
	uint64_t deadline_ms;
	size_t max_body;
	bool s3;
	/* built */
	char *url;
	char **lines;
};

/* Makes url and lines for now; *ret borrows them until the next build or aws_request_done. */
struct fault *aws_request_build(struct aws_request *a, struct http_request *ret) _must_check_;
void aws_request_done(struct aws_request *a);
#define _cleanup_aws_request_ _cleanup_(aws_request_done)
/* Sends it by http_repeat, signed anew each time. Throttling that comes with status 400 is tried
 * again too. */
struct fault *aws_request_do(struct http *h, struct aws_request *a, struct http_response *ret)
	_must_check_;
