/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Who this machine is. Made by identify, const for everybody else. */

#include "lib/doc/schema.h"

struct identity {
	char *instance_id; /* "i-0123456789abcdef0", or any name for machines that are not EC2 */
	char *instance_type;	 /* "p5.48xlarge" */
	char *region;
	char *availability_zone;
	char *account_id;
	char *image_id;
	char *private_dns_name;	 /* "ip-10-0-0-1.us-west-2.compute.internal" */
	char *private_ip;
	char *launch_time;	 /* RFC 3339, UTC: start of the instance; of a stopped one, anew */
	char *instance_name;	 /* tag Name, or the group's instance name; may be NULL */
	/* digest over serials (DMI product serial and uuid, disks, NICs) */
	char *hardware;
	/* tag muster:replaces, or the file's: the instance this one stands in for */
	char *replaces;
	char *source;		 /* "imds" or the file's path */
	struct doc *tags;	 /* object of strings; NULL when none could be read */
};

extern const struct field identity_fields[]; /* names: instanceId, instanceType, … */

/* Decodes an identify result or an --identity file; fault identity.* or schema.*. */
struct fault *identity_decode(const char *source, const struct doc *d, struct identity *ret)
	_must_check_;
void identity_done(struct identity *id);
#define _cleanup_identity_ _cleanup_(identity_done)
