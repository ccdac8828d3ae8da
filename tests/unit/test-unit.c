/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/path.h"
#include "lib/sys/unit.h"
#include "tests/unit/test.h"

static uint64_t in_ms(uint64_t ms)
{
	return clock_boottime_ms() + ms;
}

/* A program that answers in systemctl's words (systemd 252, LC_ALL=C) and notes how it was
 * called. */
static const char stand_in[] =
	"#!/bin/sh\n"
	"echo \"$*|$LC_ALL|$SYSTEMD_COLORS|$HOME\" >> \"${0%/*}/calls\"\n"
	"case \"$*\" in\n"
	"*start*nosuch*) echo 'Failed to start nosuch.service: "
	"Unit nosuch.service not found.' >&2\n"
	"	exit 5;;\n"
	"*enable*nosuch*) echo 'Failed to enable unit: "
	"Unit file nosuch.service does not exist.' >&2\n"
	"	exit 1;;\n"
	"*start*broken*) echo 'Job for broken.service failed because the control process "
	"exited with error code.' >&2; "
	"echo 'See \"systemctl status broken.service\" for details.' >&2; "
	"exit 1;;\n"
	"*start*slow*) sleep 30;;\n"
	"*show*Result*) echo success;;\n"
	"*show*ExecStart*) echo 'one'; echo 'two'; echo;;\n"
	"*show*Unset*) echo;;\n"
	"*show*Down*) echo 'System has not been booted with systemd' >&2; exit 1;;\n"
	"esac\n";

static char *calls;

static void use_stand_in(void)
{
	_cleanup_free_ char *path = path_join(test_dir(), "systemctl");

	CHECK_OK(file_write_volatile(path, stand_in, sizeof(stand_in) - 1, 0755));
	free(calls);
	calls = path_join(test_dir(), "calls");
	(void)unlink(calls);
	unit_use_program(path);
}

#define CHECK_CALLED(want) \
	do { \
		_cleanup_free_ char *line_ = NULL; \
		CHECK_INT(file_read_line(calls, &line_), 0); \
		CHECK_STR(line_, want); \
		(void)unlink(calls); \
	} while (0)

TEST(verbs)
{
	use_stand_in();
	CHECK_OK(unit_do("restart", "good.service", in_ms(10000)));
	CHECK_CALLED("--no-ask-password --no-pager restart -- good.service|C|0|");
	CHECK_OK(unit_do("daemon-reload", NULL, in_ms(10000)));
	CHECK_CALLED("--no-ask-password --no-pager daemon-reload|C|0|");
}

TEST(failures_have_names)
{
	struct fault *f;

	use_stand_in();
	CHECK_FAULT(unit_do("start", "nosuch.service", in_ms(10000)), "unit.absent");
	CHECK_FAULT(unit_do("enable", "nosuch.service", in_ms(10000)), "unit.absent");
	f = unit_do("start", "broken.service", in_ms(10000));
	CHECK(fault_is(f, "unit.failed"));
	CHECK_STR(f->message, "systemctl start broken.service: exit code 1: Job for broken.service "
			      "failed because the control process exited with error code.");
	CHECK(strstr(f->evidence, "See \"systemctl status broken.service\""));
	fault_free(f);
	CHECK_FAULT(unit_do("start", "slow.service", in_ms(200)), "unit.timeout");
	unit_use_program("/no/such/place/systemctl");
	f = unit_do("start", "x.service", in_ms(10000));
	CHECK(fault_is(f, "unit.failed"));
	CHECK_INT(f->errnum, ENOENT);
	fault_free(f);
}

TEST(properties)
{
	_cleanup_free_ char *result = NULL, *exec = NULL, *unset = NULL;
	struct fault *f;

	use_stand_in();
	CHECK_OK(unit_property("a.service", "Result", &result));
	CHECK_STR(result, "success");
	CHECK_CALLED("--no-pager show --property=Result --value -- a.service|C|0|");
	CHECK_OK(unit_property("a.service", "ExecStart", &exec));
	CHECK_STR(exec, "one\ntwo");
	CHECK_OK(unit_property("a.service", "Unset", &unset));
	CHECK_STR(unset, "");
	f = unit_property("a.service", "Down", &unset);
	CHECK(fault_is(f, "unit.failed"));
	CHECK_STR(f->evidence, "System has not been booted with systemd\n");
	fault_free(f);
	CHECK_STR(unset, "");
}

/* The program itself, where there is one; with or without a manager to talk to. */
TEST(the_real_systemctl)
{
	_cleanup_free_ char *state = NULL;
	struct fault *f;

	unit_use_program(NULL);
	CHECK_INT(unit_systemd_is_running(), sd_booted() > 0);
	if (access("/usr/bin/systemctl", X_OK) < 0) {
		printf("# no systemctl here: only its stand-in was checked\n");
		return;
	}
	f = unit_property("muster-test-nosuch.service", "LoadState", &state);
	if (unit_systemd_is_running()) {
		CHECK_OK(f);
		CHECK_STR(state, "not-found");
		return;
	}
	printf("# systemd does not run here: its refusal is checked\n");
	CHECK(fault_is(f, "unit.failed"));
	CHECK(f->evidence && f->evidence[0]);
	fault_free(f);
	CHECK_FAULT(unit_do("start", "muster-test-nosuch.service", in_ms(20000)), "unit.failed");
}

TEST_MAIN
