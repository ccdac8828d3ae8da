/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What listing and download share. Internal to lib/aws. */

#include "lib/aws/request.h"
#include "lib/aws/s3.h"

/* Endpoint and encoded path of a key (NULL: the bucket itself) as the region is now. Owned. */
void s3_address(const struct s3 *s, const char *key, char **ret_endpoint, char **ret_path);
/* Whether this refusal only says that the bucket is elsewhere; then s->region is corrected. */
bool s3_moved(struct s3 *s, int status, char *const *headers, const struct buf *body);
/* What a refusal means. `what`: "GetObject s3://bucket/key". */
struct fault *s3_refusal(const struct s3 *s, const char *what, int status, char *const *headers,
			 const struct buf *body) _must_check_;
