/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/s3.h"

#include <string.h>

#include "lib/aws/endpoint.h"
#include "lib/aws/s3-internal.h"
#include "lib/aws/xml.h"
#include "lib/net/words.h"

#define BUCKET_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_"

struct fault *s3_open(struct http *h, const struct aws_creds *creds, const char *region,
		      const char *bucket, uint64_t deadline_ms, struct s3 *ret)
{
	size_t n = strspn(bucket, BUCKET_CHARACTERS);

	*ret = (struct s3){ .http = h, .creds = creds, .deadline_ms = deadline_ms };
	TRY(aws_check_region(region));
	if (n < 3 || n > 255 || bucket[n])
		return fault_new("s3.bucket", "\"%s\" is no name of a bucket", bucket);
	ret->region = xstrdup(region);
	ret->bucket = xstrdup(bucket);
	return NULL;
}

void s3_close(struct s3 *s)
{
	free(s->region);
	free(s->bucket);
	*s = (struct s3){ 0 };
}

void s3_address(const struct s3 *s, const char *key, char **ret_endpoint, char **ret_path)
{
	bool by_path = aws_endpoint_override("S3") || strpbrk(s->bucket, "._");
	_cleanup_free_ char *plain = aws_endpoint("S3", "s3", s->region);
	struct buf path = BUF_INIT;

	buf_addc(&path, '/');
	if (by_path)
		buf_addf(&path, "%s%s", s->bucket, key ? "/" : "");
	sigv4_encode(&path, key ? key : "", true);
	*ret_path = buf_take(&path);
	*ret_endpoint = by_path ? TAKE_PTR(plain) :
				  xasprintf("https://%s.%s", s->bucket, plain + strlen("https://"));
}

struct error {
	char *code, *message, *region;
};

static void error_done(struct error *e)
{
	free(e->code);
	free(e->message);
	free(e->region);
}

static void keep(char **slot, const char *text, size_t max)
{
	free(*slot);
	*slot = words_clean(text, strlen(text), max);
}

static struct fault *on_error(void *arg, const char *path, const char *text)
{
	struct error *e = arg;

	if (streq(path, "Error/Code"))
		keep(&e->code, text, 100);
	else if (streq(path, "Error/Message"))
		keep(&e->message, text, 400);
	else if (streq(path, "Error/Region"))
		keep(&e->region, text, 64);
	return NULL;
}

/* An answer that is no XML (a proxy's page) just has no code. */
static void read_error(const struct buf *body, struct error *e)
{
	fault_free(xml_scan(buf_str(body), body->len, on_error, e));
}

static bool is_elsewhere(int status, const struct error *e)
{
	return status == 301 || status == 307 ||
	       (status == 400 && (streq(e->code, "AuthorizationHeaderMalformed") ||
				  streq(e->code, "IllegalLocationConstraintException")));
}

bool s3_moved(struct s3 *s, int status, char *const *headers, const struct buf *body)
{
	_cleanup_(error_done) struct error e = { 0 };
	const char *region = http_header(headers, "x-amz-bucket-region");
	struct fault *f;

	read_error(body, &e);
	if (!region)
		region = e.region;
	if (s->redirected || !is_elsewhere(status, &e) || !region || streq(region, s->region))
		return false;
	f = aws_check_region(region);
	if (f) {
		fault_free(f);
		return false;
	}
	free(s->region);
	s->region = xstrdup(region);
	s->redirected = true;
	return true;
}

static const struct {
	int status;	  /* 0: any */
	const char *code; /* NULL: any */
	const char *id;
} meanings[] = {
	{ 0, "NoSuchBucket", "s3.no_bucket" },
	{ 0, "NoSuchKey", "s3.not_found" },
	{ 0, "SignatureDoesNotMatch", "s3.bad_signature" },
	{ 0, "InvalidAccessKeyId", "s3.bad_credentials" },
	{ 0, "ExpiredToken", "creds.expired" },
	{ 0, "InvalidToken", "s3.bad_credentials" },
	{ 0, "InvalidTokenId", "s3.bad_credentials" },
	{ 0, "TokenRefreshRequired", "creds.expired" },
	{ 0, "RequestTimeTooSkewed", "s3.clock_skew" },
	{ 0, "SlowDown", "s3.throttled" },
	{ 429, NULL, "s3.throttled" },
	{ 503, NULL, "s3.throttled" },
	{ 301, NULL, "s3.redirect" },
	{ 307, NULL, "s3.redirect" },
	{ 0, "AuthorizationHeaderMalformed", "s3.redirect" },
	{ 412, NULL, "s3.changed" },
	{ 401, NULL, "s3.forbidden" },
	{ 403, NULL, "s3.forbidden" },
	{ 404, NULL, "s3.not_found" },
	{ 500, NULL, "s3.unavailable" },
	{ 502, NULL, "s3.unavailable" },
	{ 504, NULL, "s3.unavailable" },
};

static const char *meaning(int status, const char *code)
{
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++) {
		if (meanings[i].status && meanings[i].status != status)
			continue;
		if (meanings[i].code && !streq(meanings[i].code, code))
			continue;
		return meanings[i].id;
	}
	return "s3.refused";
}

struct fault *s3_refusal(const struct s3 *s, const char *what, int status, char *const *headers,
			 const struct buf *body)
{
	_cleanup_(error_done) struct error e = { 0 };
	_cleanup_free_ char *who = aws_creds_describe(s->creds);
	const char *date = http_header(headers, "date"), *where = aws_endpoint_override("S3");
	const char *id;

	read_error(body, &e);
	id = meaning(status, e.code);
	return fault_new(id, "%s in %s%s%s: HTTP %d%s%s%s%s, as %s%s%s", what, s->region,
			 where ? " at " : "", where ? where : "", status, e.code ? " " : "",
			 e.code ? e.code : "", e.message ? ": " : "", e.message ? e.message : "",
			 who,
			 streq(id, "s3.clock_skew") && date ? "; the server's clock says " : "",
			 streq(id, "s3.clock_skew") && date ? date : "");
}
