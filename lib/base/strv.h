/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* NULL-terminated vectors of owned strings (argv, environments, lists of names). */

#include "lib/base/macro.h"

size_t strv_len(char *const *v);			/* NULL is empty */
void strv_push(char ***v, char *s);			/* takes s; NULL is not added */
void strv_add(char ***v, const char *s);		/* copies s */
void strv_addf(char ***v, const char *fmt, ...) _printf_(2, 3);
char **strv_copy(char *const *v);			/* never NULL; nor is split's */
char **strv_split(const char *s, const char *separators); /* empty parts are skipped */
char *strv_join(char *const *v, const char *separator);
bool strv_contains(char *const *v, const char *s);
/* Environments: "NAME=value" entries. set replaces, and removes where value is NULL; get returns
 * the value or NULL (borrowed). */
void strv_env_set(char ***env, const char *name, const char *value);
const char *strv_env_get(char *const *env, const char *name);
void strv_sort(char **v);
void strv_free(char **v);
DEFINE_CLEANUP(char **, strv_free)
#define _cleanup_strv_ _cleanup_(strv_freep)
