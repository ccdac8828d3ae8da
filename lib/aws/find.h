/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Where credentials come from, in the order of the AWS SDKs: AWS_ACCESS_KEY_ID and its companions,
 * the shared credentials file, the container endpoint, the role of the instance by IMDS.
 * Web identity (AWS_WEB_IDENTITY_TOKEN_FILE), SSO and credential_process are not spoken: they
 * belong to pods and people, not to a node that boots. */

#include "lib/aws/creds.h"
#include "lib/net/http.h"

/* wait_ms: how long IMDS, and a role that was just attached, may take. Faults: creds.none,
 * creds.invalid, creds.unreadable, imds.*, net.*. */
struct fault *aws_creds_find(struct http *h, uint64_t wait_ms, uint64_t deadline_ms,
			     struct aws_creds *ret) _must_check_;
/* AWS_SHARED_CREDENTIALS_FILE, else $HOME/.aws/credentials; owned, NULL without either. */
char *aws_creds_file(void);
/* One profile of the text of such a file; *ret_found is false where there is none. */
struct fault *aws_creds_read_profile(const char *source, const char *text, const char *profile,
				     struct aws_creds *ret, bool *ret_found) _must_check_;
