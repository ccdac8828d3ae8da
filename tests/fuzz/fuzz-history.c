/* SPDX-License-Identifier: Apache-2.0 */
/* A history as a disk may give it back, and what is decided from it. An input that begins with 'r'
 * is the file as it is, of any other each line is the payload of a record whose checksum is right.
 * What can be folded is never limbo: something starts, something is waited for with an end, or
 * there is a verdict. */
#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lifecycle/engine/decide.h"
#include "lifecycle/engine/history.h"
#include "lifecycle/engine/verdict.h"
#include "tests/fuzz/folder.h"

#define NEEDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define HOUR_MS 3600000

static const struct step graph[] = {
	{ .name = "identify", .scope = SCOPE_BOOT, .timeout_fault = "identity.unreachable" },
	{ .name = "scripts", .needs = NEEDS("identify"), .scope = SCOPE_INSTANCE,
	  .timeout_fault = "script.timeout" },
	{ .name = "check", .needs = NEEDS("scripts"), .scope = SCOPE_BOOT,
	  .timeout_fault = "check.timeout" },
	{ .name = "join", .needs = NEEDS("check"), .scope = SCOPE_BOOT,
	  .timeout_fault = "join.timeout" },
	{ .name = "report", .needs = NEEDS("join"), .scope = SCOPE_BOOT, .closing = true,
	  .closing_needs = "join", .timeout_fault = "report.timeout" },
};

static void add_record(struct buf *file, const char *payload, size_t len)
{
	buf_addf(file, "%08x ", crc32c(0, payload, len));
	buf_add(file, payload, len);
	buf_addc(file, '\n');
}

static void make_file(const char *data, size_t size, struct buf *file)
{
	static const char header[] = "muster-log 1";
	const char *end = data + size;

	if (size > 0 && data[0] == 'r') {
		buf_add(file, data + 1, size - 1);
		return;
	}
	add_record(file, header, strlen(header));
	while (data < end) {
		const char *nl = memchr(data, '\n', (size_t)(end - data));
		const char *last = nl ? nl : end;

		add_record(file, data, (size_t)(last - data));
		data = nl ? nl + 1 : end;
	}
}

static void check_decision(const struct situation *t)
{
	struct decision d = decide(t);
	_cleanup_doc_ struct doc *verdict = NULL;
	_cleanup_free_ char *line = NULL;

	MUST(d.move != MOVE_WAIT || d.start || d.wake_ms != NO_DEADLINE);
	MUST(d.move != MOVE_WAIT || d.start || d.wake_ms <= t->now_ms + 2 * HOUR_MS);
	MUST(!(d.start >> ARRAY_SIZE(graph)) && !d.cancel);
	if (d.move != MOVE_VERDICT)
		return;
	MUST(d.verdict && (d.failed || d.own_fault || d.exit == 0));
	verdict = verdict_doc(t, &d);
	line = verdict_line(verdict);
	MUST(line && line[0]);
}

static void look(const struct state *s, const char *boot, uint64_t now_ms)
{
	struct situation t = { .state = s, .now_ms = now_ms, .budget_ms = HOUR_MS,
			       .max_reboots = 2, .max_crashes = 3 };
	_cleanup_doc_ struct doc *status = status_doc(s, boot, now_ms);
	_cleanup_free_ char *line = verdict_line(status), *text = NULL;

	text = doc_to_string(status, DOC_COMPACT);
	MUST(line && line[0] && text && text[0]);
	(void)snprintf(t.boot, sizeof(t.boot), "%s", boot);
	for (size_t i = 0; i < ARRAY_SIZE(graph); i++) {
		(void)snprintf(t.key[i], KEY_MAX, "key");
		t.timeout_ms[i] = 60000;
	}
	check_decision(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *path = path_join(folder_path(), HISTORY_NAME);
	_cleanup_buf_ struct buf file = BUF_INIT;
	struct state state;
	struct fault *f;

	make_file((const char *)data, size, &file);
	f = file_write_volatile(path, file.len ? file.data : "", file.len, 0600);
	MUST(!f);
	state_init(&state, graph, ARRAY_SIZE(graph));
	f = history_read(folder_path(), &state);
	if (!f && state.run[0]) {
		look(&state, state.boot, state.boot_last_ms);
		look(&state, state.boot, state.boot_last_ms + 30000);
		look(&state, "another boot", 1000);
	}
	check_fault(f);
	state_done(&state);
	return 0;
}
