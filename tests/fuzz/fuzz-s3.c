/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle out of listings and objects that anybody may have written: what is streamed keeps the
 * promises of NET_BUNDLE in lib/net/operations.h. */
#include "bootstrap/net/ops.h"
#include "tests/fuzz/answers.h"
#include "tests/fuzz/entries.h"

static const char request[] =
	"{\"source\":\"s3://bucket/lc/\",\"region\":\"us-west-2\",\"maxBytes\":4096,"
	"\"maxEntries\":9,\"credentials\":{\"accessKeyId\":\"AKIA\",\"secretAccessKey\":\"x\"}}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(entries_done) struct entries e = { .max_bytes = 4096, .max_entries = 9 };
	_cleanup_doc_ struct doc *result = NULL;

	answers_sink = (struct net_sink){ entries_take, entries_bytes, &e };
	result = answers_to(op_bundle, request, data, size);
	if (result)
		entries_check_result(&e, result);
	return 0;
}
