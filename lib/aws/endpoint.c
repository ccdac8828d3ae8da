/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/endpoint.h"

#include <string.h>

#include "lib/base/parse.h"

static const struct {
	const char *prefix, *suffix;
} partitions[] = {
	{ "cn-", "amazonaws.com.cn" },	 { "us-isob-", "sc2s.sgov.gov" },
	{ "us-isof-", "csp.hci.ic.gov" }, { "us-iso-", "c2s.ic.gov" },
	{ "eu-isoe-", "cloud.adc-e.uk" }, { "eusc-", "amazonaws.eu" },
};

const char *aws_suffix(const char *region)
{
	for (size_t i = 0; i < ARRAY_SIZE(partitions); i++)
		if (str_startswith(region, partitions[i].prefix))
			return partitions[i].suffix;
	return "amazonaws.com";
}

struct fault *aws_check_region(const char *region)
{
	size_t n = region ? strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") : 0;

	if (n == 0 || n > 40 || region[n])
		return fault_new("aws.region", "\"%s\" is no AWS region", region ? region : "");
	return NULL;
}

const char *aws_endpoint_override(const char *name)
{
	_cleanup_free_ char *variable = xasprintf("AWS_ENDPOINT_URL_%s", name);
	const char *ignore = getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
	const char *url = getenv(variable);
	bool ignored = false;

	if (ignore && parse_bool(ignore, &ignored) == 0 && ignored)
		return NULL;
	if (!url || !url[0])
		url = getenv("AWS_ENDPOINT_URL");
	return url && url[0] ? url : NULL;
}

char *aws_endpoint(const char *name, const char *prefix, const char *region)
{
	const char *override = aws_endpoint_override(name);
	char *url;

	if (!override)
		return xasprintf("https://%s.%s.%s", prefix, region, aws_suffix(region));
	url = xstrdup(override);
	for (size_t n = strlen(url); n > 0 && url[n - 1] == '/'; n--)
		url[n - 1] = '\0';
	return url;
}

const char *aws_region_or(const char *otherwise)
{
	const char *r = getenv("AWS_REGION");

	if (!r || !r[0])
		r = getenv("AWS_DEFAULT_REGION");
	return r && r[0] ? r : otherwise;
}
