/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile tar or zip, packed or plain: what is streamed of it keeps the promises of NET_UNPACK.
 * And what names a bundle. */
#include "bootstrap/net/archive.h"
#include "bootstrap/net/bundle-source.h"
#include "tests/fuzz/entries.h"

struct bytes {
	const uint8_t *at;
	size_t left;
};

static struct fault *read_some(void *arg, const void **ret, size_t *ret_len)
{
	struct bytes *b = arg;

	*ret = b->at;
	*ret_len = MIN(b->left, (size_t)509);
	b->at += *ret_len;
	b->left -= *ret_len;
	return NULL;
}

static void check_source(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xstrndup((const char *)data, MIN(size, (size_t)2000));
	_cleanup_bundle_source_ struct bundle_source s = { 0 };
	struct fault *f = bundle_source_parse(text, &s);

	MUST(!f == (s.bucket && s.bucket[0]));
	if (!f)
		MUST(s.key && (s.archive || !s.key[0] || s.key[strlen(s.key) - 1] == '/'));
	check_fault(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(entries_done) struct entries e = { .max_bytes = 1 << 20, .max_entries = 50 };
	_cleanup_bundle_out_ struct bundle_out out = {
		.source = "archive", .max_bytes = 1 << 20, .max_entries = 50,
		.sink = { entries_take, entries_bytes, &e },
	};
	struct bytes b = { data, size };
	char digest[ARCHIVE_DIGEST_MAX];
	struct fault *f = archive_unpack(&(struct archive_source){ read_some, &b }, &out, digest);

	MUST(e.n == out.entries && e.bytes == out.bytes);
	if (!f)
		MUST(e.n > 0 && b.left == 0);
	if (!f)
		entries_end_file(&e);
	check_fault(f);
	check_source(data, size);
	return 0;
}
