/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/plan.h"

#include "lib/base/clock.h"
#include "lifecycle/check/check.h"
#include "lifecycle/drivers/drivers.h"
#include "lifecycle/fetch/fetch.h"
#include "lifecycle/hostcheck/hostcheck.h"
#include "lifecycle/identify/identify.h"
#include "lifecycle/join/join.h"
#include "lifecycle/plugins/plugins.h"
#include "lifecycle/report/report.h"
#include "lifecycle/scripts/scripts.h"
#include "lifecycle/values/config.h"

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* One row a step; only what `drivers` waits for differs between the two graphs. */
#define STEPS(drivers_need) \
	{ \
		{ .name = "identify", .scope = SCOPE_BOOT, .run = step_identify, \
		  .skip = identify_skip, .timeout = identify_timeout, \
		  .inputs = NAMES("/identity"), .timeout_fault = "identity.unreachable", \
		  .about = "who this machine is" }, \
		{ .name = "hostcheck", .needs = NAMES("identify"), .scope = SCOPE_BOOT, \
		  .run = step_hostcheck, .skip = hostcheck_skip, .timeout = hostcheck_timeout, \
		  .inputs = NAMES("/hostcheck", "/group"), .timeout_fault = "host.unchecked", \
		  .about = "processors, memory, disk, clock, network" }, \
		{ .name = "fetch", .needs = NAMES("identify"), .scope = SCOPE_INSTANCE, \
		  .run = step_fetch, .skip = fetch_skip, .timeout = fetch_timeout, .sync = true, \
		  .inputs = NAMES("/lifecycle/source", "/lifecycle/digest"), \
		  .timeout_fault = "fetch.timeout", .about = "the bundle of lifecycle scripts" }, \
		{ .name = "scripts", .needs = NAMES("fetch"), .scope = SCOPE_INSTANCE, \
		  .run = step_scripts, .skip = scripts_skip, .timeout = scripts_timeout, \
		  .inputs = NAMES("/lifecycle/source", "/lifecycle/digest", \
				  "/lifecycle/onCreate", "/lifecycle/onInitComplete"), \
		  .sync = true, .timeout_fault = "script.timeout", \
		  .about = "lifecycle scripts, in their box" }, \
		{ .name = "drivers", .needs = NAMES(drivers_need), .scope = SCOPE_BOOT, \
		  .run = step_drivers, .skip = drivers_skip, .timeout = drivers_timeout, \
		  .inputs = NAMES("/drivers"), .sync = true, .timeout_fault = "installer.timeout", \
		  .about = "drivers that the hardware needs" }, \
		{ .name = "check", .needs = NAMES("scripts", "drivers", "hostcheck"), \
		  .scope = SCOPE_BOOT, .run = step_check, .skip = check_skip, \
		  .timeout = check_timeout, \
		  .inputs = NAMES("/check", "/cluster/name", "/join/by"), \
		  .timeout_fault = "check.timeout", .about = "deep health checks" }, \
		{ .name = "join", .needs = NAMES("check"), .scope = SCOPE_BOOT, .run = step_join, \
		  .skip = join_skip, .timeout = join_timeout, .sync = true, \
		  .inputs = NAMES("/cluster", "/join", "/report/gate", "/report/labelPrefix"), \
		  .timeout_fault = "join.timeout", .about = "the kubelet registers the Node" }, \
		{ .name = "plugins", .needs = NAMES("join"), .scope = SCOPE_BOOT, \
		  .run = step_plugins, .skip = plugins_skip, .timeout = plugins_timeout, \
		  .inputs = NAMES("/plugins"), .timeout_fault = "plugins.timeout", \
		  .about = "allocatable is what the hardware has" }, \
		{ .name = "soak", .needs = NAMES("join"), .scope = SCOPE_BOOT, .run = step_soak, \
		  .skip = soak_skip, .moot = soak_moot, .moot_by = "check", \
		  .timeout = check_timeout, .inputs = NAMES("/check"), \
		  .timeout_fault = "check.timeout", \
		  .about = "the checks that were left, behind the gate" }, \
		{ .name = "report", .needs = NAMES("plugins", "soak"), .scope = SCOPE_BOOT, \
		  .run = step_report, .skip = report_skip, .timeout = report_timeout, \
		  .inputs = NAMES("/report"), .timeout_fault = "report.timeout", .closing = true, \
		  .closing_needs = "join", .about = "health labels; opens the gate" }, \
	}

static const struct step in_order[] = STEPS("scripts");
static const struct step early_drivers[] = STEPS("identify");

struct plan plan_for(const struct config *config)
{
	if (config && config->drivers.order == DRIVERS_EARLY)
		return (struct plan){ early_drivers, ARRAY_SIZE(early_drivers) };
	return (struct plan){ in_order, ARRAY_SIZE(in_order) };
}

void plan_limits(const struct config *config, struct engine_limits *ret)
{
	ret->budget_ms = config ? config->budget.total_ms : NO_DEADLINE;
	ret->reboots = config ? (unsigned)config->budget.reboots : 0;
	ret->crashes = config ? (unsigned)config->budget.crashes : 0;
}
