/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/box/tree.h"
#include "lifecycle/scripts/material.h"
#include "lifecycle/scripts/scripts.h"
#include "tests/unit/steps.h"

/* The bundle folder as fetch would have published it. */
static void publish(struct bench *b)
{
	_cleanup_free_ char *from = bench_path(b, "bundle"), *to = bench_path(b, "copy");
	struct doc *fetched = doc_set(b->results, "fetch", doc_object());
	_cleanup_tree_ struct tree *t = NULL;
	char digest[TREE_DIGEST_MAX];
	int in = open(from, O_RDONLY | O_DIRECTORY), out;

	CHECK_INT(path_remove_tree(AT_FDCWD, to), 0);
	CHECK_INT(path_mkdirs(to, 0700), 0);
	out = open(to, O_RDONLY | O_DIRECTORY);
	t = tree_new(out, &(struct tree_limits){ 0 });
	CHECK_OK(tree_add_copy(t, in));
	CHECK_OK(tree_end(t, digest));
	doc_set_string(fetched, "path", to);
	doc_set_string(fetched, "digest", digest);
	close(in);
	close(out);
}

static struct bench *with_script(const char *text)
{
	struct bench *b = bench_new();
	_cleanup_free_ char *script = xasprintf("#!/bin/bash\n%s\n", text);

	bench_write(b, "bundle/on_create.sh", script, 0644);
	bench_write(b, "bundle/sub/greeting", "hello\n", 0644);
	b->config.lifecycle.source = (char *)"file:///bundle";
	b->config.lifecycle.timeout_ms = 20000;
	b->config.lifecycle.grace_ms = 300;
	publish(b);
	return b;
}

static const struct doc *first_report(const struct bench *b)
{
	return doc_at(b->result, "/scripts/0");
}

TEST(a_script_finds_its_bundle_and_its_environment)
{
	_cleanup_bench_ struct bench *b = with_script(
		"cat sub/greeting >$OUT/seen; env | sort >$OUT/env; umask >$OUT/umask; "
		"ls /proc/self/fd | wc -l >$OUT/fds");
	_cleanup_doc_ struct doc *env = doc_object();
	_cleanup_free_ char *seen = NULL, *text = NULL, *mask = NULL;

	doc_set_string(env, "OUT", b->root);
	doc_set_string(env, "MUSTER_RUN", "forged");
	b->config.lifecycle.env = env;
	CHECK_INT(setenv("MUSTER_LEAKS", "1", 1), 0);
	b->c.attempt = 2;
	b->c.previous = "interrupted";
	CHECK_OK(step_scripts(&b->c, b->result));
	seen = bench_read(b, "seen");
	CHECK_STR(seen, "hello\n");
	text = bench_read(b, "env");
	CHECK(strstr(text, "HOME=/root\n"));
	CHECK(strstr(text, "MUSTER_ATTEMPT=2\n"));
	CHECK(strstr(text, "MUSTER_PREVIOUS=interrupted\n"));
	CHECK(strstr(text, "MUSTER_TRIGGER=create\n"));
	CHECK(strstr(text, "MUSTER_RUN=run1\n"));
	CHECK(strstr(text, "/opt/ml/config/resource_config.json\n"));
	CHECK(!strstr(text, "MUSTER_LEAKS"));
	mask = bench_read(b, "umask");
	CHECK_STR(mask, "0022\n");
	CHECK_STR(doc_str(first_report(b), "name"), "on_create.sh");
	CHECK_INT(doc_integer(first_report(b), "exit", -1), 0);
	CHECK(doc_integer(first_report(b), "wallMs", -1) >= 0);
}

TEST(the_platforms_files_are_there)
{
	_cleanup_bench_ struct bench *b = with_script("true");
	_cleanup_free_ char *path = bench_path(b, "opt/ml/config/resource_config.json");
	_cleanup_free_ char *parameters = NULL;
	_cleanup_doc_ struct doc *d = NULL;

	bench_write(b, "bundle/provisioning_parameters.json", "{\"version\":\"1.0.0\"}", 0644);
	publish(b);
	b->config.cluster.name = (char *)"c1";
	b->config.group.name = (char *)"workers";
	CHECK_OK(step_scripts(&b->c, b->result));
	CHECK_OK(doc_read_file(path, 0, &d));
	CHECK_STR(doc_str(d, "ClusterType"), "Kubernetes");
	CHECK_STR(doc_str(doc_get(d, "KubernetesConfig"), "EksClusterName"), "c1");
	CHECK_STR(doc_str(doc_at(d, "/InstanceGroups/0"), "Name"), "workers");
	CHECK_STR(doc_str(doc_at(d, "/InstanceGroups/0/Instances/0"), "InstanceId"),
		  "i-0123456789abcdef0");
	CHECK_STR(doc_str(doc_at(d, "/InstanceGroups/0/Instances/0"), "AgentIpAddress"),
		  "10.0.0.7");
	parameters = bench_read(b, "opt/ml/config/provisioning_parameters.json");
	CHECK_STR(parameters, "{\"version\":\"1.0.0\"}");
}

TEST(a_resource_configuration_of_the_platform_stays)
{
	_cleanup_bench_ struct bench *b = with_script("true");
	_cleanup_free_ char *text = NULL;

	bench_write(b, "opt/ml/config/resource_config.json", "{\"ClusterType\":\"x\"}", 0644);
	CHECK_OK(step_scripts(&b->c, b->result));
	text = bench_read(b, "opt/ml/config/resource_config.json");
	CHECK_STR(text, "{\"ClusterType\":\"x\"}");
}

