/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* S3: ListObjectsV2, GetObject and PutObject, signed by lib/aws/sigv4.
 *
 * Path style where AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL is set or the bucket has dots, else
 * virtual-hosted. The wrong region is corrected once, by x-amz-bucket-region.
 *
 * Faults: s3.no_bucket, s3.not_found, s3.forbidden, s3.bad_credentials, s3.bad_signature,
 * s3.clock_skew, s3.throttled, s3.unavailable, s3.redirect, s3.changed, s3.refused, s3.xml, net.*.
 * Messages name AWS's code and the access key's id and role, never a secret. */

#include "lib/aws/creds.h"
#include "lib/net/http.h"

struct s3 {
	struct http *http;	       /* borrowed */
	const struct aws_creds *creds; /* borrowed */
	char *region;
	char *bucket;
	bool redirected;
	uint64_t deadline_ms;
};

/* Fault s3.bucket: a name that no bucket can have; aws.region. */
struct fault *s3_open(struct http *h, const struct aws_creds *creds, const char *region,
		      const char *bucket, uint64_t deadline_ms, struct s3 *ret) _must_check_;
void s3_close(struct s3 *s);
#define _cleanup_s3_ _cleanup_(s3_close)

/* Every object whose key begins with prefix, in key order. */
typedef struct fault *(*s3_list_fn)(void *arg, const char *key, uint64_t size, const char *etag);
struct fault *s3_list(struct s3 *s, const char *prefix, s3_list_fn fn, void *arg) _must_check_;

/* A download that goes on where it was when the connection breaks (Range, If-Match). */
struct s3_object;
struct fault *s3_get(struct s3 *s, const char *key, const char *if_match, struct s3_object **ret)
	_must_check_;
struct fault *s3_read(struct s3_object *o, const void **ret, size_t *ret_len) _must_check_;
const char *s3_etag(const struct s3_object *o);	      /* NULL before the first read */
const char *s3_version_id(const struct s3_object *o); /* NULL where the bucket has no versions */
void s3_object_close(struct s3_object *o);
DEFINE_CLEANUP(struct s3_object *, s3_object_close)

/* Writes one object whole, over one that is there. type: its Content-Type. */
struct fault *s3_put(struct s3 *s, const char *key, const char *type, const void *data, size_t len)
	_must_check_;
