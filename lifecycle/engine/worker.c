/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/engine/worker.h"

#include <string.h>

#include "lib/base/fd.h"
#include "lifecycle/engine/state.h"

struct fault *worker_receive(int fd, struct worker_request *ret)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	int r = fd_read_all(fd, &text, WORKER_MESSAGE_MAX);

	*ret = (struct worker_request){ .doc = NULL };
	if (r < 0)
		return fault_errno("muster.bug", r, "cannot read the supervisor's request");
	TRY(json_parse("request", buf_str(&text), text.len, WORKER_MESSAGE_MAX, &ret->doc));
	ret->config = doc_get(ret->doc, "config");
	ret->identity = doc_get(ret->doc, "identity");
	ret->results = doc_get(ret->doc, "results");
	ret->verdict = doc_get(ret->doc, "verdict");
	if (!doc_str(ret->doc, "step") || !ret->config || !ret->results)
		return fault_new("muster.bug", "the supervisor's request is incomplete");
	return NULL;
}

void worker_request_done(struct worker_request *r)
{
	doc_free(r->doc);
	r->doc = NULL;
}

void worker_context(const struct worker_request *r, struct step_context *ret)
{
	const char *trigger = doc_str(r->doc, "trigger");

	*ret = (struct step_context){
		.root = doc_str(r->doc, "root") ? doc_str(r->doc, "root") : "",
		.state_dir = doc_str(r->doc, "stateDir"),
		.run_dir = doc_str(r->doc, "runDir"),
		.run_id = doc_str(r->doc, "run"),
		.attempt = (unsigned)doc_integer(r->doc, "attempt", 1),
		.previous = doc_str(r->doc, "previous"),
		.deadline_ms = (uint64_t)doc_integer(r->doc, "deadline", 0),
		.results = r->results,
		.verdict = r->verdict,
	};
	for (int i = 0; trigger && trigger_names[i]; i++)
		if (streq(trigger, trigger_names[i]))
			ret->trigger = (enum trigger)i;
}

int worker_answer(int fd, const struct doc *result, const struct fault *f)
{
	_cleanup_doc_ struct doc *answer = doc_object();
	_cleanup_free_ char *text = NULL;

	if (f)
		doc_set(answer, "fault", fault_to_doc(f));
	else
		doc_set(answer, "result", doc_copy(result));
	text = doc_to_string(answer, DOC_COMPACT);
	return fd_write_all(fd, text, strlen(text));
}

struct fault *worker_parse(const char *step, const char *text, size_t len, struct doc **ret_result)
{
	_cleanup_doc_ struct doc *answer = NULL;
	struct fault *f = json_parse(step, text, len, RESULT_MAX, &answer);
	const struct doc *result;

	if (f)
		return fault_as(fault_wrap(f, "the answer of step %s", step), "engine.step_answer");
	if (doc_get(answer, "fault"))
		return fault_from_doc(doc_get(answer, "fault"));
	result = doc_get(answer, "result");
	if (!result || result->type != DOC_OBJECT)
		return fault_new("engine.step_answer", "step %s answered without a result", step);
	*ret_result = doc_copy(result);
	return NULL;
}
