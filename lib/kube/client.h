/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A client of the Kubernetes API for one Node.
 *
 * A token comes from a callback, which is asked before every request and, with `fresh`, once more
 * after a 401. Requests are repeated on 408, 429 (after Retry-After), 5xx and broken connections,
 * by lib/net/http.h.
 *
 * Faults: kube.unauthorized, kube.forbidden, kube.not_found, kube.conflict, kube.invalid,
 * kube.refused, kube.throttled, kube.unavailable, kube.gone, kube.tls (the server's certificate is
 * not of the cluster's CA), kube.protocol (what answers is no Kubernetes API), net.*. */

#include "lib/doc/doc.h"
#include "lib/net/http.h"

struct kube {
	struct http *http;  /* borrowed, as all of these */
	const char *server; /* "https://host", without a slash at its end */
	const char *ca_pem; /* NULL: the system's roots */
	size_t ca_len;
	const char *name; /* of the Node */
	uint64_t deadline_ms;
	struct fault *(*token)(void *arg, bool fresh, const char **ret);
	void *arg;
};

/* Objects as the server has them; *ret is NULL where there is no such Node. */
struct fault *kube_get_node(const struct kube *k, struct doc **ret) _must_check_;
/* type: "merge", "strategic" or "json"; subresource: NULL or "status". A 409 is tried again unless
 * the body names metadata.resourceVersion. */
struct fault *kube_patch_node(const struct kube *k, const char *type, const char *subresource,
			      const struct doc *body, struct doc **ret) _must_check_;
struct fault *kube_create_event(const struct kube *k, const char *name_space,
				const struct doc *body, struct doc **ret) _must_check_;

/* Waits until node_fulfils (lib/kube/node.h): a list of the one Node, then a watch from there,
 * again whenever the watch ends; also across a restart of the server. *ret is a NODE, NULL where
 * there is none. Fault kube.await_timeout at the deadline: what is missing, what failed last. */
struct fault *kube_await_node(const struct kube *k, const struct doc *until, struct doc **ret)
	_must_check_;
