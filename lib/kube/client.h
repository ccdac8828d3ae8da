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
	struct http *watch; /* for watches, so that a patch finds its connection free; NULL: http */
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

/* What to wait for, and what to do the moment that it is there. All of it borrowed. */
struct kube_wait {
	const struct doc *until; /* of node_fulfils, lib/kube/node.h */
	/* NULL, or a merge patch that goes out, with the version that was seen in it, as soon as
	 * until is fulfilled, unless the Node fulfils `unless` by then. Where somebody changed the
	 * Node meanwhile the wait goes on with what they made of it. */
	const struct doc *then, *unless;
	/* NULL, or called whenever a watch is open: no change from here on is missed. Every
	 * KUBE_WATCH_S seconds at the latest. A fault ends the wait. */
	struct fault *(*watching)(void *arg);
	void *arg;
};
#define KUBE_WATCH_S 10

struct kube_seen {
	struct doc *node; /* a NODE, owned; NULL: there is none */
	bool was_open;	  /* before `then` nothing kept pods off it, if only for a moment */
};

/* Waits: a list of the one Node, then a watch from there, again whenever it ends; also across
 * a restart of the server. Fault kube.await_timeout at the deadline: what is missing, what failed
 * last. */
struct fault *kube_await_node(const struct kube *k, const struct kube_wait *wait,
			      struct kube_seen *ret) _must_check_;
