/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "bootstrap/net/bundle-internal.h"
#include "bootstrap/net/ops.h"
#include "lib/base/clock.h"

#define ARCHIVE_FD 4
#define CHUNK 65536

static struct fault *send_entry(void *arg, const struct doc *entry)
{
	return net_send_entry(arg, entry);
}

static struct fault *send_bytes(void *arg, const void *data, size_t len)
{
	return net_send_bytes(arg, data, len);
}

/* A count that the request may leave out, or set between 1 and max. */
static struct fault *count(const struct doc *request, const char *key, uint64_t otherwise,
			   uint64_t max, uint64_t *ret)
{
	int64_t v = doc_integer(request, key, (int64_t)otherwise);

	if (v < 1 || (uint64_t)v > max || (doc_get(request, key) && doc_str(request, key)))
		return fault_new("net.request", "%s: expected a count of 1 to %llu", key,
				 (unsigned long long)max);
	*ret = (uint64_t)v;
	return NULL;
}

struct fault *bundle_begin(struct net_server *server, const struct doc *request,
			   struct bundle_out *ret)
{
	*ret = (struct bundle_out){ .sink = { send_entry, send_bytes, server } };
	TRY(request_string(request, "source", &ret->source));
	TRY(count(request, "maxBytes", BUNDLE_MAX_BYTES, INT64_MAX, &ret->max_bytes));
	return count(request, "maxEntries", BUNDLE_MAX_ENTRIES, BUNDLE_ENTRIES_LIMIT,
		     &ret->max_entries);
}

struct fault *bundle_result(const struct doc *request, const struct bundle_out *out,
			    const char *format, const char *digest, struct doc **ret)
{
	const char *wanted = doc_str(request, "digest");
	struct doc *d;

	if (wanted && !streq(wanted, digest))
		return fault_new("bundle.digest", "%s: its digest is %s, wanted is %s", out->source,
				 digest, wanted);
	d = doc_object();
	doc_set_string(d, "source", out->source);
	doc_set_string(d, "format", format);
	doc_set_int(d, "entries", (int64_t)out->entries);
	doc_set_int(d, "bytes", (int64_t)out->bytes);
	doc_set_string(d, "digest", digest);
	*ret = d;
	return NULL;
}

struct file {
	const struct net_server *server;
	const char *source;
	char chunk[CHUNK];
};

static struct fault *read_file(void *arg, const void **ret, size_t *ret_len)
{
	struct file *f = arg;
	ssize_t n;

	if (clock_left(f->server->deadline_ms) == 0)
		return fault_new("net.timeout", "%s: not unpacked before the deadline", f->source);
	do
		n = read(ARCHIVE_FD, f->chunk, CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fault_errno("bundle.source", errno, "cannot read %s", f->source);
	*ret = f->chunk;
	*ret_len = (size_t)n;
	return NULL;
}

struct fault *op_unpack(struct net_server *server, const struct doc *request)
{
	_cleanup_bundle_out_ struct bundle_out out = { 0 };
	_cleanup_free_ struct file *file = NEW(struct file, 1);
	_cleanup_doc_ struct doc *result = NULL;
	char digest[ARCHIVE_DIGEST_MAX];

	TRY(bundle_begin(server, request, &out));
	file->server = server;
	file->source = out.source;
	TRY(archive_unpack(&(struct archive_source){ read_file, file }, &out, digest));
	TRY(bundle_result(request, &out, "archive", digest, &result));
	return net_send_result(server, result);
}
