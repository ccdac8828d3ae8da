/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A context for one step, in a folder of its own. */

#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/path.h"
#include "lifecycle/engine/step.h"
#include "lifecycle/values/config.h"
#include "lifecycle/values/identity.h"
#include "tests/unit/test.h"

struct bench {
	char *root; /* fresh, empty */
	char *state;
	struct config config;
	struct identity identity;
	struct doc *results, *result;
	struct step_context c;
};

static inline void bench_write(const struct bench *b, const char *name, const char *text,
			       mode_t mode)
{
	_cleanup_free_ char *path = path_join(b->root, name);

	CHECK_OK(file_write_volatile(path, text, strlen(text), mode));
	CHECK_INT(chmod(path, mode), 0);
}

static inline char *bench_path(const struct bench *b, const char *name)
{
	return path_join(b->root, name);
}

static inline bool bench_has(const struct bench *b, const char *name)
{
	_cleanup_free_ char *path = path_join(b->root, name);

	return access(path, F_OK) == 0;
}

/* Owned; "" when there is no such file. */
static inline char *bench_read(const struct bench *b, const char *name)
{
	_cleanup_free_ char *path = path_join(b->root, name);
	struct buf text = BUF_INIT;

	(void)file_read_raw(path, 1 << 20, &text);
	return buf_take(&text);
}

static inline struct bench *bench_new(void)
{
	static int n;
	struct bench *b = NEW(struct bench, 1);

	b->root = xasprintf("%s/%d", test_dir(), n++);
	b->state = path_join(b->root, "var/lib/muster");
	CHECK_INT(path_mkdirs(b->state, 0700), 0);
	b->results = doc_object();
	b->result = doc_object();
	b->identity.instance_id = xstrdup("i-0123456789abcdef0");
	b->identity.private_ip = xstrdup("10.0.0.7");
	b->c = (struct step_context){ .root = b->root, .state_dir = b->state, .run_dir = b->state,
				      .run_id = "run1", .trigger = TRIGGER_CREATE, .attempt = 1,
				      .previous = "none",
				      .deadline_ms = clock_boottime_ms() + 60000,
				      .config = &b->config, .identity = &b->identity,
				      .results = b->results };
	return b;
}

/* Strings put into the configuration by a test are literals: only the results are freed. */
static inline void bench_free(struct bench *b)
{
	free(b->identity.instance_id);
	free(b->identity.private_ip);
	doc_free(b->results);
	doc_free(b->result);
	free(b->state);
	free(b->root);
	free(b);
}
DEFINE_CLEANUP(struct bench *, bench_free)
#define _cleanup_bench_ _cleanup_(bench_freep)
