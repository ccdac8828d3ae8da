/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/scripts/scripts.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/parse.h"
#include "lib/base/path.h"
#include "lib/base/strv.h"
#include "lib/sys/log.h"
#include "lib/sys/spawn.h"
#include "lifecycle/scripts/material.h"
#include "lifecycle/values/program.h"

#define ON_CREATE "on_create.sh"
#define PROVISIONING_LOG "/var/log/provision/provisioning.log"
#define MARGIN_MS (60 * 1000) /* copying the bundle, ending what is left over, syncing */

const char *scripts_skip(const struct config *c)
{
	return c->lifecycle.source ? NULL : "no lifecycle.source is configured";
}

static uint64_t one_script_ms(const struct config *c)
{
	return c->lifecycle.timeout_ms == NO_DEADLINE
		       ? NO_DEADLINE
		       : c->lifecycle.timeout_ms + c->lifecycle.grace_ms;
}

uint64_t scripts_timeout(const struct config *c)
{
	uint64_t one = one_script_ms(c), n = c->lifecycle.on_init_complete ? 2 : 1;

	return one == NO_DEADLINE ? NO_DEADLINE : n * one + MARGIN_MS;
}

static struct fault *ended_badly(const struct runner_result *r, struct fault *f)
{
	return fault_evidence(f, r->tail, strlen(r->tail));
}

static struct fault *judge(const char *name, const struct runner_result *r)
{
	char took[DURATION_MAX], how[EXIT_TEXT_MAX];

	(void)format_duration(r->wall_ms, took);
	(void)exit_text(r->status, how);
	if (r->timed_out)
		return ended_badly(r, fault_new("script.timeout",
						"%s had not ended after %s and was ended (%s)",
						name, took, how));
	if (r->stopped)
		return ended_badly(r, fault_new("script.stopped", "%s was ended after %s, because "
						"the step was asked to end", name, took));
	if (r->oom_kills > 0 && r->status != 0)
		return ended_badly(r, fault_new("script.failed",
						"%s: %s after %s; the kernel killed "
						"%llu of its processes for want of memory",
						name, how, took, (unsigned long long)r->oom_kills));
	if (r->status != 0)
		return ended_badly(r,
				   fault_new("script.failed", "%s: %s after %s", name, how, took));
	return NULL;
}

/* S3 keeps no modes, and a checkout may have lost them: the entry is made executable, as the
 * script's own copy is ours to change. Its file must lie in the bundle. */
static struct fault *prepare(const char *work, const char *name)
{
	_cleanup_fd_ int dir = open(work, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;
	struct stat st;

	fd = dir < 0 ? -errno : path_open_beneath(dir, name, O_RDONLY, 0);
	if (fd < 0)
		return fault_errno("script.missing", fd, "cannot open %s in the bundle", name);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return fault_new("script.missing", "%s in the bundle is no file", name);
	if (!(st.st_mode & 0100) && fchmod(fd, (st.st_mode & 0777) | 0700) < 0)
		return fault_errno("script.exec", errno, "cannot make %s executable", name);
	return NULL;
}

static struct fault *exec_fault(const char *name, struct fault *f)
{
	if (!fault_is(f, "spawn.exec"))
		return f;
	if (f->errnum == ENOEXEC)
		f = fault_wrap(f, "%s has no #! line in its first bytes", name);
	else if (f->errnum == ENOENT)
		f = fault_wrap(f, "the interpreter in the #! line of %s does not exist", name);
	return fault_as(f, "script.exec");
}

static struct fault *run_one(const struct step_context *c, const char *work, const char *name,
			     struct doc *reports)
{
	_cleanup_runner_result_ struct runner_result r = { 0 };
	_cleanup_free_ char *path = path_join(work, name);
	_cleanup_free_ char *follow = path_rooted(c->root, PROVISIONING_LOG);
	_cleanup_free_ char *resource = path_rooted(c->root, MATERIAL_RESOURCE);
	_cleanup_strv_ char **env = program_environment(c, c->config->lifecycle.env);
	char *argv[] = { path, NULL };
	struct program p = { .name = path_basename(name), .path = path, .argv = argv, .cwd = work,
			     .follow = follow, .timeout_ms = c->config->lifecycle.timeout_ms,
			     .grace_ms = c->config->lifecycle.grace_ms };
	struct fault *f;

	TRY(prepare(work, name));
	strv_env_set(&env, "SAGEMAKER_RESOURCE_CONFIG_PATH", resource);
	p.env = env;
	f = program_run(c, &p, &r);
	if (f)
		return exec_fault(name, f);
	doc_push(reports, program_report(name, &r));
	if (r.left_over > 0)
		log_warning(
			"%s left %u processes running, which were ended: what is to stay must be "
			"a systemd unit",
			name, r.left_over);
	return judge(name, &r);
}

static bool has_default(const char *work)
{
	_cleanup_free_ char *path = path_join(work, ON_CREATE);

	return access(path, F_OK) == 0;
}

static struct fault *run_all(const struct step_context *c, const char *work, struct doc *reports)
{
	const char *create = c->config->lifecycle.on_create;
	const char *complete = c->config->lifecycle.on_init_complete;

	if (!create && (has_default(work) || !complete))
		create = ON_CREATE;
	if (create)
		TRY(run_one(c, work, create, reports));
	return complete ? run_one(c, work, complete, reports) : NULL;
}

struct fault *step_scripts(const struct step_context *c, struct doc *result)
{
	_cleanup_free_ char *work = NULL;

	if (streq(c->previous, "interrupted") &&
	    c->config->lifecycle.on_interrupted == INTERRUPTED_FAIL)
		return fault_new("script.interrupted", "attempt %u was interrupted, and "
				 "lifecycle.onInterrupted is fail", c->attempt - 1);
	TRY(material_copy(c, &work));
	TRY(material_place(c, work));
	doc_set_string(result, "work", work);
	return run_all(c, work, doc_set(result, "scripts", doc_array()));
}
