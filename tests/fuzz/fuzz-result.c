/* SPDX-License-Identifier: Apache-2.0 */
/* What a step process answers, which parsers of strangers' bytes have run in; and how its fault, or
 * a verdict, is worded. */
#include "lifecycle/engine/verdict.h"
#include "lifecycle/engine/worker.h"
#include "lifecycle/report/health.h"
#include "tests/fuzz/fuzz.h"

/* A fault is the same after it has been a document. */
static void check_same(const struct fault *f)
{
	_cleanup_doc_ struct doc *d = fault_to_doc(f), *v = verdict_of_fault(f);
	_cleanup_fault_ struct fault *again = fault_from_doc(d);
	_cleanup_free_ char *line = verdict_line(v), *word = machine_word(f->id);

	MUST(streq(again->id, f->id) && streq(again->message, f->message));
	MUST(again->errnum == f->errnum && streq(again->evidence, f->evidence));
	MUST(line && strstr(line, f->id));
	MUST(word && strlen(word) <= 63);
}

static void check_verdict(const struct doc *d)
{
	_cleanup_health_ struct health h = { 0 };
	struct fault *f = health_of(d, &h);

	if (!f)
		MUST(h.status && h.deep && h.reason && h.message);
	fault_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_doc_ struct doc *result = NULL;
	_cleanup_fault_ struct fault *f = worker_parse("step", (const char *)data, size, &result);

	MUST(!f == !!result);
	MUST(!result || result->type == DOC_OBJECT);
	if (f)
		check_same(f);
	if (result)
		check_verdict(result);
	return 0;
}
