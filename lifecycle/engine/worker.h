/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The wire between the supervisor and a step process: one request document down, one answer up,
 * as JSON of at most 1 MiB. The request lies in a memory file, descriptor 4 of the child; the
 * answer goes over a socketpair, descriptor 3.
 *
 * request {"step","run","trigger","attempt","previous","deadline","root","config","identity",
 *	    "results","verdict"?}
 * answer  {"result": {…}} or {"fault": {"id","errno","message","evidence"}} */

#include "lifecycle/engine/step.h"

#define WORKER_FD 3
#define WORKER_REQUEST_FD 4
#define WORKER_MESSAGE_MAX (1024 * 1024)
#define RESULT_MAX (128 * 1024)	 /* of a result or fault: it has to fit in a history record */

struct worker_request { /* borrowed by worker_encode; owned after worker_receive */
	struct doc *doc; /* the whole request */
	const struct doc *config, *identity, *results, *verdict; /* inside doc */
};

/* Child: reads the request. Fault muster.bug when malformed. */
struct fault *worker_receive(int fd, struct worker_request *ret) _must_check_;
void worker_request_done(struct worker_request *r);
/* Child: fills the context from the request; config and identity are decoded by the caller. */
void worker_context(const struct worker_request *r, struct step_context *ret);
/* Child: sends the answer: f, or result when f is NULL. 0 or -errno. */
int worker_answer(int fd, const struct doc *result, const struct fault *f);

/* Parent: the answer, out of the bytes that came. Faults: the step's own, or engine.step_answer
 * when it is no answer. *ret_result is set when it returns NULL. */
struct fault *worker_parse(const char *step, const char *text, size_t len, struct doc **ret_result)
	_must_check_;
