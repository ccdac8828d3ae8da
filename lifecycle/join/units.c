/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/parse.h"
#include "lib/base/path.h"
#include "lib/base/strv.h"
#include "lib/sys/log.h"
#include "lib/sys/spawn.h"
#include "lib/sys/unit.h"
#include "lifecycle/join/register.h"

#define RESTARTS_MAX 3 /* a kubelet that systemd has started this often again does not stay up */
#define JOURNAL_MS   5000
#define JOURNAL_MAX  16384

static const char *const default_units[] = { "containerd.service", "kubelet.service", NULL };

static const char *const *units_of(const struct config *c)
{
	return c->join.units && c->join.units[0] ? (const char *const *)c->join.units
						 : default_units;
}

static bool is_kubelet(const char *unit)
{
	return strstr(unit, "kubelet") != NULL; /* snap.kubelet-eks.daemon.service too */
}

/* Whether a file changed that this unit reads. */
static bool reads_changed(const char *unit, const struct doc *changed)
{
	for (size_t i = 0; i < changed->n_items; i++) {
		bool containerds = str_startswith(changed->items[i]->string, "/etc/containerd/");

		if (containerds ? str_startswith(unit, "containerd") : is_kubelet(unit))
			return true;
	}
	return false;
}

/* The last lines of a unit's journal; owned, NULL where there are none to be had. */
static char *journal_of(const char *unit)
{
	char *argv[] = { (char *)"/usr/bin/journalctl",
			 (char *)"-u",
			 (char *)unit,
			 (char *)"-n",
			 (char *)"30",
			 (char *)"-o",
			 (char *)"cat",
			 (char *)"--no-pager",
			 NULL };
	char *env[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"LANG=C.UTF-8",
			NULL };
	_cleanup_free_ char *text = NULL;
	struct fault *unread =
		run_capture(argv, env, false, JOURNAL_MAX, clock_boottime_ms() + JOURNAL_MS, &text);

	fault_free(unread);
	return TAKE_PTR(text);
}

static struct fault *with_journal(struct fault *f, const char *unit)
{
	_cleanup_free_ char *text = journal_of(unit);

	return text && *text ? fault_evidence(f, text, strlen(text)) : f;
}

/* klog: "E1125 21:40:33.244345     137 file.go:106] words", severities I, W, E and F.
 * https://github.com/kubernetes/klog, docs of package klog, "Log line format" */
char *klog_last_error(const char *text)
{
	_cleanup_strv_ char **line = strv_split(text, "\n");

	for (size_t n = strv_len(line); n-- > 0;) {
		const char *words = strstr(line[n], "] ");

		if (words && (line[n][0] == 'E' || line[n][0] == 'F') &&
		    strspn(line[n] + 1, "0123456789") == 4)
			return xstrdup(words + 2);
	}
	return NULL;
}

static bool restarts_too_often(const char *unit)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_fault_ struct fault *f = unit_property(unit, "NRestarts", &text);
	uint64_t n = 0;

	return !f && parse_u64(text, &n) == 0 && n >= RESTARTS_MAX;
}

struct fault *kubelet_unit_health(const char *unit)
{
	_cleanup_free_ char *state = NULL;

	TRY(unit_property(unit, "ActiveState", &state));
	if (streq(state, "failed"))
		return with_journal(fault_new("kubelet.failed", "%s has failed", unit), unit);
	if (!streq(state, "active") && restarts_too_often(unit))
		return with_journal(fault_new("kubelet.failed", "%s does not stay up", unit), unit);
	return NULL;
}

static bool has_systemd(const struct step_context *c)
{
	return !*c->root && unit_systemd_is_running();
}

static struct fault *with_last_error(struct fault *f, const char *unit)
{
	_cleanup_free_ char *text = journal_of(unit), *error = text ? klog_last_error(text) : NULL;
	struct fault *told;

	if (!error)
		return text && *text ? fault_evidence(f, text, strlen(text)) : f;
	told = fault_new(f->id, "%s; its last error: %.400s", f->message, error);
	fault_free(f);
	return fault_evidence(told, text, strlen(text));
}

struct fault *kubelet_words(const struct step_context *c, struct fault *f)
{
	for (const char *const *u = units_of(c->config); has_systemd(c) && *u; u++)
		if (is_kubelet(*u))
			return with_last_error(f, *u);
	return f;
}

struct fault *kubelet_health(const struct step_context *c)
{
	if (!has_systemd(c))
		return NULL;
	for (const char *const *u = units_of(c->config); *u; u++)
		if (is_kubelet(*u))
			TRY(kubelet_unit_health(*u));
	return NULL;
}

static struct fault *start_one(const struct step_context *c, const char *unit,
			       const struct doc *changed)
{
	_cleanup_free_ char *state = NULL;
	const char *verb = "start";
	struct fault *f;

	TRY(unit_property(unit, "ActiveState", &state));
	if (reads_changed(unit, changed) && !streq(state, "inactive"))
		verb = "restart";
	log_info("%s: %s", unit, verb);
	f = unit_do(verb, unit, c->deadline_ms);
	if (fault_is(f, "unit.failed"))
		f = with_journal(is_kubelet(unit) ? fault_as(f, "kubelet.failed") : f, unit);
	return f;
}

struct fault *units_start_in_order(const struct step_context *c, const struct doc *changed)
{
	for (const char *const *u = units_of(c->config); *u; u++)
		TRY(start_one(c, *u, changed));
	return NULL;
}

struct fault *units_start(const struct step_context *c, const struct doc *changed,
			  const char **ret_words)
{
	_cleanup_free_ char *may_join = path_join(c->run_dir, "may-join");

	TRY(file_write_volatile(may_join, "", 0, 0644));
	*ret_words = *c->root ? "not started: another root" : "not started: no systemd here";
	if (!has_systemd(c))
		return NULL;
	TRY(units_start_in_order(c, changed));
	*ret_words = "started";
	return NULL;
}
