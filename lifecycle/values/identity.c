/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/values/identity.h"

/* What comes from IMDS ends in file names, host names and URLs. */
#define NAME "^[A-Za-z0-9][A-Za-z0-9._:-]*$"
#define WORD "^[A-Za-z0-9][A-Za-z0-9.-]*$"
#define TIME "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?Z$"

const struct field identity_fields[] = {
	F_STRING("instanceId", struct identity, instance_id,
		 "Id of the instance, or any name for machines that are not EC2", .required = true,
		 .max = 128, .pattern = NAME),
	F_STRING("instanceType", struct identity, instance_type, "EC2 instance type", .max = 64,
		 .pattern = WORD),
	F_STRING("region", struct identity, region, "AWS region", .max = 64, .pattern = WORD),
	F_STRING("availabilityZone", struct identity, availability_zone, "Availability zone",
		 .max = 64, .pattern = WORD),
	F_STRING("accountId", struct identity, account_id, "AWS account", .max = 32,
		 .pattern = WORD),
	F_STRING("imageId", struct identity, image_id, "Image that the machine started from",
		 .max = 64, .pattern = WORD),
	F_STRING("privateDnsName", struct identity, private_dns_name, "Private DNS name",
		 .max = 253, .pattern = WORD),
	F_STRING("privateIp", struct identity, private_ip, "Private IP address", .max = 64,
		 .pattern = "^[0-9A-Fa-f.:]+$"),
	F_STRING("launchTime", struct identity, launch_time,
		 "When the instance was launched, in UTC: 2026-01-02T03:04:05Z", .max = 32,
		 .pattern = TIME),
	F_STRING("instanceName", struct identity, instance_name,
		 "Name of the instance: tag Name, or the group's name for it", .max = 256),
	F_STRING("hardware", struct identity, hardware,
		 "Digest over the serials of the hardware; computed where it is not given",
		 .max = 128, .pattern = NAME),
	F_STRING("replaces", struct identity, replaces,
		 "Instance that this one stands in for: tag muster:replaces", .max = 128,
		 .pattern = NAME),
	F_STRING("source", struct identity, source, "Where the identity came from", .max = 4096),
	F_MAP("tags", struct identity, tags, "Instance tags"),
	F_END,
};

struct fault *identity_decode(const char *source, const struct doc *d, struct identity *ret)
{
	struct identity id = { 0 };
	struct fault *f = schema_decode(identity_fields, source, d, 0, &id);

	if (f) {
		identity_done(&id);
		return f;
	}
	*ret = id;
	return NULL;
}

void identity_done(struct identity *id)
{
	schema_free(identity_fields, id);
}
