/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/ekstoken.h"

#include <string.h>

#include "lib/aws/endpoint.h"
#include "lib/aws/sigv4.h"
#include "lib/base/hash.h"

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static struct fault *check_cluster(const char *name)
{
	size_t n = name ? strspn(name, NAME_CHARACTERS) : 0;

	if (n == 0 || n > 100 || name[n])
		return fault_new("token.cluster", "\"%s\" is no name of an EKS cluster",
				 name ? name : "");
	return NULL;
}

struct fault *ekstoken_url(const struct aws_creds *creds, const char *region, const char *cluster,
			   uint64_t time_ms, char **ret)
{
	const struct sigv4_pair query[] = { { "Action", "GetCallerIdentity" },
					    { "Version", "2011-06-15" } };
	const struct sigv4_pair headers[] = { { "x-k8s-aws-id", cluster } };
	_cleanup_free_ char *host = NULL, *signed_query = NULL;

	TRY(aws_check_region(region));
	TRY(check_cluster(cluster));
	host = xasprintf("sts.%s.%s", region, aws_suffix(region));
	signed_query = sigv4_query(&(struct sigv4){
		.creds = creds, .region = region, .service = "sts", .time_ms = time_ms,
		.method = "GET", .host = host, .path = "/",
		.query = query, .n_query = ARRAY_SIZE(query),
		.headers = headers, .n_headers = ARRAY_SIZE(headers),
		.expires_s = EKSTOKEN_URL_S,
	});
	*ret = xasprintf("https://%s/?%s", host, signed_query);
	return NULL;
}

struct fault *ekstoken_make(const struct aws_creds *creds, const char *region, const char *cluster,
			    uint64_t time_ms, char **ret)
{
	_cleanup_free_ char *url = NULL, *text = NULL;

	TRY(ekstoken_url(creds, region, cluster, time_ms, &url));
	text = base64url_encode(url, strlen(url));
	*ret = xasprintf("k8s-aws-v1.%s", text);
	return NULL;
}
