/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/aws/s3-internal.h"
#include "lib/aws/xml.h"
#include "lib/base/parse.h"

#define PAGE_MAX (4u * 1024 * 1024) /* 1000 keys of 1024 bytes, and what is around them */

#define HOLLOW_MAX 8 /* pages without an object, one after another */

struct page {
	s3_list_fn fn;
	void *arg;
	char **last; /* the key before; of the page before where there is none yet */
	char *key, *etag, *next;
	uint64_t size;
	unsigned objects;
	bool truncated, is_list;
};

static void page_done(struct page *p)
{
	free(p->key);
	free(p->etag);
	free(p->next);
}

static void set(char **slot, const char *text)
{
	free(*slot);
	*slot = xstrdup(text);
}

/* It is sent back in a header. */
static struct fault *set_etag(struct page *p, const char *text)
{
	for (const char *s = text; *s; s++)
		if (*s < ' ' || *s >= 0x7f)
			return fault_new("s3.xml", "a listing with an ETag that is none");
	set(&p->etag, text);
	return NULL;
}

static struct fault *end_of_object(struct page *p)
{
	struct fault *f;

	if (!p->key)
		return fault_new("s3.xml", "a listing with an object that has no key");
	if (*p->last && strcmp(p->key, *p->last) <= 0)
		return fault_new("s3.xml", "a listing that goes back, from \"%s\" to \"%s\"",
				 *p->last, p->key);
	f = p->fn(p->arg, p->key, p->size, p->etag);
	free(*p->last);
	*p->last = TAKE_PTR(p->key);
	p->size = 0;
	p->objects++;
	return f;
}

static struct fault *on_element(void *arg, const char *path, const char *text)
{
	struct page *p = arg;

	if (!str_startswith(path, "ListBucketResult"))
		return NULL;
	path += strlen("ListBucketResult");
	if (!*path)
		p->is_list = true;
	else if (streq(path, "/Contents/Key"))
		set(&p->key, text);
	else if (streq(path, "/Contents/ETag"))
		return set_etag(p, text);
	else if (streq(path, "/Contents/Size") && parse_u64(text, &p->size) < 0)
		return fault_new("s3.xml", "a listing with a size that is none");
	else if (streq(path, "/Contents"))
		return end_of_object(p);
	else if (streq(path, "/NextContinuationToken"))
		set(&p->next, text);
	else if (streq(path, "/IsTruncated"))
		p->truncated = streq(text, "true");
	return NULL;
}

/* One page, at the region where the bucket is. */
static struct fault *get_page(struct s3 *s, const char *prefix, const char *token,
			      struct http_response *ret)
{
	const struct sigv4_pair query[] = { { "list-type", "2" },
					    { "prefix", prefix },
					    { "continuation-token", token } };
	_cleanup_free_ char *what = xasprintf("ListObjectsV2 s3://%s/%s", s->bucket, prefix);

	for (;;) {
		_cleanup_free_ char *endpoint = NULL, *path = NULL;
		_cleanup_aws_request_ struct aws_request a = { 0 };

		s3_address(s, NULL, &endpoint, &path);
		a = (struct aws_request){ .creds = s->creds, .region = s->region, .service = "s3",
					  .endpoint = endpoint, .path = path, .query = query,
					  .n_query = token ? 3 : 2, .s3 = true,
					  .deadline_ms = s->deadline_ms, .max_body = PAGE_MAX };
		TRY(fault_wrap(aws_request_do(s->http, &a, ret), "%s", what));
		if (ret->status == 200)
			return NULL;
		if (!s3_moved(s, ret->status, ret->headers, &ret->body))
			return s3_refusal(s, what, ret->status, ret->headers, &ret->body);
	}
}

struct fault *s3_list(struct s3 *s, const char *prefix, s3_list_fn fn, void *arg)
{
	_cleanup_free_ char *token = NULL, *last = NULL;

	for (unsigned hollow = 0;;) {
		_cleanup_(page_done) struct page p = { .fn = fn, .arg = arg, .last = &last };
		_cleanup_response_ struct http_response r = { 0 };

		TRY(get_page(s, prefix, token, &r));
		TRY(xml_scan(buf_str(&r.body), r.body.len, on_element, &p));
		if (!p.is_list)
			return fault_new("s3.xml", "an answer that is no listing");
		if (!p.truncated)
			return NULL;
		hollow = p.objects ? 0 : hollow + 1;
		if (!p.next || streq(p.next, token) || hollow > HOLLOW_MAX)
			return fault_new("s3.xml", "a listing that goes on without saying where");
		free(token);
		token = TAKE_PTR(p.next);
	}
}
