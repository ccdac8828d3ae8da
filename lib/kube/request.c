/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/kube/client-internal.h"
#include "lib/net/words.h"

#define ANSWER_MAX (8u * 1024 * 1024)
#define WORDS_MAX 1000
#define PATIENCE_MS 10000 /* an API server that is started again is gone for so long */
#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

char *kube_encode(const char *s)
{
	struct buf b = BUF_INIT;

	for (; *s; s++) {
		if (strchr(PLAIN, *s))
			buf_addc(&b, *s);
		else
			buf_addf(&b, "%%%02X", (unsigned char)*s);
	}
	return buf_take(&b);
}

static void forget_built(struct kube_request *q)
{
	if (q->authorization)
		explicit_bzero(q->authorization, strlen(q->authorization));
	free(q->authorization);
	free(q->url);
	free(q->content_type);
	free(q->text);
	q->authorization = q->url = q->content_type = q->text = NULL;
}

void kube_request_done(struct kube_request *q)
{
	forget_built(q);
	free(q->verb);
	free(q->path);
	q->verb = q->path = NULL;
}

static bool fits_a_header(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7f)
			return false;
	return true;
}

struct fault *kube_build(struct kube_request *q, struct http_request *ret)
{
	const struct kube *k = q->kube;
	const char *token;

	forget_built(q);
	TRY(k->token(k->arg, q->fresh, &token));
	q->fresh = false;
	if (!fits_a_header(token))
		return fault_new("kube.unauthorized", "the token has characters that no token has");
	q->url = xasprintf("%s%s", k->server, q->path);
	q->authorization = xasprintf("Authorization: Bearer %s", token);
	q->text = q->body ? doc_to_string(q->body, DOC_COMPACT) : NULL;
	q->content_type = q->body ? xasprintf("Content-Type: %s", q->type) : NULL;
	q->headers[0] = q->authorization;
	q->headers[1] = (char *)"Accept: application/json";
	q->headers[2] = q->content_type;
	ret->method = q->method;
	ret->url = q->url;
	ret->headers = q->headers;
	ret->body = q->text;
	ret->body_len = q->text ? strlen(q->text) : 0;
	ret->ca_pem = k->ca_pem;
	ret->ca_len = k->ca_len;
	ret->max_body = ANSWER_MAX;
	return NULL;
}

static const struct {
	int status;
	const char *id;
	const char *advice;
} meanings[] = {
	{ 400, "kube.invalid", "" },
	{ 401, "kube.unauthorized", " (has the node's role an access entry in this cluster, are "
				    "cluster name and region of the token right, is the clock?)" },
	{ 403, "kube.forbidden", "" },
	{ 404, "kube.not_found", "" },
	{ 409, "kube.conflict", "" },
	{ 410, "kube.gone", "" },
	{ 415, "kube.invalid", "" },
	{ 422, "kube.invalid", "" },
	{ 429, "kube.throttled", "" },
};

/* The server's own words: a Status object has them in "message". */
static char *words_of(const struct buf *body, bool *ret_status)
{
	_cleanup_doc_ struct doc *d = NULL;
	const char *words;

	fault_free(json_parse("answer", buf_str(body), body->len, 0, &d));
	*ret_status = streq(doc_str(d, "kind"), "Status");
	words = doc_str(d, "message");
	if (!words)
		words = buf_str(body);
	return words_clean(words, strlen(words), WORDS_MAX);
}

struct fault *kube_refusal(const struct kube_request *q, int status, const struct buf *body)
{
	const char *id = status >= 500 ? "kube.unavailable" : "kube.refused", *advice = "";
	bool from_kubernetes;
	_cleanup_free_ char *words = words_of(body, &from_kubernetes);

	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++) {
		if (meanings[i].status == status) {
			id = meanings[i].id;
			advice = meanings[i].advice;
		}
	}
	/* "Not found" of a proxy, or of a web server, says nothing about the Node. */
	if (status == 404 && !from_kubernetes)
		id = "kube.protocol";
	return fault_new(id, "%s: HTTP %d: %s, says %s%s", q->verb, status, words, q->kube->server,
			 advice);
}

struct fault *kube_transport(const struct kube_request *q, struct fault *f)
{
	if (fault_is(f, "net.tls") || fault_is(f, "net.ca"))
		return fault_as(fault_wrap(f, "%s does not prove itself by the cluster's CA",
					   q->kube->server), "kube.tls");
	return fault_wrap(f, "%s", q->verb);
}

static struct fault *build(void *arg, struct http_request *r)
{
	return kube_build(arg, r);
}

static bool again(void *arg, const struct http_response *r)
{
	const struct kube_request *q = arg;

	return retry_status(r->status) || (r->status == 409 && q->repeat_conflict);
}

static struct fault *exchange(struct kube_request *q, struct http_response *r)
{
	const struct http_repeat repeat = { .build = build, .again = again, .arg = q,
					    .deadline_ms = q->kube->deadline_ms,
					    .wait_ms = PATIENCE_MS };

	return kube_transport(q, http_repeat(q->kube->http, &repeat, r));
}

struct fault *kube_send(struct kube_request *q, struct doc **ret)
{
	_cleanup_response_ struct http_response r = { 0 };
	struct fault *f;

	TRY(exchange(q, &r));
	if (r.status == 401) {
		q->fresh = true;
		TRY(exchange(q, &r));
	}
	if (r.status < 200 || r.status > 299)
		return kube_refusal(q, r.status, &r.body);
	f = json_parse(q->verb, buf_str(&r.body), r.body.len, 0, ret);
	return fault_as(f, "kube.protocol");
}
