/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of the Query protocol as they are built, and what refusals mean. Answers of real
 * services are tests/real/test-last-words.sh's. */
#include "lib/aws/query.h"

#include "lib/aws/request.h"
#include "lib/base/clock.h"
#include "tests/unit/test.h"

static const struct query_service service = { "ec2", "EC2", "2016-11-15" };
static struct aws_creds creds = { .access_key_id = (char *)"AKIDEXAMPLE",
				  .secret_access_key = (char *)"topsecret",
				  .session_token = (char *)"tokensecret",
				  .source = (char *)"imds",
				  .role = (char *)"node" };

TEST(a_form_is_encoded_and_leaves_out_what_has_no_value)
{
	const struct sigv4_pair pairs[] = { { "ResourceId.1", "i-1" },
					    { "Tag.1.Key", "a b&c=d" },
					    { "Nothing", NULL },
					    { "Tag.1.Value", "\xc3\xa4+/~" } };
	_cleanup_free_ char *form = query_form(&service, "CreateTags", pairs, ARRAY_SIZE(pairs));

	CHECK_STR(form, "Action=CreateTags&Version=2016-11-15&ResourceId.1=i-1"
			"&Tag.1.Key=a+b%26c%3Dd&Tag.1.Value=%C3%A4%2B%2F~");
}

static bool has_line(char *const *lines, const char *start, const char *part)
{
	for (; lines && *lines; lines++)
		if (str_startswith(*lines, start) && strstr(*lines, part))
			return true;
	return false;
}

TEST(a_body_is_sent_with_its_method_and_signed)
{
	static const struct sigv4_pair headers[] = { { "Content-Type", "text/x" } };
	struct aws_request a = { .creds = &creds, .region = "us-west-2", .service = "s3",
				 .method = "PUT", .endpoint = "http://127.0.0.1:9", .path = "/b/k",
				 .headers = headers, .n_headers = 1, .body = "abc", .body_len = 3,
				 .s3 = true };
	struct http_request r = { 0 };

	CHECK_OK(aws_request_build(&a, &r));
	CHECK_STR(r.method, "PUT");
	CHECK(r.body == a.body && r.body_len == 3);
	CHECK(has_line(r.headers, "Content-Type: ", "text/x"));
	CHECK(has_line(r.headers, "authorization: ", "SignedHeaders=content-type;host;"));
	/* SHA-256 of "abc", FIPS 180-2, appendix B.1 */
	CHECK(has_line(r.headers, "x-amz-content-sha256: ",
		       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	aws_request_done(&a);
}

TEST(refusals_of_both_shapes_have_a_meaning_and_no_secret)
{
	static const struct {
		int status;
		const char *body, *id, *words;
	} rows[] = {
		{ 403,
		  "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You may "
		  "not</Message></Error></Errors><RequestID>1</RequestID></Response>",
		  "aws.forbidden", "HTTP 403 UnauthorizedOperation: You may not" },
		{ 403,
		  "<ErrorResponse xmlns=\"http://x/\"><Error><Type>Sender</Type><Code>AccessDenied"
		  "</Code><Message>m\x1b</Message></Error></ErrorResponse>",
		  "aws.forbidden", "HTTP 403 AccessDenied: m?" },
		{ 403, "<html>proxy", "aws.forbidden", "HTTP 403, as" },
		{ 403,
		  "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code></Error>"
		  "</ErrorResponse>",
		  "aws.bad_credentials", "SignatureDoesNotMatch" },
		{ 400, "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>",
		  "aws.throttled", "HTTP 400 Throttling" },
		{ 503,
		  "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors>"
		  "</Response>",
		  "aws.throttled", "RequestLimitExceeded" },
		{ 500, "", "aws.unavailable", "HTTP 500" },
		{ 400,
		  "<ErrorResponse><Error><Code>ValidationError</Code><Message>no group"
		  "</Message></Error></ErrorResponse>",
		  "aws.refused", "ValidationError: no group" },
	};
	const struct query q = { .creds = &creds, .region = "us-west-2" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_fault_ struct fault *f = NULL;
		struct http_response r = { .status = rows[i].status };

		buf_adds(&r.body, rows[i].body);
		f = query_refusal(&q, &service, "CreateTags", &r);
		http_response_done(&r);
		CHECK_STR(f->id, rows[i].id);
		CHECK_MSG(strstr(f->message, rows[i].words), "%s", f->message);
		CHECK(str_startswith(f->message, "ec2:CreateTags in us-west-2: "));
		CHECK(strstr(f->message, "AKIDEXAMPLE of role node (imds)"));
		CHECK(!strstr(f->message, "secret") && !strchr(f->message, '\x1b'));
	}
}

TEST(no_request_leaves_for_a_region_that_is_none)
{
	const struct query q = { .creds = &creds, .region = "evil.example/",
				 .deadline_ms = clock_boottime_ms() };

	CHECK_FAULT(query_do(&q, &service, "CreateTags", NULL, 0), "aws.region");
}

TEST_MAIN
