/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/configure.h"

#include <stdio.h>
#include <string.h>

#include "bootstrap/outlook.h"
#include "bootstrap/plan.h"
#include "lib/sys/unit.h"
#include "lifecycle/engine/engine.h"
#include "lifecycle/engine/forecast.h"

#define SCHEMA_ID "https://muster.dev/schema/muster-v1-node.json"

const struct option_row config_options[] = {
	O_FLAG("strict", 's', struct config_options, strict,
	       "refuse unknown keys of cluster-config.json, too"),
	O_FLAG("json", 'j', struct config_options, json, "print JSON instead of YAML"), O_END
};
const struct option_row plan_options[] = {
	O_FLAG("json", 'j', struct plan_options, json, "print JSON"), O_END
};
const char *const config_words[] = { "check", "dump", "schema", NULL };

static void print_doc(const struct doc *d, bool json)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (json)
		doc_write(d, DOC_PRETTY, &text);
	else
		doc_write_yaml(d, &text);
	(void)fputs(buf_str(&text), stdout);
}

static int print_schema(void)
{
	_cleanup_doc_ struct doc *d = schema_json(config_fields, SCHEMA_ID, "muster node");

	print_doc(d, true);
	return 0;
}

int verb_config(const void *globals, const void *opts, int argc, char **argv)
{
	const struct config_options *o = opts;
	struct config_sources s = globals_sources(globals);
	_cleanup_loaded_config_ struct loaded_config loaded = { .doc = NULL };
	struct fault *f;

	(void)argc;
	if (streq(argv[0], "schema"))
		return print_schema();
	if (!streq(argv[0], "check") && !streq(argv[0], "dump"))
		return fail(fault_new("usage", "'%s' is not check, dump or schema", argv[0]));
	s.strict = o->strict;
	f = config_load(&s, &loaded);
	if (f)
		return fail(f);
	if (streq(argv[0], "dump"))
		print_doc(loaded.doc, o->json);
	else
		(void)printf("the configuration is good: %s\n",
			     loaded.config.cluster.name ? loaded.config.cluster.name
							: "standalone, no cluster");
	return 0;
}

static void print_origins(const struct loaded_config *l)
{
	for (size_t i = 0; i < l->origins->n_items; i++) {
		const struct doc *origin = l->origins->items[i];
		const struct doc *value = doc_at(l->doc, origin->key);
		_cleanup_free_ char *text = value ? doc_to_string(value, DOC_COMPACT) : NULL;

		if (value && value->type != DOC_OBJECT)
			(void)printf("  %-32s %.60s  (%s)\n", origin->key, text, origin->string);
	}
	(void)printf("  everything else is a default: muster config dump\n");
}

static void print_steps(const struct doc *forecast)
{
	for (size_t i = 0; i < forecast->n_items; i++) {
		const struct doc *s = forecast->items[i];

		(void)printf("  %-10s %-5s %s\n", doc_str(s, "name"),
			     doc_boolean(s, "runs", false) ? "run" : "skip", doc_str(s, "why"));
	}
}

/* An image that starts the kubelet by itself is named before it surprises anybody. */
static void print_warnings(const struct loaded_config *l, const char *root)
{
	_cleanup_free_ char *state = NULL;
	struct fault *f;

	if (!l->config.cluster.name || (root && *root) || !unit_systemd_is_running())
		return;
	f = unit_property("nodeadm-run.service", "LoadState", &state);
	if (!f && streq(state, "loaded"))
		(void)printf("\nwarning: nodeadm-run.service is not masked; it starts the kubelet "
			     "before the checks: systemctl mask nodeadm-run.service\n");
	fault_free(f);
}

static struct fault *forecast(const struct globals *g, const struct loaded_config *l,
			      struct outlook *o, struct doc **ret)
{
	_cleanup_free_ char *state_dir = globals_state_dir(g);
	struct plan plan = plan_for(&l->config);
	struct forecast_spec spec = { .steps = plan.steps, .n = plan.n, .config = &l->config,
				      .config_doc = l->doc, .state_dir = state_dir,
				      .expect = outlook_expect, .arg = o };

	TRY(forecast_steps(&spec, ret));
	return TAKE_PTR(o->fault);
}

static void print_json_plan(const struct loaded_config *l, struct outlook *o, struct doc *steps)
{
	_cleanup_doc_ struct doc *all = doc_object();

	doc_set(all, "steps", doc_copy(steps));
	if (o->check)
		doc_set(all, "check", doc_copy(o->check));
	doc_set(all, "origins", doc_copy(l->origins));
	print_doc(all, true);
}

int verb_plan(const void *globals, const void *opts, int argc, char **argv)
{
	const struct globals *g = globals;
	const struct plan_options *o = opts;
	struct config_sources s = globals_sources(globals);
	_cleanup_loaded_config_ struct loaded_config loaded = { .doc = NULL };
	_cleanup_(outlook_done) struct outlook outlook = { .config = &loaded.config };
	_cleanup_doc_ struct doc *steps = NULL;
	struct fault *f = config_load(&s, &loaded);

	(void)argc;
	(void)argv;
	if (!f)
		f = forecast(g, &loaded, &outlook, &steps);
	if (f)
		return fail(f);
	if (o->json) {
		print_json_plan(&loaded, &outlook, steps);
		return 0;
	}
	(void)printf("Steps:\n");
	print_steps(steps);
	if (outlook.check)
		outlook_print(&outlook);
	(void)printf("\nSettings:\n");
	print_origins(&loaded);
	print_warnings(&loaded, g->root);
	return 0;
}
