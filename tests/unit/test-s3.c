/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/s3-internal.h"

#include "lib/aws/endpoint.h"
#include "lib/aws/xml.h"
#include "tests/unit/test.h"

static struct fault *note(void *arg, const char *path, const char *text)
{
	buf_addf(arg, "%s=%s|", path, text);
	return NULL;
}

static struct fault *scan(const char *xml, struct buf *out)
{
	return xml_scan(xml, strlen(xml), note, out);
}

TEST(xml_elements_text_and_entities)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	CHECK_OK(scan("<?xml version=\"1.0\"?>\n<A x=\"a>b\"><B>1 &lt; 2 &amp; &#x41;&#228;</B>"
		      "<C/><B></B ></A>\n", &out));
	CHECK_STR(buf_str(&out), "A/B=1 < 2 & A\xc3\xa4|A/C=|A/B=|A=|");
}

TEST(xml_that_is_refused)
{
	static const char *const bad[] = {
		"", "text", "<A>", "<A></B>", "</A>", "<A></A><B></B>", "<A>&unknown;</A>",
		"<A>&#0;</A>", "<A>&#xD800;</A>", "<A>&#x110000;</A>", "<A>& </A>", "<A",
		"<!DOCTYPE a [<!ENTITY b \"c\">]><A>&b;</A>", "<A><![CDATA[x]]></A>", "< A></A>",
		"<1><2><3><4><5><6><7><8><9></9></8></7></6></5></4></3></2></1>",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;

		printf("# %s\n", bad[i]);
		CHECK_FAULT(scan(bad[i], &out), "s3.xml");
	}
}

TEST(every_cut_of_an_answer_is_a_fault_or_fine_never_a_crash)
{
	static const char whole[] = "<Error><Code>NoSuchKey</Code><M>&amp;</M></Error>";

	for (size_t n = 0; n + 1 < sizeof(whole); n++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		_cleanup_free_ char *cut = xmalloc(n ? n : 1);

		memcpy(cut, whole, n);
		CHECK_FAULT(xml_scan(cut, n, note, &out), "s3.xml");
	}
}

static struct aws_creds creds = { .access_key_id = (char *)"AKIDEXAMPLE",
				  .secret_access_key = (char *)"topsecret",
				  .session_token = (char *)"tokensecret",
				  .source = (char *)"imds",
				  .role = (char *)"node" };

static void at(const char *bucket, const char *region, struct s3 *s)
{
	CHECK_OK(s3_open(NULL, &creds, region, bucket, 0, s));
}

static void check_address(const char *bucket, const char *region, const char *key,
			  const char *endpoint, const char *path)
{
	_cleanup_free_ char *e = NULL, *p = NULL;
	_cleanup_s3_ struct s3 s = { 0 };

	at(bucket, region, &s);
	s3_address(&s, key, &e, &p);
	CHECK_STR(e, endpoint);
	CHECK_STR(p, path);
}

TEST(addresses)
{
	unsetenv("AWS_ENDPOINT_URL");
	unsetenv("AWS_ENDPOINT_URL_S3");
	check_address("b-1", "eu-west-1", "x y/z+.sh", "https://b-1.s3.eu-west-1.amazonaws.com",
		      "/x%20y/z%2B.sh");
	check_address("b-1", "cn-north-1", NULL, "https://b-1.s3.cn-north-1.amazonaws.com.cn", "/");
	check_address("b.c", "us-east-1", "k", "https://s3.us-east-1.amazonaws.com", "/b.c/k");
	setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9000/", 1);
	check_address("b-1", "us-east-1", "k", "http://127.0.0.1:9000", "/b-1/k");
	setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9001", 1);
	check_address("b-1", "us-east-1", NULL, "http://127.0.0.1:9001", "/b-1");
	setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
	check_address("b-1", "us-east-1", "", "https://b-1.s3.us-east-1.amazonaws.com", "/");
	unsetenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
}

TEST(names_that_no_bucket_has)
{
	_cleanup_s3_ struct s3 s = { 0 };

	CHECK_FAULT(s3_open(NULL, &creds, "us-east-1", "a/b", 0, &s), "s3.bucket");
	CHECK_FAULT(s3_open(NULL, &creds, "us-east-1", "ab", 0, &s), "s3.bucket");
	CHECK_FAULT(s3_open(NULL, &creds, "us east", "abc", 0, &s), "aws.region");
}

TEST(what_refusals_mean)
{
	static const struct {
		int status;
		const char *code, *id;
	} rows[] = {
		{ 404, "NoSuchBucket", "s3.no_bucket" },
		{ 404, "NoSuchKey", "s3.not_found" },
		{ 404, "Whatever", "s3.not_found" },
		{ 403, "AccessDenied", "s3.forbidden" },
		{ 403, "SignatureDoesNotMatch", "s3.bad_signature" },
		{ 403, "InvalidAccessKeyId", "s3.bad_credentials" },
		{ 400, "ExpiredToken", "creds.expired" },
		{ 403, "RequestTimeTooSkewed", "s3.clock_skew" },
		{ 503, "SlowDown", "s3.throttled" },
		{ 429, "", "s3.throttled" },
		{ 412, "PreconditionFailed", "s3.changed" },
		{ 500, "InternalError", "s3.unavailable" },
		{ 400, "Odd", "s3.refused" },
	};
	_cleanup_s3_ struct s3 s = { 0 };
	char *headers[] = { (char *)"date: Tue, 24 Nov 2026 07:00:00 GMT", NULL };

	at("abc", "us-east-1", &s);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf body = BUF_INIT;
		_cleanup_fault_ struct fault *f = NULL;

		buf_addf(&body, "<Error><Code>%s</Code><Message>m\x1b</Message></Error>",
			 rows[i].code);
		f = s3_refusal(&s, "GetObject s3://abc/k", rows[i].status, headers, &body);
		CHECK_STR(f->id, rows[i].id);
		CHECK(strstr(f->message, "AKIDEXAMPLE of role node (imds)"));
		CHECK(!strstr(f->message, "secret") && !strchr(f->message, '\x1b'));
		CHECK(!!strstr(f->message, "07:00:00") == streq(rows[i].id, "s3.clock_skew"));
	}
}

TEST(a_bucket_elsewhere_is_followed_once)
{
	char *headers[] = { (char *)"x-amz-bucket-region: eu-west-1", NULL }, *none[] = { NULL };
	_cleanup_buf_ struct buf xml = BUF_INIT, empty = BUF_INIT;
	_cleanup_s3_ struct s3 a = { 0 }, b = { 0 }, c = { 0 };

	at("abc", "us-east-1", &a);
	at("abc", "us-east-1", &b);
	at("abc", "us-east-1", &c);
	CHECK(s3_moved(&a, 301, headers, &empty));
	CHECK_STR(a.region, "eu-west-1");
	CHECK(!s3_moved(&a, 301, headers, &empty));
	buf_adds(&xml, "<Error><Code>AuthorizationHeaderMalformed</Code>"
		       "<Region>eu-central-1</Region></Error>");
	CHECK(s3_moved(&b, 400, none, &xml));
	CHECK_STR(b.region, "eu-central-1");
	headers[0] = (char *)"x-amz-bucket-region: evil.example/";
	CHECK(!s3_moved(&c, 301, headers, &empty));
	CHECK(!s3_moved(&c, 403, headers, &empty));
	CHECK_STR(c.region, "us-east-1");
}

TEST_MAIN
