/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The Query protocol, which EC2 and Auto Scaling speak: a form is posted, XML comes back.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html
 *
 * Faults: aws.forbidden, aws.bad_credentials, aws.throttled, aws.unavailable, aws.refused,
 * aws.answer, aws.region, net.*. Messages name action, AWS's code and words, and who asked; never
 * a secret. */

#include "lib/aws/creds.h"
#include "lib/aws/sigv4.h"
#include "lib/net/http.h"

struct query_service {
	const char *name;     /* signed, and first part of the host: "ec2" */
	const char *variable; /* AWS_ENDPOINT_URL_<variable>: the SDKs' service id */
	const char *version;  /* of the API */
};

struct query { /* all borrowed */
	struct http *http;
	const struct aws_creds *creds;
	const char *region;
	uint64_t deadline_ms;
};

/* "Action=…&Version=…" and the pairs, encoded; a pair without value is left out. Owned. */
char *query_form(const struct query_service *service, const char *action,
		 const struct sigv4_pair *pairs, size_t n);
/* Sends it, with the retries of aws_request_do; *ret is the answer, whatever its status. */
struct fault *query_send(const struct query *q, const struct query_service *service,
			 const char *action, const struct sigv4_pair *pairs, size_t n,
			 struct http_response *ret) _must_check_;
/* What an answer other than 200 means. */
struct fault *query_refusal(const struct query *q, const struct query_service *service,
			    const char *action, const struct http_response *r) _must_check_;
/* The same and a check of the status, for actions whose answer says nothing more. */
struct fault *query_do(const struct query *q, const struct query_service *service,
		       const char *action, const struct sigv4_pair *pairs, size_t n) _must_check_;

struct query_error { /* as XML says it: cleaned, bounded, owned; NULL where there is none */
	char *code, *message;
};
void query_error_read(const struct buf *body, struct query_error *ret);
void query_error_done(struct query_error *e);
#define _cleanup_query_error_ _cleanup_(query_error_done)
