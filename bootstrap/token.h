/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* `muster token`: the credential plugin that kubeconfigs name. */

#include "lib/doc/doc.h"
#include "lib/doc/options.h"

struct token_options {
	const char *cluster;
	const char *region;
};

extern const struct option_row token_options[];
int verb_token(const void *globals, const void *opts, int argc, char **argv);

/* The ExecCredential that is printed. exec_info is what KUBERNETES_EXEC_INFO holds, or NULL: its
 * apiVersion is answered in kind, v1beta1 when it does not say. Fault token.exec_info for one that
 * cannot be understood.
 * https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
struct fault *token_credential(const char *exec_info, const char *token, uint64_t expires_ms,
			       struct doc **ret) _must_check_;
