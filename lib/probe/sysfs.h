/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Reading attributes below a folder of sysfs. Inside lib/probe only. */

#include "lib/base/macro.h"

char *sysfs_text(const char *dir, const char *attribute); /* trimmed; owned; NULL: none, empty */
int sysfs_hex(const char *dir, const char *attribute, uint32_t *ret);
int sysfs_u64(const char *dir, const char *attribute, uint64_t *ret);
char *sysfs_link_name(const char *dir, const char *link); /* last part of its target; NULL */
bool sysfs_has(const char *dir, const char *name);
/* Names in a folder, sorted; -errno, *ret untouched. */
int sysfs_list(const char *dir, char ***ret);
