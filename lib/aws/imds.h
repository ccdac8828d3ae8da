/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Instance metadata, version 2 only: a session token from PUT, sent with every GET. Never through
 * a proxy. AWS_EC2_METADATA_SERVICE_ENDPOINT (and _MODE=IPv6, AWS_EC2_METADATA_DISABLED) as in the
 * AWS SDKs.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html */

#include "lib/net/http.h"

struct imds {
	struct http *http; /* borrowed */
	char *endpoint;
	char *token; /* NULL until the first request */
	uint64_t patience_ms; /* boottime: until then a connection that fails is tried again */
	uint64_t deadline_ms;
};

/* Only remembers; wait_ms is how long the service may take to come up from now on. Fault
 * imds.disabled. */
struct fault *imds_open(struct http *h, uint64_t wait_ms, uint64_t deadline_ms, struct imds *ret)
	_must_check_;
void imds_close(struct imds *i);
#define _cleanup_imds_ _cleanup_(imds_close)

/* GET of "/latest/…"; *ret_found is false on 404. Faults: imds.unreachable, imds.v1_only (it
 * answers, but has no tokens), imds.forbidden (switched off for this instance), imds.invalid. */
struct fault *imds_get(struct imds *i, const char *path, size_t max, struct buf *ret,
		       bool *ret_found) _must_check_;
/* The same for one line of text; NULL where there is none. */
struct fault *imds_line(struct imds *i, const char *path, char **ret) _must_check_;
