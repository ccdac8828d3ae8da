/* SPDX-License-Identifier: Apache-2.0 */
/* The credential that `muster token` prints, and the caches on its road. No network: credentials
 * come from the environment, and MUSTER_NET names a program that fails. */
#include "tests/unit/test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "bootstrap/token.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/path.h"
#include "lib/doc/doc.h"
#include "lifecycle/values/clustertoken.h"

static char *run_dir(const char *name)
{
	char *dir = path_join(test_dir(), name);

	CHECK_INT(path_mkdirs(dir, 0700), 0);
	setenv("MUSTER_NET", "/bin/false", 1);
	unsetenv("AWS_ACCESS_KEY_ID");
	unsetenv("AWS_SECRET_ACCESS_KEY");
	unsetenv("AWS_SESSION_TOKEN");
	return dir;
}

static void environment(void)
{
	setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 1);
}

static void put(const char *dir, const char *name, mode_t mode, const char *fmt, ...)
	_printf_(4, 5);
static void put(const char *dir, const char *name, mode_t mode, const char *fmt, ...)
{
	_cleanup_free_ char *path = path_join(dir, name);
	_cleanup_buf_ struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	CHECK_OK(file_write_volatile(path, b.data, b.len, mode));
	CHECK_INT(chmod(path, mode), 0);
}

static struct fault *get(const char *dir, struct cluster_token *t)
{
	return cluster_token_get(dir, "c1", "us-west-2", false, clock_boottime_ms() + 5000, t);
}

static void put_token(const char *dir, mode_t mode, const char *region, int64_t left_ms)
{
	put(dir, "token-c1.json", mode,
	    "{\"token\":\"k8s-aws-v1.cached\",\"region\":\"%s\",\"expires\":%lld}", region,
	    (long long)clock_realtime_ms() + left_ms);
}

TEST(environment_goes_first_and_is_not_cached)
{
	_cleanup_free_ char *dir = run_dir("env"), *file = path_join(dir, "token-c1.json");
	_cleanup_cluster_token_ struct cluster_token t = { 0 };
	uint64_t now = clock_realtime_ms();

	put_token(dir, 0600, "us-west-2", 600000);
	environment();
	CHECK_OK(get(dir, &t));
	CHECK(str_startswith(t.token, "k8s-aws-v1."));
	CHECK(!streq(t.token, "k8s-aws-v1.cached"));
	CHECK(!t.cached);
	CHECK(t.expires_ms >= now + 14 * 60000 && t.expires_ms <= now + 14 * 60000 + 5000);
	CHECK_INT(unlink(file), 0);
	cluster_token_done(&t);
	CHECK_OK(get(dir, &t));
	CHECK(access(file, F_OK) < 0);
}

TEST(a_cached_token_asks_nobody)
{
	_cleanup_free_ char *dir = run_dir("cached");
	_cleanup_cluster_token_ struct cluster_token t = { 0 };

	put_token(dir, 0600, "us-west-2", 600000);
	CHECK_OK(get(dir, &t));
	CHECK_STR(t.token, "k8s-aws-v1.cached");
	CHECK(t.cached);
}

/* Each of them leads past the cache, and then there is nobody to ask. */
TEST(a_bad_cache_is_not_used)
{
	_cleanup_free_ char *dir = run_dir("bad"), *file = path_join(dir, "token-c1.json");
	_cleanup_cluster_token_ struct cluster_token t = { 0 };
	struct fault *f;

	put_token(dir, 0644, "us-west-2", 600000);
	CHECK((f = get(dir, &t)));
	fault_free(f);
	put_token(dir, 0600, "us-west-2", 60000);
	CHECK((f = get(dir, &t)));
	fault_free(f);
	put_token(dir, 0600, "eu-west-1", 600000);
	CHECK((f = get(dir, &t)));
	fault_free(f);
	put(dir, "token-c1.json", 0600, "{\"token\":\"k8s-aws-v1.cut");
	CHECK((f = get(dir, &t)));
	fault_free(f);
	CHECK_INT(unlink(file), 0);
	CHECK_INT(symlink("/dev/zero", file), 0);
	CHECK((f = get(dir, &t)));
	fault_free(f);
}

