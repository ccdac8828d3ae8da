/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/net/ops.h"
#include "lib/aws/find.h"

struct fault *request_string(const struct doc *request, const char *key, const char **ret)
{
	const char *s = doc_str(request, key);

	if (!s || !s[0])
		return fault_new("net.request", "the request has no \"%s\"", key);
	*ret = s;
	return NULL;
}

uint64_t request_wait_ms(const struct doc *request)
{
	int64_t wait = doc_integer(request, "waitMs", 0);

	return wait > 0 ? (uint64_t)wait : 0;
}

struct fault *request_credentials(struct http *h, const struct net_server *server,
				  const struct doc *request, struct aws_creds *ret)
{
	const struct doc *given = doc_get(request, "credentials");

	if (given && given->type != DOC_NULL)
		return aws_creds_decode("credentials", given, ret);
	return aws_creds_find(h, request_wait_ms(request), server->deadline_ms, ret);
}