TEST(a_failure_has_code_and_last_words)
{
	_cleanup_bench_ struct bench *b =
		with_script("seq 1 200; echo no such luck >&2; sleep 0.1; "
			    "exit 3");
	_cleanup_fault_ struct fault *f = step_scripts(&b->c, b->result);

	CHECK(fault_is(f, "script.failed"));
	CHECK(strstr(f->message, "exit code 3"));
	CHECK(strstr(f->evidence, "no such luck\n"));
	CHECK(strstr(f->evidence, "\n200\n"));
	CHECK(!strstr(f->evidence, "\n100\n"));
}

TEST(a_script_that_hangs_is_ended)
{
	_cleanup_bench_ struct bench *b = with_script("trap '' TERM; echo waiting; "
						      "while :; do sleep 1; done");
	uint64_t begun = clock_boottime_ms();
	_cleanup_fault_ struct fault *f = NULL;

	b->config.lifecycle.timeout_ms = 400;
	f = step_scripts(&b->c, b->result);
	CHECK(fault_is(f, "script.timeout"));
	CHECK_STR(f->evidence, "waiting\n");
	CHECK(clock_boottime_ms() - begun < 5000);
}

TEST(a_missing_script_has_a_name)
{
	_cleanup_bench_ struct bench *b = with_script("true");

	b->config.lifecycle.on_create = (char *)"other.sh";
	CHECK_FAULT(step_scripts(&b->c, b->result), "script.missing");
	b->config.lifecycle.on_create = (char *)"../on_create.sh";
	CHECK_FAULT(step_scripts(&b->c, b->result), "script.missing");
	b->config.lifecycle.on_create = (char *)"sub";
	CHECK_FAULT(step_scripts(&b->c, b->result), "script.missing");
}

TEST(no_interpreter_is_said_so)
{
	_cleanup_bench_ struct bench *b = with_script("true");
	_cleanup_fault_ struct fault *f = NULL;

	bench_write(b, "bundle/bad.sh", "echo hello\n", 0755);
	bench_write(b, "bundle/dos.sh", "#!/bin/bash\r\necho hello\r\n", 0755);
	publish(b);
	b->config.lifecycle.on_create = (char *)"bad.sh";
	f = step_scripts(&b->c, b->result);
	CHECK(fault_is(f, "script.exec"));
	CHECK(strstr(f->message, "no #! line"));
	b->config.lifecycle.on_create = (char *)"dos.sh";
	CHECK_FAULT(step_scripts(&b->c, b->result), "script.exec");
}

TEST(on_init_complete_runs_after_on_create)
{
	_cleanup_bench_ struct bench *b = with_script("echo create >>$OUT/order");
	_cleanup_doc_ struct doc *env = doc_object();
	_cleanup_free_ char *order = NULL;

	doc_set_string(env, "OUT", b->root);
	b->config.lifecycle.env = env;
	bench_write(b, "bundle/later.sh", "#!/bin/sh\necho later >>$OUT/order\n", 0755);
	publish(b);
	b->config.lifecycle.on_init_complete = (char *)"later.sh";
	CHECK_OK(step_scripts(&b->c, b->result));
	order = bench_read(b, "order");
	CHECK_STR(order, "create\nlater\n");
}

TEST(a_failure_of_on_create_is_the_end)
{
	_cleanup_bench_ struct bench *b = with_script("exit 1");
	_cleanup_doc_ struct doc *env = doc_object();

	doc_set_string(env, "OUT", b->root);
	b->config.lifecycle.env = env;
	bench_write(b, "bundle/later.sh", "#!/bin/sh\n>$OUT/later\n", 0755);
	publish(b);
	b->config.lifecycle.on_init_complete = (char *)"later.sh";
	CHECK_FAULT(step_scripts(&b->c, b->result), "script.failed");
	CHECK(!bench_has(b, "later"));
}

TEST(an_interrupted_script_runs_again_only_if_it_may)
{
	_cleanup_bench_ struct bench *b = with_script("true");

	b->c.previous = "interrupted";
	b->c.attempt = 2;
	b->config.lifecycle.on_interrupted = INTERRUPTED_FAIL;
	CHECK_FAULT(step_scripts(&b->c, b->result), "script.interrupted");
	CHECK(!bench_has(b, "var/lib/muster/work"));
	b->config.lifecycle.on_interrupted = INTERRUPTED_RERUN;
	CHECK_OK(step_scripts(&b->c, b->result));
}

TEST(a_bundle_that_was_changed_does_not_run)
{
	_cleanup_bench_ struct bench *b = with_script("true");

	bench_write(b, "copy/on_create.sh", "#!/bin/sh\n", 0755);
	CHECK_FAULT(step_scripts(&b->c, b->result), "script.bundle");
}

TEST(every_attempt_has_a_fresh_copy)
{
	_cleanup_bench_ struct bench *b = with_script("[ ! -e litter ] && touch litter");

	CHECK_OK(step_scripts(&b->c, b->result));
	CHECK(bench_has(b, "var/lib/muster/work/litter"));
	CHECK_OK(step_scripts(&b->c, b->result));
}

TEST_MAIN
