/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/query.h"

#include <string.h>

#include "lib/aws/endpoint.h"
#include "lib/aws/request.h"
#include "lib/aws/xml.h"
#include "lib/net/words.h"

#define ANSWER_MAX (1024u * 1024)
#define FORM "application/x-www-form-urlencoded; charset=utf-8"

/* A form has '+' for a blank: what AWS's own clients send, too. */
static void add_encoded(struct buf *form, const char *text)
{
	for (size_t n; *text; text += n) {
		_cleanup_free_ char *part = NULL;

		n = strcspn(text, " ");
		part = xstrndup(text, n);
		sigv4_encode(form, part, false);
		if (text[n] == ' ') {
			buf_addc(form, '+');
			n++;
		}
	}
}

char *query_form(const struct query_service *service, const char *action,
		 const struct sigv4_pair *pairs, size_t n)
{
	struct buf form = BUF_INIT;

	buf_addf(&form, "Action=%s&Version=%s", action, service->version);
	for (size_t i = 0; i < n; i++) {
		if (!pairs[i].value)
			continue;
		buf_addc(&form, '&');
		add_encoded(&form, pairs[i].name);
		buf_addc(&form, '=');
		add_encoded(&form, pairs[i].value);
	}
	return buf_take(&form);
}

struct fault *query_send(const struct query *q, const struct query_service *service,
			 const char *action, const struct sigv4_pair *pairs, size_t n,
			 struct http_response *ret)
{
	static const struct sigv4_pair headers[] = { { "Content-Type", FORM } };
	_cleanup_free_ char *form = query_form(service, action, pairs, n), *endpoint = NULL;
	_cleanup_aws_request_ struct aws_request a = { 0 };

	TRY(aws_check_region(q->region));
	endpoint = aws_endpoint(service->variable, service->name, q->region);
	a = (struct aws_request){ .creds = q->creds, .region = q->region,
				  .service = service->name, .method = "POST",
				  .endpoint = endpoint, .path = "/", .headers = headers,
				  .n_headers = ARRAY_SIZE(headers), .body = form,
				  .body_len = strlen(form), .deadline_ms = q->deadline_ms,
				  .max_body = ANSWER_MAX };
	return fault_wrap(aws_request_do(q->http, &a, ret), "%s:%s", service->name, action);
}

static void keep(char **slot, const char *text, size_t max)
{
	free(*slot);
	*slot = words_clean(text, strlen(text), max);
}

/* EC2 has <Response><Errors><Error>, the others <ErrorResponse><Error>. */
static struct fault *on_error(void *arg, const char *path, const char *text)
{
	struct query_error *e = arg;

	if (str_endswith(path, "/Error/Code"))
		keep(&e->code, text, 100);
	else if (str_endswith(path, "/Error/Message"))
		keep(&e->message, text, 400);
	return NULL;
}

void query_error_read(const struct buf *body, struct query_error *ret)
{
	*ret = (struct query_error){ 0 };
	/* An answer that is no XML (a proxy's page) just has no code. */
	fault_free(xml_scan(buf_str(body), body->len, on_error, ret));
}

void query_error_done(struct query_error *e)
{
	free(e->code);
	free(e->message);
	*e = (struct query_error){ 0 };
}

/* https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and the common
 * errors of Auto Scaling. */
static const struct {
	int status;	  /* 0: any */
	const char *code; /* NULL: any */
	const char *id;
} meanings[] = {
	{ 0, "AuthFailure", "aws.bad_credentials" },
	{ 0, "ExpiredToken", "aws.bad_credentials" },
	{ 0, "IncompleteSignature", "aws.bad_credentials" },
	{ 0, "InvalidClientTokenId", "aws.bad_credentials" },
	{ 0, "InvalidSecurity", "aws.bad_credentials" },
	{ 0, "RequestExpired", "aws.bad_credentials" },
	{ 0, "SignatureDoesNotMatch", "aws.bad_credentials" },
	{ 0, "RequestLimitExceeded", "aws.throttled" },
	{ 0, "Throttling", "aws.throttled" },
	{ 429, NULL, "aws.throttled" },
	{ 0, "AccessDenied", "aws.forbidden" },
	{ 0, "UnauthorizedOperation", "aws.forbidden" },
	{ 401, NULL, "aws.forbidden" },
	{ 403, NULL, "aws.forbidden" },
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
	return status >= 500 ? "aws.unavailable" : "aws.refused";
}

struct fault *query_refusal(const struct query *q, const struct query_service *service,
			    const char *action, const struct http_response *r)
{
	_cleanup_free_ char *who = aws_creds_describe(q->creds);
	_cleanup_query_error_ struct query_error e = { 0 };

	query_error_read(&r->body, &e);
	return fault_new(meaning(r->status, e.code), "%s:%s in %s: HTTP %d%s%s%s%s, as %s",
			 service->name, action, q->region, r->status, e.code ? " " : "",
			 e.code ? e.code : "", e.message ? ": " : "", e.message ? e.message : "",
			 who);
}

struct fault *query_do(const struct query *q, const struct query_service *service,
		       const char *action, const struct sigv4_pair *pairs, size_t n)
{
	_cleanup_response_ struct http_response r = { 0 };

	TRY(query_send(q, service, action, pairs, n, &r));
	return r.status == 200 ? NULL : query_refusal(q, service, action, &r);
}
