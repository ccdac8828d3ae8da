/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the operations "bundle" and "unpack" share. */

#include "bootstrap/net/archive.h"
#include "bootstrap/net/bundle-source.h"
#include "lib/aws/s3.h"
#include "lib/net/call.h"

/* The limits and the wanted digest of a request, and a sink that sends on the server. Faults
 * net.request (a value that is out of bounds). */
struct fault *bundle_begin(struct net_server *server, const struct doc *request,
			   struct bundle_out *ret) _must_check_;
/* Holds the digest against the wanted one (bundle.digest) and makes the result. */
struct fault *bundle_result(const struct doc *request, const struct bundle_out *out,
			    const char *format, const char *digest, struct doc **ret)
	_must_check_;
/* Every object below the prefix of an open bucket. Faults bundle.empty, bundle.*, s3.*. */
struct fault *bundle_send_prefix(struct s3 *s3, const char *prefix, struct bundle_out *out,
				 char ret_digest[ARCHIVE_DIGEST_MAX]) _must_check_;
