/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, times, sizes and quantities: no text overflows them, and what is written is read as the
 * same. */
#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/base/parse.h"
#include "lib/kube/node.h"
#include "tests/fuzz/fuzz.h"

static void check_u64(const char *text)
{
	uint64_t v, again;
	_cleanup_free_ char *written = NULL;

	if (parse_u64(text, &v) < 0)
		return;
	written = xasprintf("%" PRIu64, v);
	MUST(parse_u64(written, &again) == 0 && again == v);
	MUST(strspn(text, "0123456789") == strlen(text));
}

static void check_i64(const char *text)
{
	int64_t v, again;
	uint32_t small;
	int i;
	_cleanup_free_ char *written = NULL;

	if (parse_i64(text, &v) < 0)
		return;
	written = xasprintf("%" PRId64, v);
	MUST(parse_i64(written, &again) == 0 && again == v);
	if (parse_int(text, &i) == 0)
		MUST(i == v);
	if (parse_u32(text, &small) == 0)
		MUST(small == v);
}

static void check_duration(const char *text)
{
	char words[DURATION_MAX];
	uint64_t ms, again;
	_cleanup_free_ char *written = NULL;

	if (parse_duration(text, &ms) < 0)
		return;
	MUST(strlen(format_duration(ms, words)) < DURATION_MAX);
	if (ms == NO_DEADLINE)
		return;
	written = xasprintf("%" PRIu64 "ms", ms);
	MUST(parse_duration(written, &again) == 0 && again == ms);
}

static void check_size(const char *text)
{
	char words[SIZE_TEXT_MAX];
	uint64_t bytes, again;
	_cleanup_free_ char *written = NULL;

	if (parse_size(text, &bytes) < 0)
		return;
	MUST(strlen(format_size(bytes, words)) < SIZE_TEXT_MAX);
	written = xasprintf("%" PRIu64, bytes);
	MUST(parse_size(written, &again) == 0 && again == bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xstrndup((const char *)data, size);
	uint32_t ppm;
	uint64_t hex;
	mode_t mode;
	bool word;

	check_u64(text);
	check_i64(text);
	check_duration(text);
	check_size(text);
	if (parse_percent(text, &ppm) == 0)
		MUST(strchr(text, '%'));
	if (parse_octal_mode(text, &mode) == 0)
		MUST(mode <= 07777);
	(void)parse_hex(text, &hex);
	(void)parse_bool(text, &word);
	MUST(kube_quantity(text) >= -1);
	return 0;
}
