/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* AWS credentials as a value; secrets are erased when it ends and never printed. */

#include "lib/doc/doc.h"

struct aws_creds { /* every string owned */
	char *access_key_id;
	char *secret_access_key;
	char *session_token; /* NULL for long-lived keys */
	char *expiration;    /* RFC 3339 as the source has it, or NULL */
	char *source;	     /* "environment", "file", "container", "imds" */
	char *role;	     /* of the instance profile, or NULL */
};

/* From and to the CREDS document of lib/net/operations.h. Fault creds.invalid names the field. */
struct fault *aws_creds_decode(const char *source, const struct doc *d, struct aws_creds *ret)
	_must_check_;
struct doc *aws_creds_encode(const struct aws_creds *c);
/* From what IMDS and container endpoints say: AccessKeyId, SecretAccessKey, Token, Expiration. */
struct fault *aws_creds_decode_endpoint(const char *source, const struct doc *d,
					struct aws_creds *ret) _must_check_;
void aws_creds_copy(const struct aws_creds *c, struct aws_creds *ret);
/* "access key AKIA… of role R (imds)": never a secret. Owned. */
char *aws_creds_describe(const struct aws_creds *c);
void aws_creds_done(struct aws_creds *c);
#define _cleanup_creds_ _cleanup_(aws_creds_done)
