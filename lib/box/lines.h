/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Bytes into lines that a journal can hold. */

#include "lib/base/buf.h"

struct lines { /* one stream; zero it, set line, arg and stream */
	void (*line)(void *arg, const char *stream, const char *text);
	void *arg;
	const char *stream;
	struct buf part; /* a line whose end has not come */
	uint64_t count;
};

/* Gives on every line that is complete, in pieces of at most RUNNER_LINE_MAX bytes. A carriage
 * return before the newline is dropped; a piece never ends inside a UTF-8 sequence. */
void lines_add(struct lines *l, const char *data, size_t len);
void lines_flush(struct lines *l); /* gives on what has no newline */
void lines_done(struct lines *l);
