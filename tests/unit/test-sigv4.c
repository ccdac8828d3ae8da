/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/sigv4.h"

#include "lib/aws/ekstoken.h"
#include "lib/base/hash.h"
#include "lib/base/strv.h"
#include "tests/unit/test.h"

#define AT_2015_08_30 1440938160000ull /* 2015-08-30T12:36:00Z */

struct vector {
	struct aws_creds creds;
	struct sigv4 s;
	struct sigv4_pair query[8], headers[12];
	char hash[SHA256_HEX];
};

static struct doc *vectors(void)
{
	_cleanup_free_ char *path = NULL;
	const char *dir = getenv("srcdir");
	struct doc *d = NULL;

	path = xasprintf("%s/tests/data/sigv4/vectors.json", dir ? dir : ".");
	CHECK_OK(doc_read_file(path, 0, &d));
	return d;
}

static void read_pairs(const struct doc *list, struct sigv4_pair *out, size_t *n)
{
	for (size_t i = 0; i < list->n_items; i++)
		out[(*n)++] = (struct sigv4_pair){ list->items[i]->items[0]->string,
						   list->items[i]->items[1]->string };
}

static void read_vector(const struct doc *all, const struct doc *c, enum sigv4_form form,
			struct vector *v)
{
	struct sigv4 *s = &v->s;
	size_t host = 0;

	memset(v, 0, sizeof(*v));
	v->creds.access_key_id = (char *)doc_str(all, "accessKeyId");
	v->creds.secret_access_key = (char *)doc_str(all, "secretAccessKey");
	if (!doc_boolean(c, "omitToken", false))
		v->creds.session_token = (char *)doc_str(c, "token");
	*s = (struct sigv4){ .creds = &v->creds, .region = doc_str(all, "region"),
			     .service = doc_str(all, "service"), .time_ms = AT_2015_08_30,
			     .method = doc_str(c, "method"), .path = doc_str(c, "path"),
			     .query = v->query, .headers = v->headers, .body = doc_str(c, "body"),
			     .body_len = strlen(doc_str(c, "body")),
			     .keep_path = !doc_boolean(c, "normalize", true),
			     .expires_s = (unsigned)doc_integer(c, "expires", 0) };
	read_pairs(doc_get(c, "query"), v->query, &s->n_query);
	read_pairs(doc_get(c, "headers"), v->headers, &s->n_headers);
	while (!streq(v->headers[host].name, "Host"))
		host++;
	s->host = v->headers[host].value;
	s->n_headers--;
	for (size_t i = host; i < s->n_headers; i++)
		v->headers[i] = v->headers[i + 1];
	if (doc_boolean(c, "signBody", false) && form == SIGV4_HEADER) {
		sha256_hex_of(s->body, s->body_len, v->hash);
		v->headers[s->n_headers++] = (struct sigv4_pair){ "X-Amz-Content-Sha256", v->hash };
	}
}

static void check_vector(const struct doc *all, const struct doc *c, enum sigv4_form form)
{
	const struct doc *want = doc_get(c, form == SIGV4_HEADER ? "headerForm" : "queryForm");
	_cleanup_free_ char *canonical = NULL, *to_sign = NULL, *query = NULL;
	_cleanup_strv_ char **headers = NULL;
	struct vector v;
	const char *got;

	read_vector(all, c, form, &v);
	canonical = sigv4_canonical(&v.s, form);
	CHECK_STR(canonical, doc_str(want, "canonical"));
	to_sign = sigv4_string_to_sign(&v.s, form);
	CHECK_STR(to_sign, doc_str(want, "stringToSign"));
	if (form == SIGV4_HEADER) {
		headers = sigv4_headers(&v.s);
		got = headers[strv_len(headers) - 1];
	} else {
		got = query = sigv4_query(&v.s);
	}
	CHECK_MSG(str_endswith(got, doc_str(want, "signature")), "%s: %s does not end in %s",
		  doc_str(c, "name"), got, doc_str(want, "signature"));
}