static void put_creds(const char *dir, uint64_t until_ms)
{
	char when[RFC3339_MAX];

	put(dir, "credentials.json", 0600,
	    "{\"accessKeyId\":\"ASIAEXAMPLE\",\"secretAccessKey\":\"s3cr3t\",\"sessionToken\":"
	    "\"t\","
	    "\"source\":\"imds\",\"expiration\":\"%s\"}",
	    clock_rfc3339(until_ms, when));
}

TEST(cached_credentials_make_and_cache_a_token)
{
	_cleanup_free_ char *dir = run_dir("creds"), *file = path_join(dir, "token-c1.json");
	_cleanup_cluster_token_ struct cluster_token t = { 0 }, again = { 0 };
	uint64_t until = clock_realtime_ms() + 8 * 60000;
	struct stat st;

	put_creds(dir, until);
	CHECK_OK(get(dir, &t));
	CHECK(!t.cached);
	CHECK_INT(t.expires_ms / 1000, until / 1000); /* a token does not outlive its credentials */
	CHECK_INT(stat(file, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK_OK(get(dir, &again));
	CHECK(again.cached);
	CHECK_STR(again.token, t.token);
}

TEST(credentials_about_to_end_are_not_used)
{
	_cleanup_free_ char *dir = run_dir("ending");
	_cleanup_cluster_token_ struct cluster_token t = { 0 };
	struct fault *f;

	put_creds(dir, clock_realtime_ms() + 4 * 60000);
	CHECK((f = get(dir, &t)));
	fault_free(f);
}

TEST(odd_names_never_become_files)
{
	_cleanup_free_ char *dir = run_dir("odd");
	_cleanup_cluster_token_ struct cluster_token t = { 0 };

	environment();
	CHECK_FAULT(cluster_token_get(dir, "../x", "us-west-2", false, 0, &t), "token.cluster");
	CHECK_FAULT(cluster_token_get(dir, "", "us-west-2", false, 0, &t), "token.cluster");
	CHECK_FAULT(cluster_token_get(dir, NULL, "us-west-2", false, 0, &t), "token.cluster");
	CHECK_FAULT(cluster_token_get(dir, "c1", "a.b/c", false, 0, &t), "token.cluster");
}

TEST(credential_answers_in_kind)
{
	static const char *const rows[][2] = {
		{ NULL, "client.authentication.k8s.io/v1beta1" },
		{ "", "client.authentication.k8s.io/v1beta1" },
		{ "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\","
		  "\"spec\":{\"interactive\":false}}",
		  "client.authentication.k8s.io/v1" },
		{ "{\"apiVersion\":\"client.authentication.k8s.io/v1beta1\"}", "client."
									       "authentication.k8s."
									       "io/v1beta1" },
		{ "{\"kind\":\"ExecCredential\"}", "client.authentication.k8s.io/v1beta1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_doc_ struct doc *d = NULL;

		CHECK_OK(token_credential(rows[i][0], "k8s-aws-v1.x", 1700000000999ull, &d));
		CHECK_STR(doc_str(d, "kind"), "ExecCredential");
		CHECK_STR(doc_str(d, "apiVersion"), rows[i][1]);
		CHECK_STR(doc_str(doc_get(d, "status"), "token"), "k8s-aws-v1.x");
		CHECK_STR(doc_str(doc_get(d, "status"), "expirationTimestamp"), "2023-11-14T22:13:"
										"20Z");
	}
}

TEST(unknown_versions_are_refused)
{
	static const char *const bad[] = { "{\"apiVersion\":\"v1alpha1\"}",
					   "{", "[]x" };
	struct doc *d = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_FAULT(token_credential(bad[i], "t", 0, &d), "token.exec_info");
}

TEST_MAIN
