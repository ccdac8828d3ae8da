/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* HTTP for muster-net, over libcurl: http and https only, no redirects, no cookies, no decoding of
 * content, every transfer with a deadline, a low-speed limit and a cap on its body.
 *
 * Transport faults: net.dns, net.connect, net.proxy, net.tls, net.clock, net.ca, net.timeout,
 * net.stalled, net.closed, net.too_large, net.url, net.transport. A status is no fault here:
 * clients know what it means. */

#include "lib/base/buf.h"
#include "lib/base/fault.h"
#include "lib/net/retry.h"

#define HTTP_BODY_MAX (4u * 1024 * 1024)

struct http; /* connections and their reuse */

struct http *http_new(void);
void http_free(struct http *h);
DEFINE_CLEANUP(struct http *, http_free)
#define _cleanup_http_ _cleanup_(http_freep)

struct http_request { /* borrowed until the call that takes it returns */
	const char *method; /* NULL: GET */
	const char *url;
	char *const *headers; /* "Name: value"; NULL for none */
	const void *body;
	size_t body_len;
	const char *ca_pem; /* the only roots; NULL: AWS_CA_BUNDLE, SSL_CERT_FILE, system */
	size_t ca_len;
	uint64_t deadline_ms; /* boottime, of the whole transfer */
	uint64_t connect_ms;  /* 0: 10 s */
	size_t max_body;      /* http_do: 0 is HTTP_BODY_MAX */
	bool no_proxy;
	bool may_be_silent; /* a watch: no low-speed limit */
};

struct http_response {
	int status;
	char **headers; /* "name: value", names in lower case */
	uint64_t retry_after_ms;
	struct buf body;
};
void http_response_done(struct http_response *r);
#define _cleanup_response_ _cleanup_(http_response_done)
/* Borrowed value without leading blanks; NULL when not there. Name in lower case. */
const char *http_header(char *const *headers, const char *name);

/* One attempt, whole. *ret is overwritten (freed first). */
struct fault *http_do(struct http *h, const struct http_request *r, struct http_response *ret)
	_must_check_;

/* Attempts until an answer is final, the attempts are used up or the deadline leaves no room:
 * transport faults and statuses of retry_status are tried again, with full jitter and Retry-After.
 * `build` fills the request anew each time, for signatures carry the time. */
struct http_repeat {
	struct fault *(*build)(void *arg, struct http_request *r);
	bool (*again)(void *arg, const struct http_response *r); /* NULL: by status */
	void *arg;
	uint64_t deadline_ms;
	uint64_t wait_ms; /* a connection that fails is tried for so long, whatever the count */
};
struct fault *http_repeat(struct http *h, const struct http_repeat *r, struct http_response *ret)
	_must_check_;
bool http_fault_is_transient(const struct fault *f);
unsigned http_max_attempts(void); /* AWS_MAX_ATTEMPTS, else retry_request's */

/* A body that is read as it comes. Many may be open; they move on together while one is read. */
struct http_stream;
struct fault *http_open(struct http *h, const struct http_request *r, struct http_stream **ret)
	_must_check_;
/* Waits for the head of the answer. */
struct fault *http_head(struct http_stream *s, int *ret_status, char *const **ret_headers)
	_must_check_;
/* The next bytes, good until the next call on s; *ret_len 0 is the end. */
struct fault *http_read(struct http_stream *s, const void **ret, size_t *ret_len) _must_check_;
uint64_t http_retry_after_ms(struct http_stream *s);
void http_close(struct http_stream *s);
DEFINE_CLEANUP(struct http_stream *, http_close)
#define _cleanup_stream_ _cleanup_(http_closep)

/* The Host header that goes with a URL: no user, no default port. Owned. Fault net.url. */
struct fault *http_host(const char *url, char **ret) _must_check_;
