/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/test.h"

TEST(new_has_words_and_no_errno)
{
	_cleanup_fault_ struct fault *f = fault_new("a.b", "cannot %s %d", "count", 3);

	CHECK_STR(f->id, "a.b");
	CHECK_STR(f->message, "cannot count 3");
	CHECK_INT(f->errnum, 0);
	CHECK(!f->evidence);
	CHECK(fault_is(f, "a.b"));
	CHECK(!fault_is(f, "a"));
	CHECK(!fault_is(NULL, "a.b"));
}

TEST(errno_of_either_sign_is_kept_and_named)
{
	_cleanup_fault_ struct fault *p = fault_errno("x", ENOENT, "cannot open %s", "/x");
	_cleanup_fault_ struct fault *n = fault_errno("x", -ENOENT, "cannot open %s", "/x");

	CHECK_INT(p->errnum, ENOENT);
	CHECK_INT(n->errnum, ENOENT);
	CHECK_STR(p->message, "cannot open /x: No such file or directory");
	CHECK_STR(n->message, p->message);
}

TEST(wrap_puts_words_in_front)
{
	_cleanup_fault_ struct fault *f = fault_new("x", "100%% full");

	f = fault_wrap(f, "step %s", "fetch");
	f = fault_wrap(f, "run");
	CHECK_STR(f->message, "run: step fetch: 100% full");
	CHECK(!fault_wrap(NULL, "nothing"));
}

TEST(as_changes_the_id_only)
{
	_cleanup_fault_ struct fault *f = fault_errno("x", EIO, "read");

	f = fault_as(f, "y.z");
	CHECK_STR(f->id, "y.z");
	CHECK_INT(f->errnum, EIO);
	f = fault_as(f, f->id); /* its own id */
	CHECK_STR(f->id, "y.z");
	CHECK(!fault_as(NULL, "y"));
}

TEST(id_is_a_copy)
{
	char id[] = "gone";
	_cleanup_fault_ struct fault *f = fault_new(id, "m");

	id[0] = 'd';
	CHECK_STR(f->id, "gone");
}

TEST(evidence_keeps_the_end)
{
	static char text[20000];
	_cleanup_fault_ struct fault *f = fault_new("x", "m");

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	f = fault_evidence(f, text, sizeof(text));
	CHECK_INT(strlen(f->evidence), 16 * 1024);
	CHECK(memcmp(f->evidence, text + sizeof(text) - 16 * 1024, 16 * 1024) == 0);
	f = fault_evidence(f, "short", 5); /* replaces */
	CHECK_STR(f->evidence, "short");
	f = fault_evidence(f, NULL, 0);
	CHECK_STR(f->evidence, "");
	CHECK(!fault_evidence(NULL, "x", 1));
}

TEST(copy_is_deep)
{
	struct fault *f = fault_evidence(fault_errno("x", EIO, "m"), "e", 1);
	_cleanup_fault_ struct fault *c = fault_copy(f);

	fault_free(f);
	CHECK_STR(c->id, "x");
	CHECK_STR(c->message, "m: Input/output error");
	CHECK_STR(c->evidence, "e");
	CHECK_INT(c->errnum, EIO);
	CHECK(!fault_copy(NULL));
	fault_free(NULL);
}

static struct fault *tries(struct fault *f, bool *went_on)
{
	TRY(f);
	*went_on = true;
	return NULL;
}

TEST(try_returns_a_fault_and_goes_on_without)
{
	bool went_on = false;

	CHECK_FAULT(tries(fault_new("t", "m"), &went_on), "t");
	CHECK(!went_on);
	CHECK_OK(tries(NULL, &went_on));
	CHECK(went_on);
}

TEST_MAIN
