/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/find.h"

#include <string.h>

#include "lib/aws/imds.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"

#define FILE_MAX (64 * 1024)
#define ANSWER_MAX (64 * 1024)
#define ROLE_WAIT_MS 10000 /* a role that was just attached */
#define ROLES "/latest/meta-data/iam/security-credentials/"

struct chain {
	struct http *http;
	uint64_t wait_ms, deadline_ms;
	struct aws_creds *ret;
	bool found;
};

static const char *env(const char *name)
{
	const char *v = getenv(name);

	return v && v[0] ? v : NULL;
}

static struct fault *from_environment(struct chain *c)
{
	_cleanup_doc_ struct doc *d = doc_object();

	if (!env("AWS_ACCESS_KEY_ID") && !env("AWS_SECRET_ACCESS_KEY"))
		return NULL;
	doc_set_string(d, "accessKeyId", env("AWS_ACCESS_KEY_ID"));
	doc_set_string(d, "secretAccessKey", env("AWS_SECRET_ACCESS_KEY"));
	doc_set_string(d, "sessionToken", env("AWS_SESSION_TOKEN"));
	doc_set_string(d, "source", "environment");
	c->found = true;
	return aws_creds_decode("environment", d, c->ret);
}

char *aws_creds_file(void)
{
	const char *file = env("AWS_SHARED_CREDENTIALS_FILE"), *home = env("HOME");

	if (file)
		return xstrdup(file);
	return home ? xasprintf("%s/.aws/credentials", home) : NULL;
}

static struct fault *from_file(struct chain *c)
{
	_cleanup_secret_buf_ struct buf text = BUF_INIT;
	_cleanup_free_ char *path = aws_creds_file();
	const char *profile = env("AWS_PROFILE");
	int r = path ? file_read_raw(path, FILE_MAX, &text) : -ENOENT;

	if (r < 0 && env("AWS_SHARED_CREDENTIALS_FILE"))
		return fault_errno("creds.unreadable", r, "cannot read %s", path);
	if (r < 0)
		return NULL;
	return aws_creds_read_profile(path, buf_str(&text), profile ? profile : "default", c->ret,
				      &c->found);
}

/* The SDKs' rule: plain http only where nobody can listen in. */
static bool is_trusted_container_url(const char *url)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost", "[::1]", "169.254.170.2",
					     "169.254.170.23", "[fd00:ec2::23]" };

	if (str_startswith(url, "https://"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(hosts) && str_startswith(url, "http://"); i++)
		if (str_startswith(url + 7, hosts[i]) && strchr(":/", url[7 + strlen(hosts[i])]))
			return true;
	return false;
}

static struct fault *container_token(char **ret)
{
	const char *file = env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *token = env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
	int r;

	*ret = file ? NULL : xstrdup(token);
	r = file ? file_read_line(file, ret) : 0;
	if (r < 0)
		return fault_errno("creds.unreadable", r, "cannot read %s", file);
	return NULL;
}

static struct fault *parse_answer(struct chain *c, const char *source, const struct buf *text)
{
	_cleanup_doc_ struct doc *d = NULL;
	const char *code;
	struct fault *f = json_parse(source, buf_str(text), text->len, 0, &d);

	if (f)
		return fault_as(f, "creds.invalid");
	code = doc_str(d, "Code");
	if (code && !streq(code, "Success"))
		return fault_new("creds.invalid", "%s answers with code %s: %s", source, code,
				 doc_str(d, "Message") ? doc_str(d, "Message") : "");
	c->found = true;
	return aws_creds_decode_endpoint(source, d, c->ret);
}

struct container {
	const char *url;
	char *headers[2];
};

static struct fault *build_container(void *arg, struct http_request *r)
{
	struct container *k = arg;

	r->url = k->url;
	r->headers = k->headers;
	r->no_proxy = true;
	r->max_body = ANSWER_MAX;
	return NULL;
}

static struct fault *from_container(struct chain *c)
{
	const char *relative = env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	_cleanup_response_ struct http_response r = { 0 };
	_cleanup_free_ char *url = NULL, *token = NULL, *header = NULL;
	struct container k = { 0 };

	if (!relative && !full)
		return NULL;
	url = relative ? xasprintf("http://169.254.170.2%s", relative) : xstrdup(full);
	if (!is_trusted_container_url(url))
		return fault_new("creds.invalid", "%s is neither https nor a container endpoint",
				 url);
	TRY(container_token(&token));
	header = token ? xasprintf("Authorization: %s", token) : NULL;
	k = (struct container){ .url = url, .headers = { header, NULL } };
	TRY(http_repeat(c->http, &(struct http_repeat){ .build = build_container, .arg = &k,
							.deadline_ms = c->deadline_ms,
							.wait_ms = c->wait_ms }, &r));
	if (r.status != 200)
		return fault_new("creds.invalid", "%s answers with HTTP %d", url, r.status);
	TRY(parse_answer(c, url, &r.body));
	c->ret->source = xstrdup("container");
	return NULL;
}

static struct fault *find_role(struct chain *c, struct imds *i, char **ret)
{
	uint64_t until = clock_boottime_ms() + MIN(c->wait_ms, (uint64_t)ROLE_WAIT_MS);

	for (;;) {
		TRY(imds_line(i, ROLES, ret));
		if (*ret || clock_boottime_ms() + 1000 > MIN(until, c->deadline_ms))
			return NULL;
		clock_sleep_ms(1000);
	}
}

/* Its characters as IAM has them: it becomes part of a path.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html */
static struct fault *check_role(const char *role)
{
	size_t n = strspn(role, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				"_+=,.@-");

	if (!role[n] && n <= 128)
		return NULL;
	return fault_new("creds.invalid", "IMDS names a role that none can be named");
}

static struct fault *from_imds(struct chain *c)
{
	_cleanup_secret_buf_ struct buf answer = BUF_INIT;
	_cleanup_free_ char *role = NULL, *path = NULL;
	_cleanup_imds_ struct imds i = { 0 };
	struct fault *f = imds_open(c->http, c->wait_ms, c->deadline_ms, &i);
	bool found;

	if (fault_is(f, "imds.disabled")) {
		fault_free(f);
		return NULL;
	}
	TRY(f);
	TRY(find_role(c, &i, &role));
	if (!role)
		return NULL;
	TRY(check_role(role));
	path = xasprintf(ROLES "%s", role);
	TRY(imds_get(&i, path, ANSWER_MAX, &answer, &found));
	if (!found)
		return NULL;
	TRY(fault_wrap(parse_answer(c, "IMDS", &answer), "role %s", role));
	c->ret->source = xstrdup("imds");
	c->ret->role = TAKE_PTR(role);
	return NULL;
}

struct fault *aws_creds_find(struct http *h, uint64_t wait_ms, uint64_t deadline_ms,
			     struct aws_creds *ret)
{
	static struct fault *(*const sources[])(struct chain *) = { from_environment, from_file,
								    from_container, from_imds };
	struct chain c = { .http = h, .wait_ms = wait_ms, .deadline_ms = deadline_ms, .ret = ret };

	for (size_t i = 0; i < ARRAY_SIZE(sources) && !c.found; i++)
		TRY(fault_wrap(sources[i](&c), "cannot get AWS credentials"));
	if (!c.found)
		return fault_new("creds.none", "no AWS credentials: none in the environment, no "
				 "credentials file, no container endpoint, and the instance has "
				 "no role");
	return NULL;
}
