/* SPDX-License-Identifier: Apache-2.0 */
/* No secret leaves the machine; what is none stays readable. All secrets here are made up. */
#include "lib/doc/redact.h"

#include "tests/unit/test.h"

#define SECRET_KEY "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

static void check(struct redactor *r, const char *text, const char *want)
{
	_cleanup_free_ char *got = redact(r, text);

	CHECK_STR(got, want);
}

TEST(what_a_secret_looks_like)
{
	static const char *const rows[][2] = {
		{ "key " SECRET_KEY " here", "key [redacted] here" },
		{ "as access key AKIAIOSFODNN7EXAMPLE of role R",
		  "as access key [redacted] of role R" },
		{ "ASIAIOSFODNN7EXAMPLE", "[redacted]" },
		{ "token k8s-aws-v1.aHR0cHM6Ly9zdHM-_x end", "token [redacted] end" },
		{ "curl -H 'Authorization: Basic dXNlcjpwYXNz' x",
		  "curl -H 'Authorization: [redacted]" },
		{ "authorization=AWS4-HMAC-SHA256 Credential=a/b, Signature=c\nnext",
		  "authorization=[redacted]\nnext" },
		{ "sent Bearer abcdefgh.ijk-123 there", "sent Bearer [redacted] there" },
		{ "git clone https://me:hunter2@example.com/x",
		  "git clone https://me:[redacted]@example.com/x" },
		{ "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJl ok", "[redacted] ok" },
		{ "DB_PASSWORD=hunter2 ./run", "DB_PASSWORD=[redacted] ./run" },
		{ "+ export HF_TOKEN='a b c'", "+ export HF_TOKEN=[redacted]" },
		{ "{\"SecretAccessKey\": \"x\", \"n\": 1}",
		  "{\"SecretAccessKey\": [redacted], \"n\": 1}" },
		{ "{'client_secret':'x'}", "{'client_secret':[redacted]}" },
		{ "password: hunter2", "password: [redacted]" },
		{ "mysql --password hunter2 --host h", "mysql --password [redacted] --host h" },
		{ "https://s3/x?X-Amz-Signature=0f&X-Amz-Security-Token=Ab&a=1",
		  "https://s3/x?X-Amz-Signature=[redacted]&X-Amz-Security-Token=[redacted]&a=1" },
		{ "aws_session_token=Ab aws_secret_access_key = Cd",
		  "aws_session_token=[redacted] aws_secret_access_key = [redacted]" },
	};
	_cleanup_redactor_ struct redactor *r = redactor_new();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(r, rows[i][0], rows[i][1]);
}

TEST(what_is_none_stays)
{
	static const char *const rows[] = {
		"",
		"script on_create.sh ended with exit code 3",
		"sha256-ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"arn:aws:eks:us-west-2:111122223333:cluster/my-cluster",
		"i-0123456789abcdef0 m7i.large 4c4c4544-0042-3510-8052-b4c04f4e3632",
		"cannot get AWS credentials: none in the environment",
		"NCCL_DEBUG=INFO LD_LIBRARY_PATH=/opt/amazon/efa/lib64:/usr/local/cuda/lib64",
		"GetObject s3://bucket/lifecycle/on_create.sh in us-west-2: HTTP 404 NoSuchKey",
		"/usr/lib/x86_64-linux-gnu/systemd/system-environment-generators",
		"-----BEGIN CERTIFICATE-----",
	};
	_cleanup_redactor_ struct redactor *r = redactor_new();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(r, rows[i], rows[i]);
}

TEST(values_that_are_known_go_wherever_they_are_the_longest_first)
{
	_cleanup_redactor_ struct redactor *r = redactor_new();
	_cleanup_doc_ struct doc *env = doc_object();

	doc_set_string(env, "A", "plum");
	doc_set_string(env, "B", "plumtree");
	doc_set_string(env, "C", "abc");
	doc_set_int(env, "D", 7);
	redactor_add_map(r, env);
	redactor_add_map(r, NULL);
	redactor_add(r, NULL);
	check(r, "a plum, a plumtree, plumtrees; abc",
	      "a [redacted], a [redacted], [redacted]s; abc");
}

TEST(a_private_key_goes_line_by_line)
{
	static const char *const lines[][2] = {
		{ "it is -----BEGIN RSA PRIVATE KEY-----", "it is [redacted]" },
		{ "c2hvcnQ=", "" },
		{ "x -----END CERTIFICATE----- y", "" },
		{ "-----END RSA PRIVATE KEY----- and on", " and on" },
		{ "plain", "plain" },
		{ "-----BEGIN PRIVATE KEY-----\nc2g=\n-----END PRIVATE KEY-----\nafter",
		  "[redacted]\nafter" },
	};
	_cleanup_redactor_ struct redactor *r = redactor_new();

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		check(r, lines[i][0], lines[i][1]);
	check(r, "-----BEGIN PRIVATE KEY-----", "[redacted]");
	for (int i = 0; i < 119; i++)
		check(r, "its END is lost", "");
	check(r, "yet not all is", "yet not all is");
}

TEST(a_tree_is_redacted_in_place)
{
	static const char text[] = "{\"a\":[\"x " SECRET_KEY "\",5,{\"b\":\"PASSWORD=z\"}],"
				   "\"c\":\"-----BEGIN PRIVATE KEY-----\",\"d\":\"fine\"}";
	_cleanup_redactor_ struct redactor *r = redactor_new();
	_cleanup_doc_ struct doc *d = NULL;
	_cleanup_free_ char *out = NULL;

	CHECK_OK(json_parse("tree", text, strlen(text), 0, &d));
	redact_doc(r, d);
	out = doc_to_string(d, DOC_COMPACT);
	CHECK_STR(out, "{\"a\":[\"x [redacted]\",5,{\"b\":\"PASSWORD=[redacted]\"}],"
		       "\"c\":\"[redacted]\",\"d\":\"fine\"}");
}

TEST_MAIN
