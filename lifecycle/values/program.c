/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/values/program.h"

#include <sys/wait.h>

#include "lib/base/clock.h"
#include "lib/base/strv.h"
#include "lib/sys/log.h"

#define PATH_DEFAULT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define ENDING_MS 12000 /* after TERM and the grace: KILL, and the last of the output */
#define JOB "MUSTER_JOB"

char **program_environment(const struct step_context *c, const struct doc *more)
{
	_cleanup_free_ char *attempt = xasprintf("%u", c->attempt);
	char **env = NULL;

	strv_env_set(&env, "PATH", PATH_DEFAULT);
	strv_env_set(&env, "HOME", "/root");
	strv_env_set(&env, "LANG", "C.UTF-8");
	for (size_t i = 0; more && i < more->n_items; i++)
		if (more->items[i]->type == DOC_STRING)
			strv_env_set(&env, more->items[i]->key, more->items[i]->string);
	strv_env_set(&env, "MUSTER_ATTEMPT", attempt);
	strv_env_set(&env, "MUSTER_PREVIOUS", c->previous);
	strv_env_set(&env, "MUSTER_TRIGGER", trigger_names[c->trigger]);
	strv_env_set(&env, "MUSTER_RUN", c->run_id);
	strv_env_set(&env, "MUSTER_ROOT", c->root ? c->root : "");
	strv_env_set(&env, JOB, getenv(JOB));
	return env;
}

static void log_line(void *arg, const char *stream, const char *text)
{
	const struct program *p = arg;
	const struct log_field fields[] = { { "MUSTER_SCRIPT", p->name },
					    { "MUSTER_STREAM", stream },
					    { NULL, NULL } };

	log_record(LOG_INFO, NULL, fields, "%s", text);
}

static uint64_t deadline_of(const struct step_context *c, const struct program *p)
{
	uint64_t now = clock_boottime_ms(), ending = p->grace_ms + ENDING_MS;
	uint64_t own = p->timeout_ms == NO_DEADLINE ? NO_DEADLINE : now + p->timeout_ms;

	if (c->deadline_ms == NO_DEADLINE || c->deadline_ms < ending)
		return MIN(own, c->deadline_ms);
	return MIN(own, MAX(c->deadline_ms - ending, now));
}

struct fault *program_run(const struct step_context *c, const struct program *p,
			  struct runner_result *ret)
{
	const char *job = strv_env_get(p->env, JOB);
	const char *mark = job ? JOB : "MUSTER_RUN";
	_cleanup_free_ char *entry = xasprintf("%s=%s", mark, job ? job : c->run_id);
	struct cgroup_tree *groups = cgroup_open(NULL);
	struct runner r = {
		.path = p->path,
		.argv = p->argv,
		.env = p->env,
		.cwd = p->cwd,
		.groups = groups,
		.group = p->name,
		.mark = entry,
		.follow = p->follow,
		.deadline_ms = deadline_of(c, p),
		.grace_ms = p->grace_ms,
		.line = log_line,
		.arg = (void *)p,
	};
	struct fault *f = runner_run(&r, ret);

	cgroup_close(groups);
	return f;
}

struct doc *program_report(const char *name, const struct runner_result *r)
{
	struct doc *d = doc_object();

	doc_set_string(d, "name", name);
	if (WIFEXITED(r->status))
		doc_set_int(d, "exit", WEXITSTATUS(r->status));
	else
		doc_set_int(d, "signal", WTERMSIG(r->status));
	doc_set_int(d, "wallMs", (int64_t)r->wall_ms);
	doc_set_int(d, "cpuUsec", (int64_t)r->cpu_usec);
	if (r->memory_peak > 0)
		doc_set_int(d, "memoryPeakBytes", (int64_t)r->memory_peak);
	doc_set_int(d, "lines", (int64_t)r->lines);
	if (r->left_over > 0)
		doc_set_int(d, "leftOver", r->left_over);
	return d;
}
