/* SPDX-License-Identifier: Apache-2.0 */
/* In which order units are started, when they are started anew, and what a kubelet that does not
 * stay up is called. systemctl is stood in for; the real one runs in the tests of whole
 * machines. */
#include "tests/unit/test.h"

#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/path.h"
#include "lib/sys/unit.h"
#include "lifecycle/join/register.h"

/* ActiveState and NRestarts are in files beside it; every verb is noted. */
static const char stand_in[] = "#!/bin/sh\n"
			       "here=${0%/*}\n"
			       "case \"$*\" in\n"
			       "*show*ActiveState*) cat \"$here/state\";;\n"
			       "*show*NRestarts*) cat \"$here/restarts\";;\n"
			       "*start*broken*) echo 'Job for kubelet-broken.service failed.' >&2; "
			       "exit 1;;\n"
			       "*start*) shift 2; echo \"$1 $3\" >> \"$here/calls\";;\n"
			       "esac\n";

static void put(const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(test_dir(), name);

	CHECK_OK(file_write_volatile(path, text, strlen(text), 0755));
}

static void setup(const char *state, const char *restarts)
{
	_cleanup_free_ char *program = path_join(test_dir(), "systemctl");
	_cleanup_free_ char *calls = path_join(test_dir(), "calls");

	put("systemctl", stand_in);
	put("state", state);
	put("restarts", restarts);
	(void)unlink(calls);
	unit_use_program(program);
}

static char *calls(void)
{
	_cleanup_free_ char *path = path_join(test_dir(), "calls");
	struct buf b = BUF_INIT;

	CHECK_OK(file_read(path, 4096, &b));
	return buf_take(&b);
}

static struct fault *start(struct config *config, const char *changed)
{
	struct step_context c = { .root = "", .config = config };
	_cleanup_doc_ struct doc *paths = doc_array();

	if (changed)
		doc_push(paths, doc_string(changed));
	c.deadline_ms = clock_boottime_ms() + 10000;
	return units_start_in_order(&c, paths);
}

static const struct row {
	const char *state, *changed, *want;
} rows[] = {
	{ "inactive\n", NULL, "start containerd.service\nstart kubelet.service\n" },
	{ "inactive\n", "/etc/eks/kubelet/environment",
	  "start containerd.service\nstart kubelet.service\n" },
	{ "active\n", NULL, "start containerd.service\nstart kubelet.service\n" },
	{ "active\n", "/etc/eks/kubelet/environment",
	  "start containerd.service\nrestart kubelet.service\n" },
	{ "active\n", "/etc/containerd/config.toml",
	  "restart containerd.service\nstart kubelet.service\n" },
	{ "failed\n", "/etc/kubernetes/kubelet/config.json",
	  "start containerd.service\nrestart kubelet.service\n" },
};

TEST(units_are_started_in_order_and_anew_where_files_changed)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *got = NULL;

		setup(rows[i].state, "0\n");
		CHECK_OK(start(&(struct config){ 0 }, rows[i].changed));
		got = calls();
		CHECK_STR(got, rows[i].want);
	}
}

TEST(configured_units_replace_the_default)
{
	char *units[] = { (char *)"snap.kubelet-eks.daemon.service", NULL };
	struct config config = { .join.units = units };
	_cleanup_free_ char *got = NULL;

	setup("inactive\n", "0\n");
	CHECK_OK(start(&config, NULL));
	got = calls();
	CHECK_STR(got, "start snap.kubelet-eks.daemon.service\n");
}

TEST(a_kubelet_that_does_not_start_is_named)
{
	char *units[] = { (char *)"kubelet-broken.service", NULL };
	struct config config = { .join.units = units };
	struct fault *f;

	setup("inactive\n", "0\n");
	f = start(&config, NULL);
	CHECK(fault_is(f, "kubelet.failed"));
	CHECK(f->evidence && *f->evidence);
	fault_free(f);
}

TEST(health_is_state_and_restarts)
{
	static const struct {
		const char *state, *restarts, *fault;
	} states[] = {
		{ "active\n", "9\n", NULL },
		{ "activating\n", "0\n", NULL },
		{ "activating\n", "2\n", NULL },
		{ "activating\n", "3\n", "kubelet.failed" },
		{ "failed\n", "0\n", "kubelet.failed" },
		{ "inactive\n", "\n", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		struct fault *f;

		setup(states[i].state, states[i].restarts);
		f = kubelet_unit_health("kubelet.service");
		CHECK_STR(f ? f->id : NULL, states[i].fault);
		fault_free(f);
	}
}

TEST(may_join_is_written_whatever_else)
{
	struct config config = { 0 };
	struct step_context c = { .root = "/somewhere", .config = &config, .run_dir = test_dir() };
	_cleanup_free_ char *mark = path_join(test_dir(), "may-join");
	_cleanup_doc_ struct doc *none = doc_array();
	const char *words = NULL;

	CHECK_OK(units_start(&c, none, &words));
	CHECK_STR(words, "not started: another root");
	CHECK(access(mark, F_OK) == 0);
}

TEST(the_last_error_of_a_kubelet_is_found)
{
	static const struct {
		const char *text, *want;
	} logs[] = {
		{ "I1125 21:40:33.2     137 a.go:1] \"fine\"\n"
		  "E1125 21:40:33.3     137 b.go:2] \"Unable\" err=\"x [y] z\"\n"
		  "I1125 21:40:33.4     137 c.go:3] later\n",
		  "\"Unable\" err=\"x [y] z\"" },
		{ "F0101 00:00:00.0 1 a.go:1] one\nE0101 00:00:00.0 1 a.go:1] two", "two" },
		{ "Error: no klog] line\nE12 a] b\n", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
		_cleanup_free_ char *got = klog_last_error(logs[i].text);

		CHECK_STR(got, logs[i].want);
	}
}

TEST_MAIN
