/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Requests on the API, as the files of the client share them. Internal to lib/kube. */

#include "lib/kube/client.h"

struct kube_request {
	const struct kube *kube;
	const char *method; /* NULL: GET */
	char *verb;	    /* for messages: "patch nodes/n1"; owned */
	char *path;	    /* with its query; owned */
	const char *type;   /* of the body */
	const struct doc *body;
	bool repeat_conflict;
	bool fresh; /* the next token must be a new one */
	/* built, all owned */
	char *url, *authorization, *content_type, *text;
	char *headers[4];
};

char *kube_encode(const char *s); /* for a path or a query; owned */
/* Fills *ret, which borrows from q until the next build or kube_request_done. */
struct fault *kube_build(struct kube_request *q, struct http_request *ret) _must_check_;
void kube_request_done(struct kube_request *q);
#define _cleanup_kube_request_ _cleanup_(kube_request_done)
/* Sends it, repeats it where that may help, asks for a new token once; *ret is the answer's
 * document. */
struct fault *kube_send(struct kube_request *q, struct doc **ret) _must_check_;
/* What an answer that is no success means. */
struct fault *kube_refusal(const struct kube_request *q, int status, const struct buf *body)
	_must_check_;
/* A fault of the transport, in the words of this client. NULL stays NULL. */
struct fault *kube_transport(const struct kube_request *q, struct fault *f) _must_check_;
