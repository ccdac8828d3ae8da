/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/net/bundle-source.h"

#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/parse.h"
#include "lib/net/words.h"

#define SOURCE_MAX 1024 /* SourceS3Uri of HyperPod */

static const char *const archives[] = { ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".zip" };

void bundle_source_done(struct bundle_source *s)
{
	free(s->bucket);
	free(s->key);
	free(s->region);
	*s = (struct bundle_source){ 0 };
}

static struct fault *bad(const char *source, const char *why)
{
	_cleanup_free_ char *words = words_clean(source, strlen(source), 300);

	return fault_new("bundle.source", "\"%s\": %s", words, why);
}

static bool percent_decode(const char *s, struct buf *out)
{
	uint64_t c;

	for (; *s; s++) {
		char hex[3] = { 0 };

		if (*s != '%') {
			buf_addc(out, *s);
			continue;
		}
		memcpy(hex, s + 1, strnlen(s + 1, 2));
		if (strlen(hex) != 2 || strspn(hex, "0123456789abcdefABCDEF") != 2 ||
		    parse_hex(hex, &c) < 0 || c == 0)
			return false;
		buf_addc(out, (char)c);
		s += 2;
	}
	return true;
}

/* "BUCKET/KEY" or "BUCKET". */
static void split(const char *text, struct bundle_source *ret)
{
	size_t n = strcspn(text, "/");

	ret->bucket = xstrndup(text, n);
	ret->key = xstrdup(text[n] ? text + n + 1 : "");
}

/* "s3", "s3.REGION", "s3-REGION", "s3.dualstack.REGION"; *ret_region is owned, or NULL. */
static bool is_service(const char *host, char **ret_region)
{
	if (!str_startswith(host, "s3"))
		return false;
	host += 2;
	if (!*host)
		return true;
	if (*host != '.' && *host != '-')
		return false;
	host++;
	if (str_startswith(host, "dualstack."))
		host += strlen("dualstack.");
	if (!*host || strchr(host, '.'))
		return false;
	*ret_region = xstrdup(host);
	return true;
}

/* The service begins after the last ".s3" that fits: buckets may have dots. */
static const char *find_service(const char *host, char **ret_region)
{
	for (const char *p = host; (p = strstr(p, ".s3")); p++)
		if (is_service(p + 1, ret_region))
			return p;
	return NULL;
}

static bool parse_https(const char *rest, struct bundle_source *ret)
{
	_cleanup_free_ char *host = xstrndup(rest, strcspn(rest, "/"));
	_cleanup_buf_ struct buf path = BUF_INIT;
	const char *at, *suffix = strstr(host, ".amazonaws.com");

	rest += strlen(host);
	if (!suffix || strpbrk(rest, "?#") || !percent_decode(*rest ? rest + 1 : "", &path))
		return false;
	if (!streq(suffix, ".amazonaws.com") && !streq(suffix, ".amazonaws.com.cn"))
		return false;
	host[suffix - host] = '\0';
	if (is_service(host, &ret->region)) {
		split(buf_str(&path), ret);
		return true;
	}
	at = find_service(host, &ret->region);
	if (!at)
		return false;
	ret->bucket = xstrndup(host, (size_t)(at - host));
	ret->key = buf_take(&path);
	return true;
}

static bool names_archive(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(archives); i++)
		if (str_endswith(key, archives[i]))
			return true;
	return false;
}

static struct fault *parse(const char *source, struct bundle_source *ret)
{
	if (strlen(source) > SOURCE_MAX || !words_are_clean(source, strlen(source)))
		return bad(source, "too long, or with characters that no S3 URI has");
	if (str_startswith(source, "s3://"))
		split(source + strlen("s3://"), ret);
	else if (!str_startswith(source, "https://"))
		return bad(source, "neither s3://BUCKET/KEY nor https://BUCKET.s3.REGION.…/KEY");
	else if (!parse_https(source + strlen("https://"), ret))
		return bad(source, "no https address of an object or folder in S3");
	if (!ret->bucket[0])
		return bad(source, "it names no bucket");
	if (!words_are_clean(ret->key, strlen(ret->key)))
		return bad(source, "its key is no UTF-8, or has control characters");
	return NULL;
}

struct fault *bundle_source_parse(const char *source, struct bundle_source *ret)
{
	_cleanup_bundle_source_ struct bundle_source s = { 0 };
	size_t n;

	TRY(parse(source, &s));
	n = strlen(s.key);
	s.archive = names_archive(s.key);
	if (!s.archive && n > 0 && s.key[n - 1] != '/') {
		s.key = xrealloc(s.key, n + 2);
		memcpy(s.key + n, "/", 2);
	}
	*ret = s;
	s = (struct bundle_source){ 0 };
	return NULL;
}
