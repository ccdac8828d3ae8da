/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A graph like the main job's, a history that grows record by record, and the next decision. */

#include "lib/base/parse.h"
#include "lifecycle/engine/decide.h"
#include "tests/unit/test.h"

#define NEEDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct step graph[] = {
	{ .name = "identify", .scope = SCOPE_BOOT, .timeout_fault = "identity.unreachable" },
	{ .name = "scripts", .needs = NEEDS("identify"), .scope = SCOPE_INSTANCE,
	  .timeout_fault = "script.timeout" },
	{ .name = "check", .needs = NEEDS("scripts"), .scope = SCOPE_BOOT,
	  .timeout_fault = "check.timeout" },
	{ .name = "join", .needs = NEEDS("check"), .scope = SCOPE_BOOT,
	  .timeout_fault = "join.timeout" },
	{ .name = "plugins", .needs = NEEDS("join"), .scope = SCOPE_BOOT,
	  .timeout_fault = "plugins.timeout" },
	{ .name = "soak", .needs = NEEDS("join"), .scope = SCOPE_BOOT,
	  .timeout_fault = "check.timeout" },
	{ .name = "report", .needs = NEEDS("plugins", "soak"), .scope = SCOPE_BOOT,
	  .closing = true, .closing_needs = "join", .timeout_fault = "report.timeout" },
};

enum { IDENTIFY, SCRIPTS, CHECK, JOIN, PLUGINS, SOAK, REPORT };

struct bench {
	struct state state;
	struct situation t;
	uint64_t now;
};

static inline void bench_done(struct bench *b)
{
	state_done(&b->state);
}
#define BENCH(b) _cleanup_(bench_done) struct bench b = bench_new()

static inline struct bench bench_new(void)
{
	struct bench b = { .now = 1000 };

	state_init(&b.state, graph, ARRAY_SIZE(graph));
	b.t = (struct situation){ .boot = "boot-1",
				  .budget_ms = 3600000,
				  .max_reboots = 2,
				  .max_crashes = 3 };
	for (size_t i = 0; i < ARRAY_SIZE(graph); i++) {
		(void)snprintf(b.t.key[i], KEY_MAX, "key");
		b.t.timeout_ms[i] = 60000;
	}
	return b;
}

/* Folds one record: members as JSON without braces. */
static inline void fold(struct bench *b, const char *members)
{
	_cleanup_free_ char *text = xasprintf("{\"boot\":\"%s\",\"at\":%llu,\"time\":1,%s}",
					      b->t.boot, (unsigned long long)b->now, members);
	_cleanup_doc_ struct doc *d = NULL;

	CHECK_OK(json_parse("record", text, strlen(text), 0, &d));
	CHECK_OK(state_fold(&b->state, d));
	b->now += 10;
}

static inline void begin(struct bench *b, const char *step)
{
	_cleanup_free_ char *m =
		xasprintf("\"t\":\"begin\",\"step\":\"%s\",\"key\":\"key\",\"attempt\":%u", step,
			  b->state.step[state_index(&b->state, step)].attempts + 1);
	fold(b, m);
}

static inline void end(struct bench *b, const char *step, const char *rest)
{
	_cleanup_free_ char *m = xasprintf(
		"\"t\":\"end\",\"step\":\"%s\",\"key\":\"key\",\"ms\":10,%s", step, rest);

	begin(b, step);
	fold(b, m);
}

static inline void done(struct bench *b, const char *step)
{
	end(b, step, "\"outcome\":\"done\",\"result\":{}");
}

static inline void failed(struct bench *b, const char *step, const char *id)
{
	_cleanup_free_ char *m = xasprintf(
		"\"outcome\":\"failed\",\"fault\":{\"id\":\"%s\",\"message\":\"m\"}", id);

	end(b, step, m);
}

static inline void start(struct bench *b)
{
	fold(b, "\"t\":\"run\",\"run\":\"r1\"");
	fold(b, "\"t\":\"start\",\"run\":\"r1\"");
}

static inline void named(struct bench *b)
{
	done(b, "identify");
	fold(b, "\"t\":\"instance\",\"id\":\"i-1\",\"trigger\":\"create\"");
}

static inline struct decision next(struct bench *b)
{
	b->t.state = &b->state;
	b->t.now_ms = b->now;
	return decide(&b->t);
}

static inline void reboot(struct bench *b, const char *boot)
{
	(void)snprintf(b->t.boot, sizeof(b->t.boot), "%s", boot);
	b->now = 500;
	fold(b, "\"t\":\"start\",\"run\":\"r1\"");
}
