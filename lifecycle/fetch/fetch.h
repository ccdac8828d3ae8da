/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* fetch: the lifecycle bundle, from S3 (muster-net), a local folder or a local archive, published
 * whole or not at all as state/bundles/DIGEST.
 *
 * Root writes every file itself (lib/box/tree.h), so the tree's digest is over what lies on the
 * disk and not over what an unprivileged child says it has sent. lifecycle.digest therefore means
 * the tree's digest: for an archive in S3 the archive's own digest is known to the child alone,
 * which also parses it, and a claim is no proof. For a local archive, whose bytes root can hash,
 * lifecycle.digest may also be the digest of the archive file. A bundle without the right pin is
 * refused with both digests in the message, so that the pin can be read off there.
 *
 * Result: {"path","digest","entries","bytes","source","format","archiveDigest"?}; archiveDigest is
 * as muster-net reports it for S3, as root computed it for a local archive. */

#include "lib/box/tree.h"
#include "lib/net/call.h"
#include "lifecycle/engine/step.h"
#include "lifecycle/values/config.h"

struct fault *step_fetch(const struct step_context *c, struct doc *result) _must_check_;
const char *fetch_skip(const struct config *c);
uint64_t fetch_timeout(const struct config *c);

/* What writes entries of muster-net into a tree: nothing in them is believed. arg is the tree. */
struct fault *fetch_take_entry(void *tree, const struct doc *entry) _must_check_;
struct fault *fetch_take_bytes(void *tree, const void *data, size_t len) _must_check_;
