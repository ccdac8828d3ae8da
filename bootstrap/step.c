/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/step.h"

#include <sys/stat.h>
#include <unistd.h>

#include "bootstrap/globals.h"
#include "bootstrap/netbox.h"
#include "bootstrap/plan.h"
#include "lib/base/file.h"
#include "lib/sys/log.h"
#include "lifecycle/engine/worker.h"
#include "lifecycle/values/identity.h"

static const struct step *find_step(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n; i++)
		if (streq(plan->steps[i].name, name))
			return &plan->steps[i];
	return NULL;
}

/* Who this machine is has become known, and with it the user data: the configuration is completed
 * here, in a process that is thrown away, not in the supervisor. A document that is refused is no
 * fault of identify's: the node is known, and the run ends with the refusal. */
static void complete_config(const struct globals *g, struct doc *result)
{
	struct config_sources s = globals_sources(g);
	_cleanup_loaded_config_ struct loaded_config loaded = { .doc = NULL };
	_cleanup_fault_ struct fault *f = NULL;
	struct doc *refused;

	s.user_data = doc_str(result, "userData");
	s.user_data_base64 = doc_str(result, "userDataBase64");
	if (!s.user_data && !s.user_data_base64)
		return;
	f = config_load(&s, &loaded);
	doc_remove(result, "userData"); /* others put secrets there: no history keeps it */
	doc_remove(result, "userDataBase64");
	if (!f) {
		doc_set(result, "config", doc_copy(loaded.doc));
		return;
	}
	refused = doc_set(result, "configFault", doc_object());
	doc_set_string(refused, "id", f->id);
	doc_set_string(refused, "message", f->message);
}

static struct fault *run_step(const struct globals *g, const struct step *step,
			      const struct worker_request *request, struct doc *result)
{
	_cleanup_config_ struct config config = { .recovery = 0 };
	_cleanup_identity_ struct identity identity = { .instance_id = NULL };
	struct step_context context;
	int r;

	worker_context(request, &context);
	TRY(schema_decode(config_fields, "configuration", request->config, 0, &config));
	context.config = &config;
	if (request->identity) {
		TRY(identity_decode("identify", request->identity, &identity));
		context.identity = &identity;
		log_context("MUSTER_INSTANCE", identity.instance_id);
	}
	log_context("MUSTER_RUN", context.run_id);
	TRY(step->run(&context, result));
	if (streq(step->name, "identify"))
		complete_config(g, result);
	/* An END must not outlive what it stands for. */
	r = step->sync ? file_sync_local() : 0;
	return r < 0 ? fault_errno("disk.sync", r, "cannot write the file systems out") : NULL;
}

static struct fault *serve(const struct globals *g, const char *name, struct doc *result)
{
	struct worker_request request;
	struct plan plan = plan_for(NULL);
	const struct step *step = find_step(&plan, name);
	struct fault *f;

	if (!step)
		return fault_new("muster.bug", "there is no step named %s", name);
	TRY(netbox_use());
	f = worker_receive(WORKER_REQUEST_FD, &request);
	(void)close(WORKER_REQUEST_FD);
	if (!f)
		f = run_step(g, step, &request, result);
	worker_request_done(&request);
	return f;
}

int verb_step(const void *globals, const void *opts, int argc, char **argv)
{
	_cleanup_doc_ struct doc *result = doc_object();
	_cleanup_fault_ struct fault *f = NULL;
	struct stat st;

	(void)opts;
	(void)argc;
	if (fstat(WORKER_FD, &st) < 0 || !S_ISSOCK(st.st_mode))
		return fail(fault_new("usage", "'muster step' is run by 'muster run'; to run one "
					       "step again: muster reset %s", argv[0]));
	log_open(LOG_AUTO, "muster");
	log_context("MUSTER_STEP", argv[0]);
	f = serve(globals, argv[0], result);
	return worker_answer(WORKER_FD, result, f) < 0 ? 70 : 0;
}
