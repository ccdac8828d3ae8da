/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A Node as the Kubernetes API shows it, made small, and what one can wait for. Pure. */

#include "lib/doc/doc.h"

/* NODE of lib/net/operations.h. Every field of a wrong type counts as absent; NULL when the object
 * has no name. */
struct doc *node_reduce(const struct doc *object);

/* Whether a NODE (NULL: there is none) has everything of `until`; what it lacks is added to
 * `missing` as words, one after the other. Unless until has "exists": false, there must be one.
 * A fault kube.until names a condition that is none, or malformed. */
struct fault *node_until_check(const struct doc *until) _must_check_;
bool node_fulfils(const struct doc *node, const struct doc *until, struct buf *missing);

/* A Kubernetes quantity ("8", "3920m", "16Ki", "2G") rounded down to a whole number; -1 when it is
 * none. https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity */
int64_t kube_quantity(const char *text);
