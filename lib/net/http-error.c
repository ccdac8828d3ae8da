/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/net/http-internal.h"

static const struct {
	CURLcode code;
	const char *id;
} ids[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, "net.dns" },
	{ CURLE_COULDNT_RESOLVE_PROXY, "net.dns" },
	{ CURLE_COULDNT_CONNECT, "net.connect" },
	{ CURLE_PROXY, "net.connect" },
	{ CURLE_INTERFACE_FAILED, "net.connect" },
	{ CURLE_PEER_FAILED_VERIFICATION, "net.tls" },
	{ CURLE_SSL_CONNECT_ERROR, "net.tls" },
	{ CURLE_SSL_CIPHER, "net.tls" },
	{ CURLE_SSL_ISSUER_ERROR, "net.tls" },
	{ CURLE_SSL_INVALIDCERTSTATUS, "net.tls" },
	{ CURLE_SSL_CERTPROBLEM, "net.tls" },
	{ CURLE_SSL_CACERT_BADFILE, "net.ca" },
	{ CURLE_GOT_NOTHING, "net.closed" },
	{ CURLE_RECV_ERROR, "net.closed" },
	{ CURLE_SEND_ERROR, "net.closed" },
	{ CURLE_PARTIAL_FILE, "net.closed" },
	{ CURLE_URL_MALFORMAT, "net.url" },
	{ CURLE_FILESIZE_EXCEEDED, "net.too_large" },
};

/* What X509_verify_cert says, in x509_vfy.h; the numbers are part of OpenSSL's interface. */
#define NOT_YET_VALID 9
#define HAS_EXPIRED   10

static bool is_about_time(const struct http_stream *s)
{
	long result = 0;

	(void)curl_easy_getinfo(s->easy, CURLINFO_SSL_VERIFYRESULT, &result);
	return s->code == CURLE_PEER_FAILED_VERIFICATION &&
	       (result == NOT_YET_VALID || result == HAS_EXPIRED);
}

/* A proxy that does not connect; the code for it differs from version to version of libcurl. */
static bool is_proxys_refusal(const struct http_stream *s)
{
	long status = 0;

	(void)curl_easy_getinfo(s->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	return status >= 300;
}

/* A URL that libcurl does not know, or a server that answers in another protocol. */
static const char *protocol_id(const struct http_stream *s)
{
	curl_off_t connected = 0;

	(void)curl_easy_getinfo(s->easy, CURLINFO_CONNECT_TIME_T, &connected);
	return connected > 0 ? "net.transport" : "net.url";
}

/* libcurl has one code for three things: no connection in time, too slow, too late. */
static const char *timeout_id(const struct http_stream *s)
{
	curl_off_t connected = 0;

	(void)curl_easy_getinfo(s->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
	if (clock_left(s->deadline_ms) == 0)
		return "net.timeout";
	return connected > 0 ? "net.stalled" : "net.connect";
}

static const char *id_of(const struct http_stream *s)
{
	if (is_proxys_refusal(s))
		return "net.proxy";
	if (s->code == CURLE_OPERATION_TIMEDOUT)
		return timeout_id(s);
	if (s->code == CURLE_UNSUPPORTED_PROTOCOL)
		return protocol_id(s);
	if (is_about_time(s))
		return "net.clock";
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (ids[i].code == s->code)
			return ids[i].id;
	return "net.transport";
}

struct fault *http_transport_fault(const struct http_stream *s)
{
	const char *words = s->words[0] ? s->words : curl_easy_strerror(s->code);
	char now[RFC3339_MAX];
	long number = 0;
	struct fault *f;

	(void)curl_easy_getinfo(s->easy, CURLINFO_OS_ERRNO, &number);
	/* libcurl's own words for a connection that failed do not say why. */
	if (s->code == CURLE_COULDNT_CONNECT && number > 0)
		return fault_errno(id_of(s), (int)number, "%s: %s", s->what, words);
	f = fault_new(id_of(s), "%s: %s", s->what, words);
	if (fault_is(f, "net.clock"))
		f = fault_wrap(f, "at %s by this machine's clock",
			       clock_rfc3339(clock_realtime_ms(), now));
	f->errnum = (int)number;
	return f;
}
