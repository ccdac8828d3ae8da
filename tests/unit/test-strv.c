/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/strv.h"
#include "tests/unit/test.h"

TEST(grows_from_null)
{
	_cleanup_strv_ char **v = NULL;

	CHECK_INT(strv_len(NULL), 0);
	strv_add(&v, "a");
	strv_push(&v, xstrdup("b"));
	strv_addf(&v, "%d", 3);
	strv_add(&v, NULL);
	CHECK_INT(strv_len(v), 3);
	CHECK_STR(v[0], "a");
	CHECK_STR(v[1], "b");
	CHECK_STR(v[2], "3");
	CHECK(!v[3]);
}

TEST(copy_is_deep_and_never_null)
{
	_cleanup_strv_ char **v = strv_split("x y", " ");
	_cleanup_strv_ char **c = strv_copy(v);
	_cleanup_strv_ char **e = strv_copy(NULL);

	v[0][0] = 'z';
	CHECK_STR(c[0], "x");
	CHECK_INT(strv_len(c), 2);
	CHECK(e && !e[0]);
}

TEST(split_skips_empty_parts)
{
	static const struct {
		const char *s, *separators, *joined;
	} cases[] = {
		{ "a,b;c", ",;", "a|b|c" }, { ",,a,,b,,", ",", "a|b" }, { "", ",", "" },
		{ ",", ",", "" },	    { NULL, ",", "" },		{ "one", ",", "one" },
		{ "a b", "", "a b" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_strv_ char **v = strv_split(cases[i].s, cases[i].separators);
		_cleanup_free_ char *joined = strv_join(v, "|");
		CHECK(v);
		CHECK_STR(joined, cases[i].joined);
	}
	_cleanup_free_ char *none = strv_join(NULL, "|");
	CHECK_STR(none, "");
}

TEST(contains_is_exact)
{
	_cleanup_strv_ char **v = strv_split("ab cd", " ");

	CHECK(strv_contains(v, "cd"));
	CHECK(!strv_contains(v, "c"));
	CHECK(!strv_contains(v, "cde"));
	CHECK(!strv_contains(NULL, "c"));
}

TEST(environment)
{
	_cleanup_strv_ char **env = NULL;

	CHECK(!strv_env_get(NULL, "A"));
	strv_env_set(&env, "A", NULL);
	strv_env_set(&env, "A", "1");
	strv_env_set(&env, "AB", "2=3");
	strv_env_set(&env, "C", "");
	CHECK_INT(strv_len(env), 3);
	CHECK_STR(strv_env_get(env, "A"), "1");
	CHECK_STR(strv_env_get(env, "AB"), "2=3");
	CHECK_STR(strv_env_get(env, "C"), "");
	CHECK(!strv_env_get(env, "B"));
	strv_env_set(&env, "A", "new");
	CHECK_INT(strv_len(env), 3);
	CHECK_STR(env[0], "A=new");
	strv_env_set(&env, "A", NULL);
	CHECK_INT(strv_len(env), 2);
	CHECK(!strv_env_get(env, "A"));
	strv_env_set(&env, "C", NULL); /* the last one */
	CHECK_INT(strv_len(env), 1);
	CHECK_STR(env[0], "AB=2=3");
}

TEST(sorts_by_bytes)
{
	_cleanup_strv_ char **v = strv_split("b a B 10 9", " ");

	strv_sort(v);
	strv_sort(NULL);
	_cleanup_free_ char *joined = strv_join(v, " ");
	CHECK_STR(joined, "10 9 B a b");
}

TEST_MAIN
