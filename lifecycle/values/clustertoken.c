/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/values/clustertoken.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/aws/creds.h"
#include "lib/aws/ekstoken.h"
#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/path.h"
#include "lib/net/call.h"
#include "lib/net/operations.h"

#define CACHE_MAX     16384
#define CREDS_LEFT_MS (5 * 60 * 1000ull) /* credentials with less life are fetched again */
#define TOKEN_LEFT_MS (2 * 60 * 1000ull) /* and a token with less is made again */

void cluster_token_done(struct cluster_token *t)
{
	if (t->token)
		explicit_bzero(t->token, strlen(t->token));
	free(t->token);
	*t = (struct cluster_token){ 0 };
}

static bool is_ours(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & 077);
}

static struct doc *cache_read(const char *path)
{
	_cleanup_secret_buf_ struct buf text = BUF_INIT;
	_cleanup_fault_ struct fault *f = NULL;
	struct doc *d = NULL;
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0 || !is_ours(fd) || fd_read_all(fd, &text, CACHE_MAX) < 0)
		return NULL;
	f = json_parse(path, buf_str(&text), text.len, CACHE_MAX, &d);
	return f ? NULL : d;
}

static void cache_write(const char *path, const struct doc *d)
{
	_cleanup_secret_buf_ struct buf text = BUF_INIT;

	doc_write(d, DOC_COMPACT, &text);
	fault_free(file_write_volatile(path, text.data, text.len, 0600));
}

/* RFC 3339 in UTC, as the AWS APIs write it; 0 when it is not. */
static uint64_t time_of(const char *text)
{
	struct tm tm = { 0 };
	const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	time_t t;

	if (!end || (*end != 'Z' && *end != '.' && *end != '+'))
		return 0;
	t = timegm(&tm);
	return t > 0 ? (uint64_t)t * 1000 : 0;
}

/* Until when credentials are good; those without an expiration are good for ever. */
static uint64_t creds_until(const struct aws_creds *c)
{
	return c->expiration ? time_of(c->expiration) : UINT64_MAX;
}

static bool creds_from_environment(struct aws_creds *ret)
{
	const char *id = getenv("AWS_ACCESS_KEY_ID"), *secret = getenv("AWS_SECRET_ACCESS_KEY");
	const char *session = getenv("AWS_SESSION_TOKEN");

	if (!id || !*id || !secret || !*secret)
		return false;
	*ret = (struct aws_creds){ .access_key_id = xstrdup(id),
				   .secret_access_key = xstrdup(secret),
				   .session_token = session && *session ? xstrdup(session) : NULL,
				   .source = xstrdup("environment") };
	return true;
}

static bool creds_from_cache(const char *path, struct aws_creds *ret)
{
	_cleanup_doc_ struct doc *d = cache_read(path);
	_cleanup_creds_ struct aws_creds c = { 0 };
	_cleanup_fault_ struct fault *f = d ? aws_creds_decode(path, d, &c) : NULL;

	if (!d || f || !c.expiration || creds_until(&c) < clock_realtime_ms() + CREDS_LEFT_MS)
		return false;
	*ret = c;
	c = (struct aws_creds){ 0 };
	return true;
}

static struct fault *creds_get(const char *run_dir, bool fresh, uint64_t deadline_ms,
			       struct aws_creds *ret)
{
	_cleanup_free_ char *path = path_join(run_dir, "credentials.json");
	_cleanup_doc_ struct doc *answer = NULL;

	if (creds_from_environment(ret) || (!fresh && creds_from_cache(path, ret)))
		return NULL;
	TRY(net_call(NET_CREDENTIALS, NULL, deadline_ms, NULL, &answer));
	TRY(aws_creds_decode("credentials", answer, ret));
	if (ret->expiration)
		cache_write(path, answer);
	return NULL;
}

/* Names that EKS allows; they become part of a file name. */
static bool name_is_sound(const char *s)
{
	size_t n = s ? strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				 "0123456789-_")
		     : 0;

	return n > 0 && n <= 100 && !s[n];
}

static bool token_from_cache(const char *path, const char *region, struct cluster_token *ret)
{
	_cleanup_doc_ struct doc *d = cache_read(path);
	const char *token = d ? doc_str(d, "token") : NULL;
	int64_t until = d ? doc_integer(d, "expires", 0) : 0;

	if (!token || !streq(doc_str(d, "region"), region) || until <= 0 ||
	    (uint64_t)until < clock_realtime_ms() + TOKEN_LEFT_MS)
		return false;
	*ret = (struct cluster_token){ xstrdup(token), (uint64_t)until, true };
	return true;
}

static void token_to_cache(const char *path, const char *region, const struct cluster_token *t)
{
	_cleanup_doc_ struct doc *d = doc_object();

	doc_set_string(d, "token", t->token);
	doc_set_string(d, "region", region);
	doc_set_int(d, "expires", (int64_t)t->expires_ms);
	cache_write(path, d);
}

struct fault *cluster_token_get(const char *run_dir, const char *cluster, const char *region,
				bool fresh, uint64_t deadline_ms, struct cluster_token *ret)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_creds_ struct aws_creds creds = { 0 };
	uint64_t now = clock_realtime_ms();

	if (!name_is_sound(cluster) || !name_is_sound(region))
		return fault_new("token.cluster",
				 "\"%s\" in region \"%s\" cannot be an EKS cluster",
				 cluster ? cluster : "", region ? region : "");
	path = xasprintf("%s/token-%s.json", run_dir, cluster);
	if (!fresh && !getenv("AWS_ACCESS_KEY_ID") && token_from_cache(path, region, ret))
		return NULL;
	TRY(creds_get(run_dir, fresh, deadline_ms, &creds));
	TRY(ekstoken_make(&creds, region, cluster, now, &ret->token));
	ret->expires_ms = MIN(now + EKSTOKEN_LIFE_MS, creds_until(&creds));
	ret->cached = false;
	if (!streq(creds.source, "environment"))
		token_to_cache(path, region, ret);
	return NULL;
}
