/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one of the steps that speak to a cluster, as the engine would, for the tests with real
 * servers: step-driver join|plugins|report FILE. FILE is a JSON object with root, timeoutMs,
 * identity, cluster, join, plugins, report, verdict. Prints {"result"} or {"fault"}; exit 0, 1. */

#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/path.h"
#include "lib/base/strv.h"
#include "lib/sys/log.h"
#include "lifecycle/join/join.h"
#include "lifecycle/plugins/plugins.h"
#include "lifecycle/report/report.h"
#include "lifecycle/values/identity.h"

static const struct doc *none;

static const struct doc *section(const struct doc *d, const char *name)
{
	const struct doc *s = doc_get(d, name);

	return s ? s : none;
}

static char *text(const struct doc *d, const char *key)
{
	return (char *)doc_str(d, key);
}

static int choice(const struct doc *d, const char *key, const char *const *names)
{
	const char *v = doc_str(d, key);

	for (int i = 0; v && names[i]; i++)
		if (streq(v, names[i]))
			return i;
	return 0;
}

static struct identity read_identity(const struct doc *d)
{
	return (struct identity){ .instance_id = text(d, "instanceId"),
				  .instance_type = text(d, "instanceType"),
				  .region = text(d, "region"),
				  .availability_zone = text(d, "availabilityZone"),
				  .private_dns_name = text(d, "privateDnsName"),
				  .private_ip = text(d, "privateIp") };
}

static void read_config(const struct doc *d, struct config *c)
{
	static const char *const gates[] = {
		"auto", "readiness", "cordon", "taint", "label", NULL
	};
	static const char *const names[] = { "private-dns", "instance-id", "hyperpod", NULL };
	const struct doc *cluster = section(d, "cluster"), *join = section(d, "join");

	c->cluster.name = text(cluster, "name");
	c->cluster.region = text(cluster, "region");
	c->cluster.endpoint = text(cluster, "endpoint");
	c->cluster.ca = text(cluster, "certificateAuthority");
	c->cluster.service_cidr = text(cluster, "serviceCidr");
	c->cluster.version = text(cluster, "version");
	c->join.node_name = choice(join, "nodeName", names);
	c->join.labels = (struct doc *)doc_get(join, "labels");
	c->plugins.expect = (struct doc *)doc_get(section(d, "plugins"), "expect");
	c->report.gate = choice(section(d, "report"), "gate", gates);
	c->report.label_prefix = text(section(d, "report"), "labelPrefix");
}

static struct fault *run(const char *step, const struct doc *d, struct doc *result)
{
	struct identity identity = read_identity(section(d, "identity"));
	_cleanup_free_ char *run_dir = path_join(doc_str(d, "root"), "/run/muster");
	struct config config = { 0 };
	struct step_context c = { .root = doc_str(d, "root"),
				  .run_dir = run_dir,
				  .config = &config,
				  .identity = &identity,
				  .results = doc_get(d, "results"),
				  .verdict = doc_get(d, "verdict") };

	read_config(d, &config);
	c.deadline_ms = clock_boottime_ms() + (uint64_t)doc_integer(d, "timeoutMs", 30000);
	if (path_mkdirs(run_dir, 0700) < 0)
		return fault_new("muster.bug", "no %s", run_dir);
	if (streq(step, "join"))
		return step_join(&c, result);
	if (streq(step, "plugins"))
		return step_plugins(&c, result);
	if (streq(step, "report"))
		return step_report(&c, result);
	return fault_new("muster.bug", "no step %s", step);
}

static void print(const char *key, struct doc *value)
{
	_cleanup_doc_ struct doc *out = doc_object();
	_cleanup_free_ char *line = NULL;

	doc_set(out, key, value);
	line = doc_to_string(out, DOC_COMPACT);
	puts(line);
}

int main(int argc, char **argv)
{
	_cleanup_doc_ struct doc *d = NULL, *nothing = doc_object();
	_cleanup_fault_ struct fault *f = NULL;
	struct doc *result = doc_object(), *fault;

	none = nothing;
	log_open(LOG_STDERR, "step-driver");
	if (argc != 3)
		return 2;
	f = doc_read_file(argv[2], 0, &d);
	if (!f)
		f = run(argv[1], d, result);
	if (!f) {
		print("result", result);
		return 0;
	}
	fault = doc_object();
	doc_set_string(fault, "id", f->id);
	doc_set_string(fault, "message", f->message);
	print("fault", fault);
	doc_free(result);
	return 1;
}
