/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What EC2 says of its instance types, as far as bring-up needs it (instance-types.def). */

#include "lib/base/macro.h"

struct instance_type {
	char name[20];	       /* "p5.48xlarge" */
	int8_t max_enis;       /* network interfaces on the default card; -1: unknown */
	int8_t ipv4_per_eni;   /* IPv4 addresses of one interface; -1: unknown */
	int8_t nvidia_gpus;    /* -1: unknown, which is not "none" */
	int8_t efa_devices;    /* -1: unknown, which is not "none" */
};

const struct instance_type *instance_type_find(const char *name); /* NULL: not in the table */
/* Pods that the VPC CNI can give an address: ENIs x (addresses - 1) + 2; -1 when unknown.
 * https://github.com/awslabs/amazon-eks-ami, eni-max-pods */
int64_t instance_type_max_pods(const struct instance_type *t); /* t may be NULL */
