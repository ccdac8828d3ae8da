/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/ending.h"

#include "bootstrap/plan.h"
#include "bootstrap/status.h"
#include "lib/base/path.h"
#include "lib/base/record.h"
#include "lifecycle/engine/history.h"
#include "lifecycle/lastwords/words.h"

static struct fault *on_record(void *arg, const char *payload, size_t len)
{
	_cleanup_doc_ struct doc *record = NULL;
	struct ending *e = arg;

	TRY(json_parse("history", payload, len, RECORD_MAX, &record));
	TRY(state_fold(&e->state, record));
	words_keep(e->records, record);
	return NULL;
}

static void read_history(const struct globals *g, struct ending *e)
{
	_cleanup_free_ char *state_dir = globals_state_dir(g);
	_cleanup_free_ char *path = path_join(state_dir, HISTORY_NAME);
	_cleanup_fault_ struct fault *f = NULL;
	struct plan plan = plan_for(NULL);

	state_init(&e->state, plan.steps, plan.n);
	e->records = doc_array();
	f = record_replay(path, on_record, e);
	if (!f)
		return;
	doc_free(e->records);
	e->records = NULL;
	state_done(&e->state);
	state_init(&e->state, plan.steps, plan.n);
}

static void read_standing(const struct globals *g, struct ending *e)
{
	_cleanup_fault_ struct fault *f = status_read(g, &e->status);

	if (!e->status) {
		e->status = doc_object();
		doc_set_string(e->status, "state", f->message);
	}
	e->stopped = e->state.run[0] && !e->state.supervised && !doc_get(e->status, "exit");
}

/* As the supervisor had it: what identify made of the files and the user data, else the files. */
static void read_config(const struct globals *g, const struct doc *identify, struct ending *e)
{
	struct config_sources sources = globals_sources(g);
	const struct doc *full = doc_get(identify, "config");
	_cleanup_fault_ struct fault *f = NULL;

	if (full)
		f = schema_decode(config_fields, "configuration", full, 0, &e->loaded.config);
	else
		f = config_load(&sources, &e->loaded);
	if (!f)
		e->config = &e->loaded.config;
}

void ending_read(const struct globals *g, struct ending *e)
{
	const struct doc *identify = NULL;
	_cleanup_fault_ struct fault *f = NULL;

	*e = (struct ending){ .config = NULL };
	(void)clock_boot_id(e->boot);
	read_history(g, e);
	read_standing(g, e);
	if (e->state.named && streq(e->state.boot, e->boot))
		identify = e->state.step[0].result;
	read_config(g, identify, e);
	if (!identify)
		return;
	f = identity_decode("identify", identify, &e->identity);
	e->named = !f && e->identity.instance_id;
}

void ending_done(struct ending *e)
{
	state_done(&e->state);
	doc_free(e->records);
	doc_free(e->status);
	loaded_config_done(&e->loaded);
	identity_done(&e->identity);
	*e = (struct ending){ .config = NULL };
}

struct asker ending_asker(const struct ending *e, uint64_t deadline_ms)
{
	return (struct asker){ .config = e->config, .identity = &e->identity,
			       .deadline_ms = deadline_ms };
}
