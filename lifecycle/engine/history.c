/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/engine/history.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/path.h"

static struct fault *fold_payload(void *arg, const char *payload, size_t len)
{
	_cleanup_doc_ struct doc *record = NULL;

	TRY(json_parse("history", payload, len, RECORD_MAX, &record));
	return state_fold(arg, record);
}

struct fault *history_open(struct history *h, const char *state_dir, struct state *state,
			   size_t *ret_torn)
{
	_cleanup_free_ char *path = path_join(state_dir, HISTORY_NAME);
	int r = clock_boot_id(h->boot);

	if (r < 0)
		return fault_errno("engine.starved", r, "cannot read this boot's id");
	h->state = state;
	h->log = NULL;
	r = path_mkdirs(state_dir, 0700);
	if (r < 0)
		return fault_errno("record.unwritable", r, "cannot make %s", state_dir);
	return record_open(path, fold_payload, state, ret_torn, &h->log);
}

struct fault *history_set_aside(const char *state_dir, char **ret)
{
	_cleanup_free_ char *path = path_join(state_dir, HISTORY_NAME);
	_cleanup_free_ char *kept = xasprintf("%s.damaged-%llu", path,
					      (unsigned long long)clock_realtime_ms());
	_cleanup_fd_ int folder = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0 || rename(path, kept) < 0 || fsync(folder) < 0)
		return fault_errno("record.unwritable", errno, "cannot put %s aside", path);
	*ret = TAKE_PTR(kept);
	return NULL;
}

struct fault *history_read(const char *state_dir, struct state *state)
{
	_cleanup_free_ char *path = path_join(state_dir, HISTORY_NAME);

	return record_replay(path, fold_payload, state);
}

struct doc *history_record(const char *kind)
{
	struct doc *d = doc_object();

	doc_set_string(d, "t", kind);
	return d;
}

struct fault *history_append(struct history *h, struct doc *record)
{
	_cleanup_doc_ struct doc *r = record;
	_cleanup_free_ char *text = NULL;

	doc_set_string(r, "boot", h->boot);
	doc_set_int(r, "at", (int64_t)clock_boottime_ms());
	doc_set_int(r, "time", (int64_t)clock_realtime_ms());
	text = doc_to_string(r, DOC_COMPACT);
	TRY(record_append(h->log, text, strlen(text)));
	return state_fold(h->state, r);
}

void history_close(struct history *h)
{
	record_close(h->log);
	h->log = NULL;
}
