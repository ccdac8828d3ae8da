/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/values/instance-types.h"

#include <string.h>

#define U (-1)
#define TYPE(n, enis, ips, gpus, efa) { n, enis, ips, gpus, efa },
static const struct instance_type types[] = {
#include "lifecycle/values/instance-types.def"
};

static int compare(const void *key, const void *row)
{
	return strcmp(key, ((const struct instance_type *)row)->name);
}

const struct instance_type *instance_type_find(const char *name)
{
	return name ? bsearch(name, types, ARRAY_SIZE(types), sizeof(types[0]), compare) : NULL;
}

int64_t instance_type_max_pods(const struct instance_type *t)
{
	if (!t || t->max_enis < 0 || t->ipv4_per_eni < 0)
		return -1;
	return (int64_t)t->max_enis * (t->ipv4_per_eni - 1) + 2;
}
