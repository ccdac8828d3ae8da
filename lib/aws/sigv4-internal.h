/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Sorted name-value lists of the signer. Internal to lib/aws. */

#include "lib/aws/sigv4.h"

struct pairs {
	struct pair {
		char *name;
		char *value;
	} *items;
	size_t n;
};

void pairs_take(struct pairs *p, char *name, char *value);
/* By name, or by name and then value; pairs of one name stay in order in the first case. */
void pairs_sort(struct pairs *p, bool by_value);
void pairs_done(struct pairs *p);
#define _cleanup_pairs_ _cleanup_(pairs_done)

/* Lower-case name, value trimmed and with inner runs of blanks made one. */
void pairs_add_header(struct pairs *p, const char *name, const char *value);
/* Both encoded. */
void pairs_add_query(struct pairs *p, const char *name, const char *value);
char *pairs_join_query(const struct pairs *p); /* owned "a=b&c=d" */
/* RFC 3986 section 5.2.4 and runs of slashes made one; owned. */
char *sigv4_clean_path(const char *path);
