/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Where an AWS service is. Partitions' DNS suffixes: partitions.json of the AWS SDKs. */

#include "lib/base/fault.h"

const char *aws_suffix(const char *region); /* "amazonaws.com", "amazonaws.com.cn", … */
/* Letters, digits and '-', at most 40: what may become part of a host name. Fault aws.region. */
struct fault *aws_check_region(const char *region) _must_check_;
/* AWS_ENDPOINT_URL_<NAME>, else AWS_ENDPOINT_URL, of the environment; NULL where neither is set or
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true. Borrowed. */
const char *aws_endpoint_override(const char *name);
/* The override, else "https://PREFIX.REGION.SUFFIX". No slash at the end. Owned. */
char *aws_endpoint(const char *name, const char *prefix, const char *region);
/* AWS_REGION, else AWS_DEFAULT_REGION, else otherwise. Borrowed; may be NULL. */
const char *aws_region_or(const char *otherwise);
