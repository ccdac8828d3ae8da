/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "bootstrap/net/bundle-internal.h"
#include "bootstrap/net/ops.h"
#include "lib/aws/endpoint.h"

/* Where nothing says a region: S3 corrects it by an answer that costs one round trip. */
#define REGION_OTHERWISE "us-east-1"

static struct fault *read_object(void *arg, const void **ret, size_t *ret_len)
{
	return s3_read(arg, ret, ret_len);
}

static struct fault *send_archive(struct s3 *s3, const char *key, const struct doc *request,
				  struct bundle_out *out, struct doc **ret)
{
	_cleanup_(s3_object_closep) struct s3_object *o = NULL;
	char digest[ARCHIVE_DIGEST_MAX];

	TRY(s3_get(s3, key, NULL, &o));
	TRY(archive_unpack(&(struct archive_source){ read_object, o }, out, digest));
	TRY(bundle_result(request, out, "archive", digest, ret));
	doc_set_string(*ret, "etag", s3_etag(o));
	doc_set_string(*ret, "versionId", s3_version_id(o));
	return NULL;
}

static struct fault *send_prefix(struct s3 *s3, const char *prefix, const struct doc *request,
				 struct bundle_out *out, struct doc **ret)
{
	char digest[ARCHIVE_DIGEST_MAX];

	TRY(bundle_send_prefix(s3, prefix, out, digest));
	return bundle_result(request, out, "prefix", digest, ret);
}

/* An https address that names its region knows better than the node's own. */
static const char *region_of(const struct bundle_source *source, const struct doc *request)
{
	const char *asked = doc_str(request, "region");

	if (source->region)
		return source->region;
	return asked ? asked : aws_region_or(REGION_OTHERWISE);
}

struct fault *op_bundle(struct net_server *server, const struct doc *request)
{
	_cleanup_bundle_source_ struct bundle_source source = { 0 };
	_cleanup_bundle_out_ struct bundle_out out = { 0 };
	_cleanup_creds_ struct aws_creds creds = { 0 };
	_cleanup_http_ struct http *h = http_new();
	_cleanup_doc_ struct doc *result = NULL;
	_cleanup_s3_ struct s3 s3 = { 0 };

	TRY(bundle_begin(server, request, &out));
	TRY(bundle_source_parse(out.source, &source));
	TRY(request_credentials(h, server, request, &creds));
	TRY(s3_open(h, &creds, region_of(&source, request), source.bucket, server->deadline_ms,
		    &s3));
	if (source.archive)
		TRY(send_archive(&s3, source.key, request, &out, &result));
	else
		TRY(send_prefix(&s3, source.key, request, &out, &result));
	return net_send_result(server, result);
}
