/* SPDX-License-Identifier: Apache-2.0 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "lib/net/http.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/strv.h"
#include "lib/net/http-internal.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

#define CONNECT_MS 10000
#define SLOW_BYTES 1024L /* per second, for … */
#define SLOW_SECONDS 30L /* … so long: stalled */
#define IN_MAX (1024 * 1024) /* arrived and unread: then the transfer is paused */
#define HEADERS_MAX 128

struct http *http_new(void)
{
	struct http *h = NEW(struct http, 1);

	h->multi = curl_multi_init();
	if (!h->multi)
		die("curl_multi_init");
	return h;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	(void)curl_multi_cleanup(h->multi);
	free(h);
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct http_stream *s = arg;

	if (s->in.len > IN_MAX) {
		s->paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	buf_add(&s->in, data, size * n);
	return size * n;
}

static void keep_header(struct http_stream *s, const char *line, size_t len)
{
	char *copy = xstrndup(line, len);

	for (char *c = copy; *c && *c != ':'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	strv_push(&s->headers, copy);
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct http_stream *s = arg;
	size_t len = size * n, trimmed = len;
	long status = 0;

	while (trimmed > 0 && (data[trimmed - 1] == '\r' || data[trimmed - 1] == '\n'))
		trimmed--;
	if (len >= 5 && memcmp(data, "HTTP/", 5) == 0) {
		strv_free(s->headers);
		s->headers = NULL;
	} else if (trimmed > 0 && strv_len(s->headers) < HEADERS_MAX) {
		keep_header(s, data, trimmed);
	} else if (trimmed == 0) {
		(void)curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
		s->head = status >= 200;
	}
	return len;
}

static void set_roots(CURL *e, const struct http_request *r)
{
	const char *bundle = getenv("AWS_CA_BUNDLE");
	struct curl_blob blob = { .data = (void *)r->ca_pem, .len = r->ca_len,
				  .flags = CURL_BLOB_COPY };

	if (!bundle || !bundle[0])
		bundle = getenv("SSL_CERT_FILE");
	if (r->ca_pem)
		(void)curl_easy_setopt(e, CURLOPT_CAINFO_BLOB, &blob);
	else if (bundle && bundle[0])
		(void)curl_easy_setopt(e, CURLOPT_CAINFO, bundle);
	else
		return;
	/* The folder of the system's roots would be trusted beside them. */
	(void)curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
}

static void set_limits(CURL *e, const struct http_request *r)
{
	long left = clock_left(r->deadline_ms);

	(void)curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, MAX(left, 1L));
	(void)curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
			       (long)(r->connect_ms ? r->connect_ms : CONNECT_MS));
	if (!r->may_be_silent) {
		(void)curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
		(void)curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS);
	}
	(void)curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	(void)curl_easy_setopt(e, CURLOPT_TCP_KEEPIDLE, 30L);
	(void)curl_easy_setopt(e, CURLOPT_TCP_KEEPINTVL, 10L);
}

static void set_method(struct http_stream *s, const struct http_request *r)
{
	(void)curl_easy_setopt(s->easy, CURLOPT_HTTPGET, 1L);
	if (r->body) {
		(void)curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE_LARGE,
				       (curl_off_t)r->body_len);
		(void)curl_easy_setopt(s->easy, CURLOPT_COPYPOSTFIELDS, r->body);
	}
	if (r->method)
		(void)curl_easy_setopt(s->easy, CURLOPT_CUSTOMREQUEST, r->method);
	for (char *const *h = r->headers; h && *h; h++)
		s->list = curl_slist_append(s->list, *h);
	/* No wait for "100 Continue", no type that nobody named. */
	s->list = curl_slist_append(s->list, "Expect:");
	if (!r->body)
		s->list = curl_slist_append(s->list, "Content-Type:");
	(void)curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, s->list);
}

struct fault *http_configure(struct http_stream *s, const struct http_request *r)
{
	CURL *e = s->easy;

	if (curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK)
		return fault_new("net.transport", "this libcurl has no http or no https");
	(void)curl_easy_setopt(e, CURLOPT_URL, r->url);
	(void)curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	(void)curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(e, CURLOPT_USERAGENT, "muster/" PACKAGE_VERSION);
	(void)curl_easy_setopt(e, CURLOPT_ERRORBUFFER, s->words);
	(void)curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(e, CURLOPT_WRITEDATA, s);
	(void)curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(e, CURLOPT_HEADERDATA, s);
	(void)curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	(void)curl_easy_setopt(e, CURLOPT_PRIVATE, s);
	if (r->no_proxy)
		(void)curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
	set_roots(e, r);
	set_limits(e, r);
	set_method(s, r);
	return NULL;
}
