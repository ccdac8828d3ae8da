/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The machine and cluster of nodeadm's own suite, for the tests of join. */

#include "tests/unit/test.h"

#include "lifecycle/join/plan.h"
#include "lifecycle/values/instance-types.h"

static struct config config;
static struct identity identity;
static struct cluster cluster;

static inline struct join_plan plan_of(unsigned minor)
{
	config = (struct config){ 0 };
	config.report.gate = GATE_CORDON;
	identity = (struct identity){ .instance_id = (char *)"i-1234567890abcdef0",
				      .instance_type = (char *)"m4.xlarge",
				      .private_ip = (char *)"172.16.34.43",
				      .availability_zone = (char *)"us-west-2f" };
	cluster = (struct cluster){ .name = (char *)"my-cluster",
				    .region = (char *)"us-west-2",
				    .endpoint = (char *)"https://example.com",
				    .ca = (char *)"Y2VydGlmaWNhdGVBdXRob3JpdHk=",
				    .service_cidr = (char *)"10.100.0.0/16" };
	return (struct join_plan){
		.config = &config,
		.identity = &identity,
		.cluster = &cluster,
		.node_name = "ip-172-16-34-43.ec2.internal",
		.provider_id = "aws:///us-west-2f/i-1234567890abcdef0",
		.kubelet = { 1, minor },
		.containerd = { 2, 0 },
		.cpus = 2,
		.type_max_pods = instance_type_max_pods(instance_type_find("m4.xlarge")),
		.credential_provider = true,
	};
}

static inline struct doc *parsed(const char *json)
{
	struct doc *d = NULL;

	CHECK_OK(json_parse("test", json, strlen(json), 0, &d));
	return d;
}
