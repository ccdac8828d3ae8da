/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A unit test program is one file: TEST(name) { CHECK(...); } blocks and TEST_MAIN at the end.
 * It prints TAP. A failed check is printed with its place and ends its test, not the program. */

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/fault.h"

struct test_case {
	const char *name;
	void (*run)(void);
	struct test_case *next;
};

extern struct test_case *test_first, **test_last;
extern jmp_buf test_jump;

#define TEST(id) \
	static void test_##id(void); \
	static struct test_case case_##id = { #id, test_##id, NULL }; \
	__attribute__((constructor)) static void register_##id(void) \
	{ \
		*test_last = &case_##id; \
		test_last = &case_##id.next; \
	} \
	static void test_##id(void)

#define CHECK_MSG(cond, ...) \
	do { \
		if (!(cond)) { \
			printf("# %s:%d: ", __FILE__, __LINE__); \
			printf(__VA_ARGS__); \
			printf("\n"); \
			longjmp(test_jump, 1); \
		} \
	} while (0)

#define CHECK(cond) CHECK_MSG(cond, "%s is false", #cond)
#define CHECK_INT(got, want) \
	do { \
		long long got_ = (long long)(got), want_ = (long long)(want); \
		CHECK_MSG(got_ == want_, "%s is %lld, wanted %lld", #got, got_, want_); \
	} while (0)
#define CHECK_STR(got, want) \
	do { \
		const char *got_ = (got), *want_ = (want); \
		CHECK_MSG(streq(got_, want_), "%s is \"%s\", wanted \"%s\"", #got, \
			  got_ ? got_ : "(null)", want_ ? want_ : "(null)"); \
	} while (0)
#define CHECK_OK(expr) \
	do { \
		struct fault *f_ = (expr); \
		CHECK_MSG(!f_, "%s: %s: %s", #expr, f_->id, f_->message); \
	} while (0)
/* The expression is a fault with this id; the fault is freed. */
#define CHECK_FAULT(expr, want_id) \
	do { \
		struct fault *f_ = (expr); \
		CHECK_MSG(f_, "%s is no fault, wanted %s", #expr, want_id); \
		CHECK_MSG(fault_is(f_, want_id), "%s is %s (%s), wanted %s", #expr, f_->id, \
			  f_->message, want_id); \
		fault_free(f_); \
	} while (0)

/* A fresh folder that test_main removes again; owned by the test program. */
const char *test_dir(void);
int test_main(int argc, char **argv); /* argv[1], when given, names the one test to run */
#define TEST_MAIN \
	int main(int argc, char **argv) \
	{ \
		return test_main(argc, argv); \
	}
