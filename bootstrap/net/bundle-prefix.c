/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "bootstrap/net/bundle-internal.h"

#define AHEAD 8 /* downloads that are under way while one is read */

struct object {
	char *key;
	char *etag;
	uint64_t size;
	struct s3_object *get;
};

struct listing {
	const struct bundle_out *out;
	const char *prefix;
	struct object *objects;
	size_t n, files;
	uint64_t bytes;
};

static void listing_done(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++) {
		s3_object_close(l->objects[i].get);
		free(l->objects[i].key);
		free(l->objects[i].etag);
	}
	free(l->objects);
}

static bool is_folder(const char *key)
{
	return str_endswith(key, "/");
}

static struct fault *check(const struct listing *l, const char *key, uint64_t size)
{
	if (!str_startswith(key, l->prefix))
		return fault_new("s3.xml", "%s: a listing with \"%s\", which is not below it",
				 l->out->source, key);
	if (l->n >= l->out->max_entries)
		return fault_new("bundle.too_many", "%s: more than %llu objects", l->out->source,
				 (unsigned long long)l->out->max_entries);
	if (size > l->out->max_bytes - l->bytes)
		return fault_new("bundle.too_large", "%s: more than %llu bytes", l->out->source,
				 (unsigned long long)l->out->max_bytes);
	if (is_folder(key) && size > 0)
		return fault_new("bundle.hostile", "%s: object \"%s\" is a folder with contents",
				 l->out->source, key);
	return NULL;
}

static struct fault *note(void *arg, const char *key, uint64_t size, const char *etag)
{
	struct listing *l = arg;

	TRY(check(l, key, size));
	if (streq(key, l->prefix))
		return NULL;
	if ((l->n & (l->n - 1)) == 0)
		l->objects = xrealloc(l->objects, (l->n ? 2 * l->n : 1) * sizeof(*l->objects));
	l->objects[l->n++] = (struct object){ .key = xstrdup(key), .etag = xstrdup(etag),
					      .size = size };
	l->bytes += size;
	l->files += !is_folder(key);
	return NULL;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct object *)a)->key, ((const struct object *)b)->key);
}

static struct fault *start_some(struct s3 *s3, struct listing *l, size_t from)
{
	for (size_t i = from; i < l->n && i < from + AHEAD; i++) {
		struct object *o = &l->objects[i];

		if (!o->get && !is_folder(o->key))
			TRY(s3_get(s3, o->key, o->etag, &o->get));
	}
	return NULL;
}

/* The bytes of one object; its line of the manifest goes to the digest. */
static struct fault *send_file(struct object *o, struct bundle_out *out, struct sha256 *manifest)
{
	_cleanup_(sha256_freep) struct sha256 *hash = sha256_new();
	_cleanup_buf_ struct buf line = BUF_INIT;
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_HEX];
	const void *data;
	size_t n;

	buf_add(&line, out->open, strlen(out->open) + 1);
	for (;;) {
		TRY(s3_read(o->get, &data, &n));
		if (n == 0)
			break;
		sha256_add(hash, data, n);
		TRY(bundle_out_bytes(out, data, n));
	}
	TRY(bundle_out_close(out));
	sha256_end(TAKE_PTR(hash), digest);
	hex_encode(digest, sizeof(digest), hex);
	buf_addf(&line, "%llu", (unsigned long long)o->size);
	buf_addc(&line, '\0');
	buf_addf(&line, "%s\n", hex);
	sha256_add(manifest, line.data, line.len);
	return NULL;
}

/* S3 keeps no modes: whatever a script calls shall be executable. */
static struct fault *send_object(struct object *o, const char *prefix, struct bundle_out *out,
				 struct sha256 *manifest)
{
	const char *path = o->key + strlen(prefix);
	struct fault *f;

	if (is_folder(o->key))
		return bundle_out_dir(out, path, 0755);
	TRY(bundle_out_file(out, path, 0755, (int64_t)o->size));
	f = send_file(o, out, manifest);
	s3_object_close(o->get);
	o->get = NULL;
	return f;
}

struct fault *bundle_send_prefix(struct s3 *s3, const char *prefix, struct bundle_out *out,
				 char ret_digest[ARCHIVE_DIGEST_MAX])
{
	_cleanup_(listing_done) struct listing l = { .out = out, .prefix = prefix };
	_cleanup_(sha256_freep) struct sha256 *manifest = sha256_new();
	uint8_t digest[SHA256_SIZE];

	TRY(s3_list(s3, prefix, note, &l));
	if (l.files == 0)
		return fault_new("bundle.empty", "%s: no object has a key that begins with \"%s\"",
				 out->source, prefix);
	qsort(l.objects, l.n, sizeof(*l.objects), by_key);
	for (size_t i = 0; i < l.n; i++) {
		TRY(start_some(s3, &l, i));
		TRY(send_object(&l.objects[i], prefix, out, manifest));
	}
	sha256_end(TAKE_PTR(manifest), digest);
	memcpy(ret_digest, "sha256-", 7);
	hex_encode(digest, sizeof(digest), ret_digest + 7);
	return NULL;
}
