/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* AWS Signature Version 4, header and query form. Pure: the time is given.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * Proven by the published test suite (tests/data/sigv4). */

#include "lib/aws/creds.h"
#include "lib/base/buf.h"

struct sigv4_pair {
	const char *name;
	const char *value; /* NULL counts as "" */
};

struct sigv4 {
	const struct aws_creds *creds;
	const char *region;
	const char *service; /* "s3", "sts", "eks" */
	uint64_t time_ms;    /* since 1970 */
	const char *method;
	const char *host;    /* the Host header as it will be sent */
	const char *path;    /* as it will be sent, with its percent signs; "" is "/" */
	const struct sigv4_pair *query; /* not encoded yet; any order */
	size_t n_query;
	const struct sigv4_pair *headers; /* more headers to sign; any order and case */
	size_t n_headers;
	const void *body;
	size_t body_len;
	bool s3;	   /* path neither cleaned nor encoded again; x-amz-content-sha256 added */
	bool keep_path;	   /* path not cleaned of "." and ".." */
	unsigned expires_s; /* query form: how long the URL is good */
};

enum sigv4_form { SIGV4_HEADER, SIGV4_QUERY };

/* What has to be added to the request: NULL-terminated "Name: value" lines (x-amz-date,
 * authorization, and where they apply x-amz-security-token, x-amz-content-sha256). Owned. */
char **sigv4_headers(const struct sigv4 *s);
/* The whole query string of the presigned URL, without '?'. Owned. */
char *sigv4_query(const struct sigv4 *s);

/* The query as it is signed, and must be sent: encoded and sorted. Owned. */
char *sigv4_encode_query(const struct sigv4_pair *query, size_t n);
/* Percent-encodes all but the unreserved characters of RFC 3986 (and '/' where keep_slash). */
void sigv4_encode(struct buf *out, const char *s, bool keep_slash);

/* The steps between, for tests. Owned. */
char *sigv4_canonical(const struct sigv4 *s, enum sigv4_form form);
char *sigv4_string_to_sign(const struct sigv4 *s, enum sigv4_form form);
