/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/sys/unit.h"

#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>

#include "lib/base/clock.h"
#include "lib/base/strv.h"
#include "lib/sys/spawn-internal.h"

#define OUTPUT_MAX (64 * 1024)
#define PROPERTY_WAIT_MS 30000
#define NOT_INSTALLED 5 /* LSB's exit code, which systemctl gives for a unit it cannot find */

static char *program;

void unit_use_program(const char *path)
{
	free(program);
	program = xstrdup(path);
}

bool unit_systemd_is_running(void)
{
	return sd_booted() > 0;
}

/* Its own words in English, whole and uncoloured. */
static char *const environment[] = {
	(char[]){ "PATH=/usr/sbin:/usr/bin:/sbin:/bin" },
	(char[]){ "LC_ALL=C" },
	(char[]){ "SYSTEMD_COLORS=0" },
	(char[]){ "SYSTEMD_PAGER=" },
	(char[]){ "SYSTEMD_URLIFY=0" },
	NULL,
};

static struct capture begin(char *const *argv, bool with_stderr, uint64_t deadline_ms)
{
	return (struct capture){
		.argv = argv,
		.env = environment,
		.with_stderr = with_stderr,
		.max = OUTPUT_MAX,
		.deadline_ms = deadline_ms,
	};
}

/* Other verbs than start answer 1 and only say it. */
static bool is_absent(const struct capture *c)
{
	const char *words = buf_str(&c->out);

	if (!WIFEXITED(c->status) || c->status == 0)
		return false;
	return WEXITSTATUS(c->status) == NOT_INSTALLED || strstr(words, "does not exist") ||
	       strstr(words, "not found.");
}

/* "Failed to start x.service: Unit x.service not found." */
static char *first_line(const struct capture *c)
{
	const char *words = buf_str(&c->out);

	return xstrndup(words, strcspn(words, "\n"));
}

static struct fault *judge(const struct capture *c, const char *verb, const char *unit)
{
	_cleanup_free_ char *words = first_line(c);
	char text[EXIT_TEXT_MAX];

	if (c->status == 0)
		return NULL;
	return fault_new(unit && is_absent(c) ? "unit.absent" : "unit.failed",
			 "systemctl %s%s%s: %s%s%s", verb, unit ? " " : "", unit ? unit : "",
			 exit_text(c->status, text), words[0] ? ": " : "", words);
}

static struct fault *as_unit_fault(struct fault *f)
{
	if (fault_is(f, "run.timeout"))
		return fault_as(f, "unit.timeout");
	return fault_as(f, "unit.failed");
}

struct fault *unit_do(const char *verb, const char *unit, uint64_t deadline_ms)
{
	_cleanup_strv_ char **argv = NULL;
	_cleanup_(capture_done) struct capture c = { .status = -1 };
	struct fault *f;

	strv_add(&argv, program ? program : "systemctl");
	strv_add(&argv, "--no-ask-password");
	strv_add(&argv, "--no-pager");
	strv_add(&argv, verb);
	if (unit) {
		strv_add(&argv, "--");
		strv_add(&argv, unit);
	}
	c = begin(argv, true, deadline_ms);
	f = as_unit_fault(capture_run(&c));
	if (!f)
		f = judge(&c, verb, unit);
	return f ? capture_evidence(f, &c) : NULL;
}

struct fault *unit_property(const char *unit, const char *property, char **ret)
{
	_cleanup_strv_ char **argv = NULL;
	_cleanup_(capture_done) struct capture c = { .status = -1 };
	struct fault *f;

	strv_add(&argv, program ? program : "systemctl");
	strv_add(&argv, "--no-pager");
	strv_add(&argv, "show");
	strv_addf(&argv, "--property=%s", property);
	strv_add(&argv, "--value");
	strv_add(&argv, "--");
	strv_add(&argv, unit);
	c = begin(argv, false, clock_boottime_ms() + PROPERTY_WAIT_MS);
	f = as_unit_fault(capture_run(&c));
	if (!f)
		f = judge(&c, "show", unit);
	if (f)
		return capture_evidence(f, &c);
	while (c.out.len > 0 && c.out.data[c.out.len - 1] == '\n')
		c.out.data[--c.out.len] = '\0';
	*ret = buf_take(&c.out);
	return NULL;
}
