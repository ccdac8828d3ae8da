/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/imds.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/parse.h"
#include "lib/base/strv.h"

#define TRY_MS 3000	/* one request, on a link that is one hop away */
#define CONNECT_MS 1000
#define BETWEEN_MS 250	/* while the link comes up */
#define TTL "21600"	/* seconds; the longest there is */
#define TOKEN_MAX 1024
#define LINE_MAX_BYTES 4096

static const char *default_endpoint(void)
{
	const char *mode = getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");

	return mode && strcasecmp(mode, "IPv6") == 0 ? "http://[fd00:ec2::254]" :
						       "http://169.254.169.254";
}

struct fault *imds_open(struct http *h, uint64_t wait_ms, uint64_t deadline_ms, struct imds *ret)
{
	const char *url = getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	const char *off = getenv("AWS_EC2_METADATA_DISABLED");
	bool disabled = false;

	*ret = (struct imds){ .http = h, .deadline_ms = deadline_ms,
			      .patience_ms = clock_boottime_ms() + wait_ms };
	if (off && parse_bool(off, &disabled) == 0 && disabled)
		return fault_new("imds.disabled", "AWS_EC2_METADATA_DISABLED is set");
	ret->endpoint = xstrdup(url && url[0] ? url : default_endpoint());
	for (size_t n = strlen(ret->endpoint); n > 0 && ret->endpoint[n - 1] == '/'; n--)
		ret->endpoint[n - 1] = '\0';
	return NULL;
}

void imds_close(struct imds *i)
{
	free(i->endpoint);
	if (i->token)
		explicit_bzero(i->token, strlen(i->token));
	free(i->token);
	*i = (struct imds){ 0 };
}

static struct fault *attempt(struct imds *i, const char *method, const char *path,
			     const char *header, size_t max, struct http_response *ret)
{
	_cleanup_free_ char *url = xasprintf("%s%s", i->endpoint, path);
	char *headers[] = { (char *)header, NULL };
	uint64_t soon = clock_boottime_ms() + TRY_MS;

	return http_do(i->http,
		       &(struct http_request){ .method = method, .url = url, .headers = headers,
					       .deadline_ms = MIN(soon, i->deadline_ms),
					       .connect_ms = CONNECT_MS, .no_proxy = true,
					       .body = streq(method, "PUT") ? "" : NULL,
					       .max_body = max },
		       ret);
}

static bool worth(const struct fault *f, const struct http_response *r)
{
	if (f)
		return http_fault_is_transient(f) || fault_is(f, "net.timeout");
	return retry_status(r->status);
}

static uint64_t left_until(uint64_t when)
{
	uint64_t now = clock_boottime_ms();

	return when > now ? when - now : 0;
}

/* Tries until there is an answer; at least twice, for one lost packet is no news. */
static struct fault *persist(struct imds *i, const char *method, const char *path,
			     const char *header, size_t max, struct http_response *ret)
{
	for (unsigned n = 1;; n++) {
		struct fault *f = attempt(i, method, path, header, max, ret);

		if (!worth(f, ret))
			return f;
		if ((n >= 2 && left_until(i->patience_ms) == 0) ||
		    left_until(i->deadline_ms) < 2 * BETWEEN_MS) {
			if (f)
				return fault_as(fault_wrap(f, "no instance metadata service"),
						"imds.unreachable");
			return fault_new("imds.unreachable", "%s%s answers with HTTP %d",
					 i->endpoint, path, ret->status);
		}
		fault_free(f);
		clock_sleep_ms(BETWEEN_MS + random_below(BETWEEN_MS));
	}
}

static bool is_token(const struct buf *b)
{
	if (b->len == 0 || b->len > TOKEN_MAX)
		return false;
	for (size_t i = 0; i < b->len; i++)
		if (b->data[i] <= ' ' || b->data[i] == 0x7f)
			return false;
	return true;
}

static struct fault *fetch_token(struct imds *i)
{
	_cleanup_response_ struct http_response r = { 0 };

	TRY(persist(i, "PUT", "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds: " TTL,
		    TOKEN_MAX + 1, &r));
	if (r.status == 401 || r.status == 403)
		return fault_new("imds.forbidden", "%s refuses a token (HTTP %d): metadata is "
				 "switched off for this instance", i->endpoint, r.status);
	if (r.status == 404 || r.status == 405 || r.status == 501)
		return fault_new("imds.v1_only", "%s has no session tokens (HTTP %d): it is not "
				 "IMDSv2", i->endpoint, r.status);
	if (r.status != 200 || !is_token(&r.body))
		return fault_new("imds.invalid", "%s answers HTTP %d without a token", i->endpoint,
				 r.status);
	free(i->token);
	i->token = xstrdup(buf_str(&r.body));
	buf_erase(&r.body);
	return NULL;
}

static struct fault *get_once(struct imds *i, const char *path, size_t max,
			      struct http_response *r)
{
	_cleanup_free_ char *header = NULL;

	if (!i->token)
		TRY(fetch_token(i));
	header = xasprintf("X-aws-ec2-metadata-token: %s", i->token);
	return persist(i, "GET", path, header, max, r);
}

struct fault *imds_get(struct imds *i, const char *path, size_t max, struct buf *ret,
		       bool *ret_found)
{
	_cleanup_response_ struct http_response r = { 0 };

	TRY(get_once(i, path, max, &r));
	if (r.status == 401) { /* the token has run out */
		free(i->token);
		i->token = NULL;
		TRY(get_once(i, path, max, &r));
	}
	*ret_found = r.status == 200;
	if (r.status == 401 || r.status == 403)
		return fault_new("imds.forbidden", "%s%s: HTTP %d", i->endpoint, path, r.status);
	if (r.status != 200 && r.status != 404)
		return fault_new("imds.invalid", "%s%s: HTTP %d", i->endpoint, path, r.status);
	buf_reset(ret);
	if (r.status == 200)
		buf_add(ret, buf_str(&r.body), r.body.len);
	buf_erase(&r.body);
	return NULL;
}

struct fault *imds_line(struct imds *i, const char *path, char **ret)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	bool found;
	size_t n;

	*ret = NULL;
	TRY(imds_get(i, path, LINE_MAX_BYTES, &b, &found));
	n = strcspn(buf_str(&b), "\r\n");
	if (found && n > 0)
		*ret = xstrndup(buf_str(&b), n);
	return NULL;
}
