/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/strv.h"
#include "lifecycle/drivers/drivers.h"
#include "tests/unit/steps.h"

static char *install_one[] = { (char[]){ "one" }, NULL };

/* An installer that writes down its verbs and answers with what the test has put into files. */
static const char installer[] =
	"#!/bin/sh\n"
	"echo $1 >>$OUT/verbs\n"
	"echo \"muster: progress $1 on $MUSTER_INSTANCE_TYPE\"\n"
	"[ ! -e $OUT/slow ] || { trap '' TERM; while :; do sleep 1; done; }\n"
	"[ ! -e $OUT/$1 ] || exit $(cat $OUT/$1)\n";

struct fixture {
	struct bench *b;
	struct doc *env;
};

static struct fixture fixture_new(void)
{
	struct fixture f = { bench_new(), doc_object() };

	bench_write(f.b, "drv/one", installer, 0755);
	doc_set_string(f.env, "OUT", f.b->root);
	f.b->config.drivers.env = f.env;
	f.b->config.drivers.path = (char *)"/drv";
	f.b->config.drivers.install = install_one;
	f.b->config.drivers.timeout_ms = 20000;
	return f;
}

static void fixture_done(struct fixture *f)
{
	bench_free(f->b);
	doc_free(f->env);
}
#define FIXTURE(f) _cleanup_(fixture_done) struct fixture f = fixture_new()

static bool verbs_are(const struct fixture *f, const char *want)
{
	_cleanup_free_ char *got = bench_read(f->b, "verbs");
	bool same = streq(got, want);

	if (!same)
		printf("# verbs: %s\n", got ? got : "");
	return same;
}

static const char *action(const struct fixture *f)
{
	return doc_str(doc_at(f->b->result, "/installers/0"), "action");
}

TEST(good_already_is_only_verified)
{
	FIXTURE(f);

	CHECK_OK(step_drivers(&f.b->c, f.b->result));
	CHECK(verbs_are(&f, "check\nverify\n"));
	CHECK_STR(action(&f), "good");
}

TEST(needed_is_installed_and_verified)
{
	FIXTURE(f);

	bench_write(f.b, "check", "10", 0644);
	CHECK_OK(step_drivers(&f.b->c, f.b->result));
	CHECK(verbs_are(&f, "check\ninstall\nverify\n"));
	CHECK_STR(action(&f), "installed");
}

TEST(not_applicable_is_left_alone)
{
	FIXTURE(f);

	bench_write(f.b, "check", "20", 0644);
	CHECK_OK(step_drivers(&f.b->c, f.b->result));
	CHECK(verbs_are(&f, "check\n"));
	CHECK_STR(action(&f), "not applicable");
}

TEST(a_failure_has_its_verb_and_last_words)
{
	FIXTURE(f);
	_cleanup_fault_ struct fault *got = NULL;

	bench_write(f.b, "check", "10", 0644);
	bench_write(f.b, "install", "1", 0644);
	f.b->identity.instance_type = (char *)"p5.48xlarge";
	got = step_drivers(&f.b->c, f.b->result);
	CHECK(fault_is(got, "installer.failed"));
	CHECK(strstr(got->message, "one install: exit code 1"));
	CHECK_STR(got->evidence, "muster: progress install on p5.48xlarge\n");
	CHECK(verbs_are(&f, "check\ninstall\n"));
}

TEST(installed_and_not_working_is_a_failure)
{
	FIXTURE(f);

	bench_write(f.b, "verify", "10", 0644);
	CHECK_FAULT(step_drivers(&f.b->c, f.b->result), "installer.failed");
}

TEST(a_reboot_can_be_asked_for)
{
	FIXTURE(f);

	bench_write(f.b, "check", "10", 0644);
	bench_write(f.b, "install", "75", 0644);
	CHECK_FAULT(step_drivers(&f.b->c, f.b->result), "installer.reboot");
	CHECK(verbs_are(&f, "check\ninstall\n"));
	bench_write(f.b, "check", "75", 0644);
	CHECK_FAULT(step_drivers(&f.b->c, f.b->result), "installer.failed");
	bench_write(f.b, "check", "0", 0644);
	bench_write(f.b, "verify", "75", 0644);
	CHECK_FAULT(step_drivers(&f.b->c, f.b->result), "installer.reboot");
}

TEST(odd_answers_to_check_are_failures)
{
	FIXTURE(f);

	bench_write(f.b, "check", "11", 0644);
	CHECK_FAULT(step_drivers(&f.b->c, f.b->result), "installer.failed");
}

TEST(an_installer_that_hangs_is_ended)
{
	FIXTURE(f);
	uint64_t begun = clock_boottime_ms();

	bench_write(f.b, "slow", "", 0644);
	f.b->config.drivers.timeout_ms = 300;
	f.b->c.deadline_ms = begun + 60000;
	CHECK_FAULT(step_drivers(&f.b->c, f.b->result), "installer.timeout");
	CHECK(clock_boottime_ms() - begun < 15000);
}

TEST(names_and_owners_are_looked_at)
{
	FIXTURE(f);
	char *bad[] = { (char[]){ "../drv/one" }, NULL }, *none[] = { (char[]){ "two" }, NULL };
	_cleanup_free_ char *path = bench_path(f.b, "drv/one");

	f.b->config.drivers.install = bad;
	CHECK_FAULT(step_drivers(&f.b->c, f.b->result), "installer.missing");
	f.b->config.drivers.install = none;
	CHECK_FAULT(step_drivers(&f.b->c, f.b->result), "installer.missing");
	f.b->config.drivers.install = install_one;
	CHECK_INT(chmod(path, 0777), 0);
	CHECK_FAULT(step_drivers(&f.b->c, f.b->result), "path.untrusted");
	CHECK(!bench_has(f.b, "verbs"));
}

TEST(auto_goes_by_hardware)
{
	struct probe_disk store = { .name = (char *)"nvme1n1",
				    .model = (char *)PROBE_INSTANCE_STORE };
	struct probe_disk ebs = { .name = (char *)"nvme0n1",
				  .model = (char *)"Amazon Elastic Block Store" };
	const struct probe_disks with = { &store, 1 }, without = { &ebs, 1 };
	char *install[] = { (char[]){ "one" }, (char[]){ "auto" }, (char[]){ "nvme" }, NULL };
	_cleanup_strv_ char **names = drivers_choose(install, &with);
	_cleanup_free_ char *text = strv_join(names, " ");
	_cleanup_strv_ char **nothing = drivers_choose(install + 1, &without);
	_cleanup_free_ char *named = strv_join(nothing, " ");

	CHECK_STR(text, "one nvme");
	CHECK_STR(named, "nvme"); /* by name it is wanted whatever the machine has */
}

TEST(skipped_when_nothing_is_asked)
{
	struct config c = { 0 };
	char *none[] = { (char[]){ "none" }, NULL };

	CHECK(drivers_skip(&c));
	c.drivers.install = none;
	CHECK(drivers_skip(&c));
	c.drivers.install = install_one;
	CHECK(!drivers_skip(&c));
}

TEST_MAIN
