/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/sigv4.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/aws/sigv4-internal.h"
#include "lib/base/hash.h"
#include "lib/base/strv.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define STAMP_MAX 24

static const char *stamp(uint64_t time_ms, char out[STAMP_MAX])
{
	time_t t = (time_t)(time_ms / 1000);
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(out, STAMP_MAX, "%Y%m%dT%H%M%SZ", &tm) == 0)
		out[0] = '\0';
	return out;
}

void sigv4_encode(struct buf *out, const char *s, bool keep_slash)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					 "0123456789-._~";

	for (; *s; s++) {
		if (strchr(unreserved, *s) || (keep_slash && *s == '/'))
			buf_addc(out, *s);
		else
			buf_addf(out, "%%%02X", (unsigned char)*s);
	}
}

static char *scope(const struct sigv4 *s)
{
	char t[STAMP_MAX];

	return xasprintf("%.8s/%s/%s/aws4_request", stamp(s->time_ms, t), s->region, s->service);
}

static void body_hash(const struct sigv4 *s, enum sigv4_form form, char out[SHA256_HEX])
{
	sha256_hex_of(s->body ? s->body : "", s->body ? s->body_len : 0, out);
	if (s->s3 && form == SIGV4_QUERY)
		memcpy(out, "UNSIGNED-PAYLOAD", sizeof("UNSIGNED-PAYLOAD"));
}

static void collect_headers(const struct sigv4 *s, enum sigv4_form form, struct pairs *out)
{
	char t[STAMP_MAX], hash[SHA256_HEX];

	pairs_add_header(out, "host", s->host);
	for (size_t i = 0; i < s->n_headers; i++)
		pairs_add_header(out, s->headers[i].name, s->headers[i].value);
	if (form == SIGV4_HEADER) {
		pairs_add_header(out, "x-amz-date", stamp(s->time_ms, t));
		if (s->creds->session_token)
			pairs_add_header(out, "x-amz-security-token", s->creds->session_token);
		body_hash(s, form, hash);
		if (s->s3)
			pairs_add_header(out, "x-amz-content-sha256", hash);
	}
	pairs_sort(out, false);
}

static char *signed_names(const struct pairs *headers)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < headers->n; i++)
		if (i == 0 || !streq(headers->items[i].name, headers->items[i - 1].name))
			buf_addf(&out, "%s%s", i ? ";" : "", headers->items[i].name);
	return buf_take(&out);
}

static void collect_query(const struct sigv4 *s, enum sigv4_form form, const char *names,
			  struct pairs *out)
{
	_cleanup_free_ char *sc = scope(s);
	_cleanup_free_ char *credential = xasprintf("%s/%s", s->creds->access_key_id, sc);
	char t[STAMP_MAX], expires[16];

	for (size_t i = 0; i < s->n_query; i++)
		pairs_add_query(out, s->query[i].name, s->query[i].value);
	if (form == SIGV4_QUERY) {
		(void)snprintf(expires, sizeof(expires), "%u", s->expires_s);
		pairs_add_query(out, "X-Amz-Algorithm", ALGORITHM);
		pairs_add_query(out, "X-Amz-Credential", credential);
		pairs_add_query(out, "X-Amz-Date", stamp(s->time_ms, t));
		pairs_add_query(out, "X-Amz-Expires", expires);
		pairs_add_query(out, "X-Amz-SignedHeaders", names);
		if (s->creds->session_token)
			pairs_add_query(out, "X-Amz-Security-Token", s->creds->session_token);
	}
	pairs_sort(out, true);
}

/* Headers of one name are one line, their values joined by commas in the order given. */
static void add_headers(struct buf *out, const struct pairs *headers)
{
	for (size_t i = 0; i < headers->n; i++) {
		if (i > 0 && streq(headers->items[i].name, headers->items[i - 1].name))
			buf_addf(out, ",%s", headers->items[i].value);
		else
			buf_addf(out, "%s%s:%s", i ? "\n" : "", headers->items[i].name,
				 headers->items[i].value);
	}
	buf_addc(out, '\n');
}

static void add_path(struct buf *out, const struct sigv4 *s)
{
	const char *path = s->path && s->path[0] ? s->path : "/";
	_cleanup_free_ char *clean = s->s3 || s->keep_path ? xstrdup(path) : sigv4_clean_path(path);

	if (s->s3)
		buf_adds(out, clean);
	else
		sigv4_encode(out, clean, true);
}

