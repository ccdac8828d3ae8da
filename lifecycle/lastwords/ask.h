/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What S3, EC2 and Auto Scaling are asked for at the end of a run, and during it, through
 * muster-net. Each call is bounded by the deadline, and by ASK_MS by itself. Faults are those of
 * the operations, words.address, words.answer. */

#include "lifecycle/values/config.h"
#include "lifecycle/values/identity.h"

#define ASK_MS 15000

struct asker { /* borrowed */
	const struct config *config;
	const struct identity *identity;
	uint64_t deadline_ms;
};

/* lastWords.report + INSTANCE/BOOT.json; *ret_url (owned) names it. Takes the report. */
struct fault *ask_report(const struct asker *a, const char *boot, struct doc *report,
			 char **ret_url) _must_check_;
struct fault *ask_tag(const struct asker *a, const char *value) _must_check_;
struct fault *ask_unhealthy(const struct asker *a) _must_check_;

struct hooks {
	char *group; /* NULL: in no group */
	char **names;
	uint64_t heartbeat_ms;
	bool in_service; /* the launch is long over: nothing waits */
};
void hooks_done(struct hooks *h);
#define _cleanup_hooks_ _cleanup_(hooks_done)
/* Which hooks wait for this machine. Nobody is asked where configuration and tags name group and
 * hook. */
struct fault *ask_hooks(const struct asker *a, struct hooks *ret) _must_check_;
/* One heartbeat for each hook; the first fault is returned after all were tried. */
struct fault *ask_heartbeat(const struct asker *a, const struct hooks *h) _must_check_;
/* result: "CONTINUE" or "ABANDON". *ret_n: how many were waiting. */
struct fault *ask_complete(const struct asker *a, const struct hooks *h, const char *result,
			   unsigned *ret_n) _must_check_;
