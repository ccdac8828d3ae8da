/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/eks.h"

#include <string.h>

#include "lib/aws/endpoint.h"
#include "lib/aws/request.h"
#include "lib/net/words.h"

static const char *fault_id(int status, const char *body)
{
	if (status == 404)
		return "eks.not_found";
	if (status == 429 || strstr(body, "Throttl"))
		return "eks.throttled";
	if (strstr(body, "ExpiredToken"))
		return "creds.expired";
	if (status == 401 || status == 403)
		return "eks.forbidden";
	return status >= 500 ? "eks.unavailable" : "eks.refused";
}

static struct fault *refusal(const struct aws_creds *creds, const char *name, const char *region,
			     const struct http_response *r)
{
	_cleanup_free_ char *who = aws_creds_describe(creds);
	_cleanup_free_ char *words = words_clean(buf_str(&r->body), r->body.len, 600);

	return fault_new(fault_id(r->status, words),
			 "eks:DescribeCluster %s in %s: HTTP %d as %s: %s", name, region, r->status,
			 who, words);
}

static struct doc *reduce(const struct doc *cluster)
{
	static const char *const fields[][2] = {
		{ "name", "/name" },
		{ "status", "/status" },
		{ "arn", "/arn" },
		{ "version", "/version" },
		{ "endpoint", "/endpoint" },
		{ "certificateAuthority", "/certificateAuthority/data" },
		{ "serviceCidr", "/kubernetesNetworkConfig/serviceIpv4Cidr" },
		{ "serviceCidr", "/kubernetesNetworkConfig/serviceIpv6Cidr" },
		{ "ipFamily", "/kubernetesNetworkConfig/ipFamily" },
	};
	struct doc *out = doc_object();

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct doc *d = doc_at(cluster, fields[i][1]);

		if (d && d->type == DOC_STRING && d->string[0])
			doc_set_string(out, fields[i][0], d->string);
	}
	return out;
}

struct fault *eks_describe_cluster(struct http *h, const struct aws_creds *creds,
				   const char *region, const char *name, uint64_t deadline_ms,
				   struct doc **ret)
{
	_cleanup_response_ struct http_response r = { 0 };
	_cleanup_doc_ struct doc *answer = NULL;
	_cleanup_free_ char *endpoint = NULL, *path = NULL;
	_cleanup_aws_request_ struct aws_request a = { 0 };
	struct buf encoded = BUF_INIT;
	struct fault *f;

	TRY(aws_check_region(region));
	endpoint = aws_endpoint("EKS", "eks", region);
	buf_adds(&encoded, "/clusters/");
	sigv4_encode(&encoded, name, false);
	path = buf_take(&encoded);
	a = (struct aws_request){ .creds = creds, .region = region, .service = "eks",
				  .endpoint = endpoint, .path = path, .deadline_ms = deadline_ms };
	TRY(fault_wrap(aws_request_do(h, &a, &r), "eks:DescribeCluster %s", name));
	if (r.status != 200)
		return refusal(creds, name, region, &r);
	f = json_parse("eks:DescribeCluster", buf_str(&r.body), r.body.len, 0, &answer);
	if (f)
		return fault_as(f, "eks.invalid");
	if (!doc_at(answer, "/cluster/name"))
		return fault_new("eks.invalid", "eks:DescribeCluster %s: no cluster in the answer",
				 name);
	*ret = reduce(doc_get(answer, "cluster"));
	return NULL;
}
