/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Bundles that lie on this machine: file:///folder, file:///archive (beneath the root). */

#include "lib/box/tree.h"
#include "lifecycle/engine/step.h"
#include "lifecycle/values/config.h"

/* Nothing is taken from a folder or file that somebody else may write. Sets format, and
 * archiveDigest of an archive. Faults: fetch.source, path.untrusted, tree.*, those of
 * NET_UNPACK. */
struct fault *local_fetch(const struct step_context *c, struct tree *t, struct doc *result)
	_must_check_;
