/* SPDX-License-Identifier: Apache-2.0 */
/* What scripts and installers print: lines that a journal can hold, the same however the bytes come
 * in (the first byte of the input says in how large pieces), and without the secrets in them where
 * they leave the machine (looked at where its highest bit is set: that costs a hundred times more).
 */
#include "lib/box/lines.h"
#include "lib/box/runner.h"
#include "lib/doc/redact.h"
#include "lib/net/words.h"
#include "tests/fuzz/fuzz.h"

#define SECRET "tr0ub4dor"

static void on_line(void *arg, const char *stream, const char *text)
{
	struct buf *out = arg;

	MUST(streq(stream, "stdout"));
	MUST(strlen(text) <= 4 * (size_t)RUNNER_LINE_MAX);
	MUST(!strchr(text, '\n'));
	buf_adds(out, text);
	buf_addc(out, '\n');
}

static void cut(const char *data, size_t size, size_t piece, struct buf *out)
{
	struct lines l = { .line = on_line, .arg = out, .stream = "stdout" };

	for (size_t i = 0; i < size; i += piece)
		lines_add(&l, data + i, MIN(piece, size - i));
	lines_flush(&l);
	lines_done(&l);
}

static void check_secrets(const char *text)
{
	_cleanup_redactor_ struct redactor *r = redactor_new();
	_cleanup_free_ char *clean = NULL;

	redactor_add(r, SECRET);
	clean = redact(r, text);
	MUST(clean && !strstr(clean, SECRET));
}

static void check_words(const char *data, size_t size)
{
	_cleanup_free_ char *clean = words_clean(data, size, 100), *again = NULL;

	MUST(strlen(clean) < 100 && words_are_clean(clean, strlen(clean)));
	again = words_clean(clean, strlen(clean), 104);
	MUST(streq(again, clean));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf whole = BUF_INIT, pieces = BUF_INIT;

	if (size == 0)
		return 0;
	cut((const char *)data + 1, size - 1, size, &whole);
	cut((const char *)data + 1, size - 1, 1 + data[0] % 64u, &pieces);
	if (size < (size_t)RUNNER_LINE_MAX) /* longer ones may be cut elsewhere */
		MUST(streq(buf_str(&whole), buf_str(&pieces)));
	if (data[0] & 0x80)
		check_secrets(buf_str(&whole));
	check_words((const char *)data + 1, size - 1);
	return 0;
}
