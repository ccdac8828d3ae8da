/* SPDX-License-Identifier: Apache-2.0 */
/* What is accepted is written as YAML and as JSON and read back as the same. */
#include "lib/doc/doc.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf yaml = BUF_INIT, json = BUF_INIT;
	_cleanup_doc_ struct doc *d = NULL, *again = NULL, *resolved = NULL;
	_cleanup_fault_ struct fault *f = yaml_parse("in", (const char *)data, size, 4096, &d);

	MUST(!f == !!d);
	if (!d)
		return 0;
	doc_write_yaml(d, &yaml);
	f = yaml_parse("back", buf_str(&yaml), yaml.len, 0, &again);
	MUST(!f);
	/* The empty document is an empty object, and so is a null one. */
	MUST(doc_equal(d, again));
	doc_write(d, DOC_COMPACT, &json);
	f = json_parse("json", buf_str(&json), json.len, 0, &resolved);
	MUST(!f);
	MUST(doc_equal(d, resolved));
	doc_resolve(d);
	MUST(doc_equal(d, resolved));
	return 0;
}