static void check_all(enum sigv4_form form)
{
	_cleanup_doc_ struct doc *all = vectors();
	const struct doc *cases = doc_get(all, "cases");

	CHECK_INT(cases->n_items, 38);
	for (size_t i = 0; i < cases->n_items; i++) {
		printf("# %s\n", doc_str(cases->items[i], "name"));
		check_vector(all, cases->items[i], form);
	}
}

TEST(published_suite_header_form)
{
	check_all(SIGV4_HEADER);
}

TEST(published_suite_query_form)
{
	check_all(SIGV4_QUERY);
}

/* The GET of the examples in "Authenticating Requests: Using the Authorization Header", Amazon S3
 * API reference. */
TEST(s3_example_of_the_manual)
{
	struct aws_creds creds = {
		.access_key_id = (char *)"AKIAIOSFODNN7EXAMPLE",
		.secret_access_key = (char *)"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
	};
	const struct sigv4_pair range[] = { { "Range", "bytes=0-9" } };
	_cleanup_strv_ char **h = sigv4_headers(&(struct sigv4){
		.creds = &creds, .region = "us-east-1", .service = "s3",
		.time_ms = 1369353600000ull, .method = "GET",
		.host = "examplebucket.s3.amazonaws.com", .path = "/test.txt", .headers = range,
		.n_headers = 1, .s3 = true });

	CHECK_INT(strv_len(h), 3);
	CHECK_STR(h[0], "x-amz-date: 20130524T000000Z");
	CHECK_STR(h[1], "x-amz-content-sha256: "
			"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	CHECK(str_endswith(h[2],
			   "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
}

TEST(query_is_encoded_and_sorted)
{
	const struct sigv4_pair q[] = { { "prefix", "a b/c+d" }, { "list-type", "2" },
					{ "marker", NULL },	 { "prefix", "a b/*" } };
	_cleanup_free_ char *s = sigv4_encode_query(q, 4);

	CHECK_STR(s, "list-type=2&marker=&prefix=a%20b%2F%2A&prefix=a%20b%2Fc%2Bd");
}

TEST(ekstoken_is_a_presigned_sts_url)
{
	struct aws_creds creds = { .access_key_id = (char *)"AKIDEXAMPLE",
				   .secret_access_key = (char *)"secret",
				   .session_token = (char *)"a/b=" };
	_cleanup_free_ char *url = NULL, *token = NULL, *again = NULL;

	CHECK_OK(ekstoken_url(&creds, "us-west-2", "c1", AT_2015_08_30, &url));
	CHECK(str_startswith(url, "https://sts.us-west-2.amazonaws.com/?Action=GetCallerIdentity"
				  "&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256"));
	CHECK(strstr(url, "&X-Amz-Expires=60&X-Amz-Security-Token=a%2Fb%3D"
			  "&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature="));
	CHECK_OK(ekstoken_make(&creds, "us-west-2", "c1", AT_2015_08_30, &token));
	CHECK(str_startswith(token, "k8s-aws-v1.aHR0cHM6Ly9zdHMu"));
	CHECK(!strchr(token, '='));
	CHECK_OK(ekstoken_url(&creds, "cn-north-1", "c1", AT_2015_08_30, &again));
	CHECK(str_startswith(again, "https://sts.cn-north-1.amazonaws.com.cn/?"));
}

TEST(ekstoken_refuses_names_that_are_none)
{
	struct aws_creds creds = { .access_key_id = (char *)"a", .secret_access_key = (char *)"b" };
	char *url;

	CHECK_FAULT(ekstoken_url(&creds, "us-west-2.evil.example/", "c", 0, &url), "aws.region");
	CHECK_FAULT(ekstoken_url(&creds, "us-west-2", "c\r\nx: y", 0, &url), "token.cluster");
	CHECK_FAULT(ekstoken_url(&creds, NULL, "c", 0, &url), "aws.region");
}

TEST_MAIN
