/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/run.h"

#include <stdio.h>
#include <unistd.h>

#include "bootstrap/globals.h"
#include "bootstrap/plan.h"
#include "bootstrap/table.h"
#include "lib/base/clock.h"
#include "lib/base/path.h"
#include "lib/base/strv.h"
#include "lib/sys/log.h"
#include "lib/sys/unit.h"

struct run {
	const struct globals *globals;
	struct loaded_config loaded;   /* from the files */
	struct loaded_config complete; /* with what identify's user data adds */
	struct table table;
	bool live;
};

static char **step_argv(void *arg, const char *step)
{
	const struct globals *g = ((struct run *)arg)->globals;
	char **argv = NULL;

	strv_add(&argv, "muster");
	if (g->root)
		strv_addf(&argv, "--root=%s", g->root);
	if (g->config)
		strv_addf(&argv, "--config=%s", g->config);
	if (g->identity)
		strv_addf(&argv, "--identity=%s", g->identity);
	strv_add(&argv, "step");
	strv_add(&argv, step);
	return argv;
}

/* The step process that saw the user data has merged and checked it; here it is only decoded. */
static struct fault *configure(void *arg, const struct doc *identify, const struct config **config,
			       const struct doc **config_doc)
{
	struct run *r = arg;
	const struct doc *full = doc_get(identify, "config");
	const struct doc *refused = doc_get(identify, "configFault");

	if (refused)
		return fault_new(doc_str(refused, "id") ? doc_str(refused, "id") : "muster.bug",
				 "%s", doc_str(refused, "message"));
	loaded_config_done(&r->complete);
	if (!full)
		return NULL;
	TRY(schema_decode(config_fields, "configuration", full, 0, &r->complete.config));
	r->complete.doc = doc_copy(full);
	*config = &r->complete.config;
	*config_doc = r->complete.doc;
	return NULL;
}

static void changed(void *arg, const struct doc *status)
{
	struct run *r = arg;

	if (r->live)
		table_draw(&r->table, status);
}

/* A verdict that waits for a reboot asks for it, on a machine that is ours to reboot. */
static void act_on(const struct run *r, int code)
{
	const struct config *config = r->complete.doc ? &r->complete.config
				    : r->loaded.doc   ? &r->loaded.config
						      : NULL;
	bool ours = (!r->globals->root || !*r->globals->root) && unit_systemd_is_running();
	_cleanup_fault_ struct fault *f = NULL;

	if ((code != 75 && code != 80) || !config || config->recovery == RECOVERY_NONE || !ours)
		return;
	log_notice("rebooting, as the verdict asks");
	/* OnFailure= comes too late for them: nothing is started any more once a reboot is on. */
	fault_free(unit_do("start", "muster-last-words.service", clock_boottime_ms() + 70000));
	f = unit_do("reboot", NULL, NO_DEADLINE);
	if (f)
		log_fault(LOG_ERR, NULL, f);
}

int verb_run(const void *globals, const void *opts, int argc, char **argv)
{
	struct run r = { .globals = globals, .live = isatty(STDOUT_FILENO) };
	struct config_sources sources = globals_sources(globals);
	_cleanup_free_ char *state_dir = globals_state_dir(globals);
	_cleanup_free_ char *run_dir = globals_run_dir(globals);
	_cleanup_fault_ struct fault *refused = NULL, *f = NULL;
	struct engine_spec spec = { .root = r.globals->root ? r.globals->root : "",
				    .state_dir = state_dir,
				    .run_dir = run_dir,
				    .configure = configure,
				    .limits = plan_limits,
				    .step_argv = step_argv,
				    .changed = changed,
				    .arg = &r };
	struct plan plan;
	int code;

	(void)opts;
	(void)argc;
	(void)argv;
	log_open(LOG_AUTO, "muster");
	log_context("MUSTER_STEP", "run");
	(void)path_mkdirs(run_dir, 0755);
	refused = config_load(&sources, &r.loaded);
	if (!refused) {
		spec.config = &r.loaded.config;
		spec.config_doc = r.loaded.doc;
	}
	spec.config_fault = refused;
	plan = plan_for(spec.config);
	spec.steps = plan.steps;
	spec.n = plan.n;
	if (r.live)
		log_level(LOG_NOTICE);
	code = engine_run(&spec, &f);
	table_done(&r.table);
	act_on(&r, code);
	loaded_config_done(&r.loaded);
	loaded_config_done(&r.complete);
	return code;
}
