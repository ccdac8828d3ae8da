/* SPDX-License-Identifier: Apache-2.0 */
/* User data is anybody's: a document, MIME, a script, bytes. */
#include "lib/base/hash.h"
#include "lifecycle/config/config.h"
#include "tests/fuzz/fuzz.h"

/* What is decoded is, encoded again, the same without its white space. */
static void check_base64(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = NULL, *plain = xcalloc(1, size + 1);
	size_t len = 0, n = 0;
	_cleanup_free_ uint8_t *raw = base64_decode((const char *)data, size, &len);

	if (!raw)
		return;
	text = base64_encode(raw, len);
	for (size_t i = 0; i < size; i++)
		if (!strchr(" \t\r\n", data[i]) || !data[i])
			plain[n++] = (char)data[i];
	MUST(streq(text, plain));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_doc_ struct doc *d = NULL;
	struct fault *f = user_data_document((const char *)data, size, &d);

	MUST(!f || !d);
	check_fault(f);
	if (d)
		check_fault(schema_check(config_fields, "user data", d, SCHEMA_STRICT));
	check_base64(data, size);
	return 0;
}
