/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The folder that a bundle is written into, and the rename that publishes it. */

#include "lib/base/fault.h"

struct staging {
	int bundles; /* state/bundles */
	int fd;	     /* the staging folder in it */
	char *folder; /* path of state/bundles */
	char *name;  /* ".staging-RUN" */
};

/* Makes state/bundles (0700) and an empty staging folder; what earlier runs left of theirs goes.
 * Fault fetch.write. */
struct fault *staging_open(const char *state_dir, const char *run_id, struct staging *ret)
	_must_check_;
/* Syncs the file system, then renames to the digest; a tree of that name that is there already is
 * replaced: this one has just been verified, that one has not. Faults fetch.write. */
struct fault *staging_publish(struct staging *s, const char *digest, char **ret_path) _must_check_;
/* Removes what was not published. */
void staging_done(struct staging *s);
