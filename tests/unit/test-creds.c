/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/find.h"

#include "lib/base/clock.h"
#include "tests/unit/test.h"

static const char file[] = "# people write these\n"
			   "[default]\n"
			   "aws_access_key_id = AKIADEFAULT\n"
			   "AWS_SECRET_ACCESS_KEY=a+b/c==\n"
			   "\n"
			   "[profile other]\r\n"
			   "aws_access_key_id=AKIAOTHER\r\n"
			   "aws_secret_access_key = x\r\n"
			   " aws_session_token = t \r\n"
			   "; aws_session_token = commented\n"
			   "[half]\n"
			   "aws_access_key_id = AKIAHALF\n"
			   "[empty]\n";

TEST(profiles_of_a_file)
{
	_cleanup_creds_ struct aws_creds c = { 0 }, d = { 0 };
	bool found;

	CHECK_OK(aws_creds_read_profile("f", file, "default", &c, &found));
	CHECK(found);
	CHECK_STR(c.access_key_id, "AKIADEFAULT");
	CHECK_STR(c.secret_access_key, "a+b/c==");
	CHECK(!c.session_token);
	CHECK_STR(c.source, "file");
	CHECK_OK(aws_creds_read_profile("f", file, "other", &d, &found));
	CHECK(found);
	CHECK_STR(d.access_key_id, "AKIAOTHER");
	CHECK_STR(d.session_token, "t");
}

TEST(profiles_that_are_not_there_or_half)
{
	struct aws_creds c = { 0 };
	bool found = true;

	CHECK_OK(aws_creds_read_profile("f", file, "nobody", &c, &found));
	CHECK(!found);
	CHECK_OK(aws_creds_read_profile("f", file, "empty", &c, &found));
	CHECK(!found);
	CHECK_FAULT(aws_creds_read_profile("f", file, "half", &c, &found), "creds.invalid");
	aws_creds_done(&c);
}

TEST(documents_there_and_back)
{
	_cleanup_creds_ struct aws_creds c = { 0 }, back = { 0 }, copy = { 0 };
	_cleanup_doc_ struct doc *d = NULL, *again = NULL, *answer = NULL;
	static const char text[] =
		"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\",\"Token\":\"T\","
		"\"Expiration\":\"2026-01-01T00:00:00Z\"}";

	CHECK_OK(json_parse("t", text, strlen(text), 0, &answer));
	CHECK_OK(aws_creds_decode_endpoint("t", answer, &c));
	d = aws_creds_encode(&c);
	CHECK_OK(aws_creds_decode("t", d, &back));
	aws_creds_copy(&back, &copy);
	again = aws_creds_encode(&copy);
	CHECK(doc_equal(d, again));
	CHECK_STR(copy.expiration, "2026-01-01T00:00:00Z");
}

TEST(keys_that_would_split_a_header)
{
	_cleanup_doc_ struct doc *d = doc_object();
	struct aws_creds c = { 0 };

	doc_set_string(d, "accessKeyId", "A");
	doc_set_string(d, "secretAccessKey", "S");
	doc_set_string(d, "sessionToken", "T\r\nx-evil: 1");
	CHECK_FAULT(aws_creds_decode("t", d, &c), "creds.invalid");
	aws_creds_done(&c);
}

TEST(descriptions_have_no_secret)
{
	struct aws_creds c = { .access_key_id = (char *)"AKIA", .secret_access_key = (char *)"sss",
			       .session_token = (char *)"ttt", .source = (char *)"imds" };
	_cleanup_free_ char *s = aws_creds_describe(&c);

	CHECK_STR(s, "access key AKIA (imds)");
}

static void clean(void)
{
	static const char *const names[] = {
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
		"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unsetenv(names[i]);
	setenv("HOME", test_dir(), 1);
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
}

static struct fault *look(struct http *h, struct aws_creds *c)
{
	return aws_creds_find(h, 0, clock_boottime_ms() + 2000, c);
}

TEST(the_order_of_sources)
{
	_cleanup_http_ struct http *h = http_new();
	_cleanup_creds_ struct aws_creds c = { 0 }, none = { 0 };

	clean();
	CHECK_FAULT(look(h, &none), "creds.none");
	setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials", 1);
	CHECK_FAULT(look(h, &none), "creds.unreadable");
	setenv("AWS_ACCESS_KEY_ID", "AKIAENV", 1);
	CHECK_FAULT(look(h, &none), "creds.invalid");
	aws_creds_done(&none);
	setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
	CHECK_OK(look(h, &c));
	CHECK_STR(c.access_key_id, "AKIAENV");
	CHECK_STR(c.source, "environment");
}

TEST(container_addresses_that_are_not_trusted)
{
	static const char *const bad[] = { "http://10.0.0.1/x", "http://127.0.0.1.evil.example/x",
					   "ftp://127.0.0.1/", "http://localhostess/" };
	_cleanup_http_ struct http *h = http_new();
	struct aws_creds c = { 0 };

	clean();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", bad[i], 1);
		CHECK_FAULT(look(h, &c), "creds.invalid");
	}
	clean();
}

TEST_MAIN
