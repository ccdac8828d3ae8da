/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The error value: a stable id, the errno behind it, and words that grow on the way out.
 *
 * A function that can fail with a meaning returns `struct fault *`: NULL is success, anything
 * else belongs to the caller, who returns it, adds words to it, or frees it. Functions below
 * floor 4 return and never log. Small primitives return 0 or -errno instead.
 *
 * Ids are dotted words ("s3.forbidden") and appear in lifecycle/faults.def, which says what each
 * means and what to do; a lint compares the two. */

#include "lib/base/macro.h"

struct fault {
	const char *id; /* owned by the fault; stable, one of faults.def */
	int errnum;	/* 0, or the errno that caused it */
	char *message;	/* outermost words first: "cannot read /etc/x: No such file or directory" */
	char *evidence; /* NULL, or lines that show it (the last lines of a script's output) */
};

/* A new fault. The text says what was tried and what came back, with names and values. */
struct fault *fault_new(const char *id, const char *fmt, ...) _printf_(2, 3) _must_check_;
/* The same with ": strerror(errnum)" appended; errnum may be negative (-errno). */
struct fault *fault_errno(const char *id, int errnum, const char *fmt, ...)
	_printf_(3, 4) _must_check_;
/* Puts "words: " before the message and returns the same fault; NULL stays NULL. */
struct fault *fault_wrap(struct fault *f, const char *fmt, ...) _printf_(2, 3) _must_check_;
/* Gives the fault another id, because the caller knows what it means here. NULL stays NULL. */
struct fault *fault_as(struct fault *f, const char *id) _must_check_;
/* Attaches evidence (copied, at most the last 16 KiB of it). */
struct fault *fault_evidence(struct fault *f, const char *text, size_t len) _must_check_;
struct fault *fault_copy(const struct fault *f) _must_check_;
bool fault_is(const struct fault *f, const char *id); /* NULL is no fault */
void fault_free(struct fault *f);
DEFINE_CLEANUP(struct fault *, fault_free)
#define _cleanup_fault_ _cleanup_(fault_freep)

/* Returns from the caller when the expression is a fault. */
#define TRY(expr) \
	do { \
		struct fault *try_ = (expr); \
		if (try_) \
			return try_; \
	} while (0)