char *sigv4_canonical(const struct sigv4 *s, enum sigv4_form form)
{
	_cleanup_pairs_ struct pairs headers = { 0 }, query = { 0 };
	_cleanup_free_ char *names = NULL, *joined = NULL;
	struct buf out = BUF_INIT;
	char hash[SHA256_HEX];

	collect_headers(s, form, &headers);
	names = signed_names(&headers);
	collect_query(s, form, names, &query);
	joined = pairs_join_query(&query);
	body_hash(s, form, hash);
	buf_addf(&out, "%s\n", s->method);
	add_path(&out, s);
	buf_addf(&out, "\n%s\n", joined);
	add_headers(&out, &headers);
	buf_addf(&out, "\n%s\n%s", names, hash);
	return buf_take(&out);
}

char *sigv4_string_to_sign(const struct sigv4 *s, enum sigv4_form form)
{
	_cleanup_free_ char *canonical = sigv4_canonical(s, form), *sc = scope(s);
	char hash[SHA256_HEX], t[STAMP_MAX];

	sha256_hex_of(canonical, strlen(canonical), hash);
	return xasprintf(ALGORITHM "\n%s\n%s\n%s", stamp(s->time_ms, t), sc, hash);
}

static void signing_key(const struct sigv4 *s, uint8_t key[SHA256_SIZE])
{
	_cleanup_secret_buf_ struct buf first = BUF_INIT;
	char t[STAMP_MAX];
	const char *rest[] = { s->region, s->service, "aws4_request" };

	buf_addf(&first, "AWS4%s", s->creds->secret_access_key);
	hmac_sha256(first.data, first.len, stamp(s->time_ms, t), 8, key);
	for (size_t i = 0; i < ARRAY_SIZE(rest); i++) {
		uint8_t next[SHA256_SIZE];

		hmac_sha256(key, SHA256_SIZE, rest[i], strlen(rest[i]), next);
		memcpy(key, next, SHA256_SIZE);
	}
}

static void sign(const struct sigv4 *s, enum sigv4_form form, char out[SHA256_HEX])
{
	_cleanup_free_ char *text = sigv4_string_to_sign(s, form);
	uint8_t key[SHA256_SIZE], mac[SHA256_SIZE];

	signing_key(s, key);
	hmac_sha256(key, sizeof(key), text, strlen(text), mac);
	hex_encode(mac, sizeof(mac), out);
	explicit_bzero(key, sizeof(key));
}

char **sigv4_headers(const struct sigv4 *s)
{
	_cleanup_pairs_ struct pairs headers = { 0 };
	_cleanup_free_ char *names = NULL, *sc = scope(s);
	char t[STAMP_MAX], signature[SHA256_HEX], hash[SHA256_HEX];
	char **ret = NULL;

	collect_headers(s, SIGV4_HEADER, &headers);
	names = signed_names(&headers);
	sign(s, SIGV4_HEADER, signature);
	strv_addf(&ret, "x-amz-date: %s", stamp(s->time_ms, t));
	if (s->creds->session_token)
		strv_addf(&ret, "x-amz-security-token: %s", s->creds->session_token);
	body_hash(s, SIGV4_HEADER, hash);
	if (s->s3)
		strv_addf(&ret, "x-amz-content-sha256: %s", hash);
	strv_addf(&ret, "authorization: %s Credential=%s/%s, SignedHeaders=%s, Signature=%s",
		  ALGORITHM, s->creds->access_key_id, sc, names, signature);
	return ret;
}

char *sigv4_query(const struct sigv4 *s)
{
	_cleanup_pairs_ struct pairs headers = { 0 }, query = { 0 };
	_cleanup_free_ char *names = NULL, *joined = NULL;
	char signature[SHA256_HEX];

	collect_headers(s, SIGV4_QUERY, &headers);
	names = signed_names(&headers);
	collect_query(s, SIGV4_QUERY, names, &query);
	joined = pairs_join_query(&query);
	sign(s, SIGV4_QUERY, signature);
	return xasprintf("%s&X-Amz-Signature=%s", joined, signature);
}

char *sigv4_encode_query(const struct sigv4_pair *query, size_t n)
{
	_cleanup_pairs_ struct pairs p = { 0 };

	for (size_t i = 0; i < n; i++)
		pairs_add_query(&p, query[i].name, query[i].value);
	pairs_sort(&p, true);
	return pairs_join_query(&p);
}
