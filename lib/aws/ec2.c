/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/ec2.h"

static const struct query_service ec2 = { "ec2", "EC2", "2016-11-15" };

struct fault *ec2_tag(const struct query *q, const char *instance, const char *key,
		      const char *value)
{
	const struct sigv4_pair pairs[] = { { "ResourceId.1", instance },
					    { "Tag.1.Key", key },
					    { "Tag.1.Value", value } };

	return query_do(q, &ec2, "CreateTags", pairs, ARRAY_SIZE(pairs));
}
