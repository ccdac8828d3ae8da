/* SPDX-License-Identifier: Apache-2.0 */
/* What is accepted is written in every style and read back as the same. */
#include "lib/doc/doc.h"
#include "tests/fuzz/fuzz.h"

static void read_back(const struct doc *d, enum doc_style style)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	_cleanup_doc_ struct doc *back = NULL;
	_cleanup_fault_ struct fault *f = NULL;

	doc_write(d, style, &out);
	f = json_parse("back", buf_str(&out), out.len, 0, &back);
	MUST(!f);
	MUST(doc_equal(d, back));
}

static void check_pointers(const struct doc *root, const struct doc *d)
{
	_cleanup_free_ char *pointer = doc_pointer(root, d);

	MUST(pointer && doc_at(root, pointer) == d);
	for (size_t i = 0; i < d->n_items; i++)
		check_pointers(root, d->items[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_doc_ struct doc *d = NULL, *copy = NULL;
	_cleanup_fault_ struct fault *f = json_parse("in", (const char *)data, size, 4096, &d);

	MUST(!f == !!d);
	if (!d)
		return 0;
	read_back(d, DOC_COMPACT);
	read_back(d, DOC_PRETTY);
	read_back(d, DOC_CANONICAL);
	check_pointers(d, d);
	copy = doc_copy(d);
	doc_merge(copy, d);
	MUST(doc_equal(copy, d));
	return 0;
}
