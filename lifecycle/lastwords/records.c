/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/net/words.h"
#include "lifecycle/lastwords/words.h"

#define MESSAGE_MAX 500
#define FAULTS_MAX 32 /* of one verdict: more than a graph has steps */

/* The fault without its evidence, which is in the status where it counts. */
static struct doc *reduce_fault(const struct doc *fault)
{
	const char *message = doc_str(fault, "message");
	_cleanup_free_ char *words = message ? words_clean(message, strlen(message), MESSAGE_MAX)
					     : NULL;
	struct doc *d = doc_object();

	doc_set_string(d, "step", doc_str(fault, "step"));
	doc_set_string(d, "id", doc_str(fault, "id"));
	if (doc_get(fault, "errno"))
		doc_set_int(d, "errno", doc_integer(fault, "errno", 0));
	doc_set_string(d, "message", words);
	return d;
}

static struct doc *reduce_faults(const struct doc *faults)
{
	struct doc *list = doc_array();

	for (size_t i = 0; i < faults->n_items && i < FAULTS_MAX; i++)
		doc_push(list, reduce_fault(faults->items[i]));
	return list;
}

/* Members as lifecycle/engine/state.h has them; not `result`. */
struct doc *words_reduce(const struct doc *record)
{
	static const char *const plain[] = {
		"t",	    "boot",	"at",	   "time",    "run",	"why",	    "pid",
		"version",  "budget",	"id",	   "hardware", "trigger", "step",   "attempt",
		"previous", "outcome",	"ms",	   "retry",   "state",	"exit",
	};
	struct doc *d = doc_object();

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		const struct doc *value = doc_get(record, plain[i]);

		if (value && value->type != DOC_OBJECT && value->type != DOC_ARRAY)
			doc_set(d, plain[i], doc_copy(value));
	}
	if (doc_get(record, "skip"))
		doc_set(d, "skip", doc_copy(doc_get(record, "skip")));
	if (doc_get(record, "fault"))
		doc_set(d, "fault", reduce_fault(doc_get(record, "fault")));
	if (doc_get(record, "faults"))
		doc_set(d, "faults", reduce_faults(doc_get(record, "faults")));
	return d;
}

void words_keep(struct doc *records, const struct doc *record)
{
	doc_push(records, words_reduce(record));
	if (records->n_items <= WORDS_RECORDS)
		return;
	doc_free(records->items[0]);
	records->n_items--;
	memmove(records->items, records->items + 1, records->n_items * sizeof(*records->items));
}
