/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/drivers/drivers.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/parse.h"
#include "lib/base/path.h"
#include "lib/base/strv.h"
#include "lib/sys/log.h"
#include "lib/sys/spawn.h"
#include "lifecycle/values/identity.h"
#include "lifecycle/values/program.h"

#define REBOOT 75 /* as muster itself says it: contracts of the exit codes */
#define NEEDED 10
#define NOT_APPLICABLE 20
#define GRACE_MS 10000 /* a package manager needs it to put down its locks */

const char *drivers_skip(const struct config *c)
{
	char *const *install = c->drivers.install;

	if (strv_len(install) == 0)
		return "drivers.install is empty";
	return strv_len(install) == 1 && streq(install[0], "none") ? "drivers.install is none"
								     : NULL;
}

uint64_t drivers_timeout(const struct config *c)
{
	return c->drivers.timeout_ms;
}

static bool has_instance_store(const struct probe_disks *disks)
{
	for (size_t i = 0; i < disks->n; i++)
		if (streq(disks->item[i].model, PROBE_INSTANCE_STORE))
			return true;
	return false;
}

char **drivers_choose(char *const *install, const struct probe_disks *disks)
{
	static const struct {
		const char *name;
		bool (*has)(const struct probe_disks *disks);
	} known[] = {
		{ "nvme", has_instance_store },
	};
	char **names = NULL;

	for (size_t i = 0; install && install[i]; i++) {
		bool is_auto = streq(install[i], "auto");

		for (size_t k = 0; is_auto && k < ARRAY_SIZE(known); k++)
			if (known[k].has(disks) && !strv_contains(names, known[k].name))
				strv_add(&names, known[k].name);
		if (!is_auto && !streq(install[i], "none") && !strv_contains(names, install[i]))
			strv_add(&names, install[i]);
	}
	return names;
}

static struct fault *with_tail(struct fault *f, const struct runner_result *r)
{
	return fault_evidence(f, r->tail, strlen(r->tail));
}

/* The exit code of the verb; what is no answer is a fault. */
static struct fault *run_verb(const struct step_context *c, const char *path, const char *verb,
			      char *const *env, int *ret, uint64_t *wall_ms)
{
	_cleanup_runner_result_ struct runner_result r = { 0 };
	const char *name = path_basename(path);
	char *argv[] = { (char *)path, (char *)verb, NULL };
	const struct program p = { .name = name, .path = path, .argv = argv, .env = env,
				   .timeout_ms = c->config->drivers.timeout_ms,
				   .grace_ms = GRACE_MS };
	char how[EXIT_TEXT_MAX], took[DURATION_MAX];
	struct fault *f = program_run(c, &p, &r);

	if (f)
		return fault_is(f, "spawn.exec") ? fault_as(f, "installer.missing") : f;
	*wall_ms += r.wall_ms;
	(void)exit_text(r.status, how);
	if (r.timed_out)
		return with_tail(fault_new("installer.timeout", "%s %s had not ended after %s",
					   name, verb, format_duration(r.wall_ms, took)),
				 &r);
	if (r.stopped)
		return with_tail(fault_new("installer.stopped", "%s %s was ended, because the step "
					   "was asked to end", name, verb), &r);
	*ret = WIFEXITED(r.status) ? WEXITSTATUS(r.status) : -1;
	if (*ret == 0 || (streq(verb, "check") && (*ret == NEEDED || *ret == NOT_APPLICABLE)))
		return NULL;
	if (*ret == REBOOT && !streq(verb, "check"))
		return with_tail(fault_new("installer.reboot", "%s %s: the machine has to boot "
					   "anew", name, verb), &r);
	return with_tail(fault_new("installer.failed", "%s %s: %s", name, verb, how), &r);
}

static struct fault *run_installer(const struct step_context *c, const char *path,
				   char *const *env, struct doc *report)
{
	uint64_t wall_ms = 0;
	int code = 0;

	TRY(path_check_trusted(path));
	TRY(run_verb(c, path, "check", env, &code, &wall_ms));
	if (code == NOT_APPLICABLE) {
		doc_set_string(report, "action", "not applicable");
		return NULL;
	}
	doc_set_string(report, "action", code == NEEDED ? "installed" : "good");
	if (code == NEEDED) {
		log_info("%s: has to be installed", path_basename(path));
		TRY(run_verb(c, path, "install", env, &code, &wall_ms));
	}
	TRY(run_verb(c, path, "verify", env, &code, &wall_ms));
	doc_set_int(report, "wallMs", (int64_t)wall_ms);
	return NULL;
}

static char **environment(const struct step_context *c)
{
	char **env = program_environment(c, c->config->drivers.env);

	strv_env_set(&env, "MUSTER_INSTANCE_TYPE", c->identity ? c->identity->instance_type : NULL);
	return env;
}

static struct fault *run_named(const struct step_context *c, const char *name, char *const *env,
			       struct doc *reports)
{
	const char *folder = c->config->drivers.path;
	_cleanup_free_ char *rooted = path_rooted(c->root, folder ? folder
								 : MUSTER_SCRIPTSDIR "/driver");
	_cleanup_free_ char *path = path_join(rooted, name);
	struct doc *report = doc_push(reports, doc_object());

	if (strchr(name, '/') || name[0] == '.')
		return fault_new("installer.missing", "\"%s\" is no name of an installer", name);
	if (access(path, F_OK) < 0)
		return fault_errno("installer.missing", errno, "cannot find %s", path);
	doc_set_string(report, "name", name);
	return run_installer(c, path, env, report);
}

static bool wants_auto(const struct config *c)
{
	return strv_contains(c->drivers.install, "auto");
}

struct fault *step_drivers(const struct step_context *c, struct doc *result)
{
	_cleanup_(probe_disks_done) struct probe_disks disks = { 0 };
	_cleanup_strv_ char **names = NULL, **env = environment(c);
	struct doc *reports = doc_set(result, "installers", doc_array());
	int r = probe_disks(c->root, &disks);

	if (r < 0 && r != -ENOENT && wants_auto(c->config))
		return fault_errno("installer.unchecked", r, "cannot see which disks there are");
	names = drivers_choose(c->config->drivers.install, &disks);
	for (size_t i = 0; names && names[i]; i++)
		TRY(run_named(c, names[i], env, reports));
	return NULL;
}
