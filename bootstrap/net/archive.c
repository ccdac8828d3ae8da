/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/net/archive.h"

#include <locale.h>
#include <string.h>
#include <sys/stat.h>

#include "bootstrap/net/archive-internal.h"
#include "lib/net/words.h"

#define CHUNK 65536

static void keep_tail(struct packed *p, const uint8_t *data, size_t n)
{
	size_t take = MIN(n, sizeof(p->tail)), keep = sizeof(p->tail) - take;

	memmove(p->tail, p->tail + take, keep);
	memcpy(p->tail + keep, data + n - take, take);
}

struct fault *packed_read(struct packed *p, const void **ret, size_t *ret_len)
{
	if (p->n_held > 0) {
		*ret = p->held;
		*ret_len = p->n_held;
		p->n_held = 0;
		return NULL;
	}
	*ret_len = 0;
	if (p->end)
		return NULL;
	TRY(p->from->read(p->from->arg, ret, ret_len));
	if (*ret_len > 0) {
		sha256_add(p->hash, *ret, *ret_len);
		keep_tail(p, *ret, *ret_len);
	}
	p->bytes += *ret_len;
	p->end = *ret_len == 0;
	return NULL;
}

struct fault *packed_failed(struct packed *p, struct archive *a, const char *what)
{
	const char *words = archive_error_string(a) ? archive_error_string(a) : "damaged";
	_cleanup_free_ char *clean = words_clean(words, strlen(words), 300);

	if (p->fault)
		return TAKE_PTR(p->fault);
	return fault_new("bundle.archive", "%s: %s: %s", p->out->source, what, clean);
}

struct fault *packed_check_ratio(const struct packed *p, uint64_t unpacked)
{
	if (unpacked <= ARCHIVE_RATIO_FROM || unpacked / ARCHIVE_RATIO_MAX <= p->bytes)
		return NULL;
	return fault_new(
		"bundle.too_large",
		"%s: %llu packed bytes unpack to %llu and more: this is made to fill disks",
		p->out->source, (unsigned long long)p->bytes, (unsigned long long)unpacked);
}

static struct fault *refuse(const struct bundle_out *out, const char *name, const char *why)
{
	_cleanup_free_ char *words = words_clean(name ? name : "?", name ? strlen(name) : 1, 256);

	return fault_new("bundle.hostile", "%s: entry \"%s\": %s", out->source, words, why);
}

/* What no lifecycle bundle needs, and what would be dangerous in one. */
static const char *reason_against(struct archive_entry *e)
{
	mode_t mode = archive_entry_mode(e), type = archive_entry_filetype(e);

	if (archive_entry_hardlink(e) || archive_entry_hardlink_w(e))
		return "a hard link";
	if (archive_entry_is_encrypted(e))
		return "it is encrypted";
	if (type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK)
		return "neither a file, a folder nor a symbolic link";
	if (mode & (S_ISUID | S_ISGID))
		return "it has the setuid or setgid bit";
	return NULL;
}

static struct fault *send_bytes(struct packed *p, struct archive *a, struct bundle_out *out)
{
	_cleanup_free_ char *chunk = xmalloc(CHUNK);
	la_ssize_t n;

	while ((n = archive_read_data(a, chunk, CHUNK)) > 0) {
		TRY(bundle_out_bytes(out, chunk, (size_t)n));
		TRY(packed_check_ratio(p, out->bytes));
	}
	if (n < 0)
		return packed_failed(p, a, out->open ? out->open : "an entry");
	return bundle_out_close(out);
}

static struct fault *send_entry(struct packed *p, struct archive *a, struct archive_entry *e,
				struct bundle_out *out)
{
	const char *name = archive_entry_pathname(e), *why = reason_against(e);
	int64_t size = archive_entry_size_is_set(e) ? archive_entry_size(e) : -1;
	unsigned mode = archive_entry_perm(e) & 0777;

	if (!name)
		return refuse(out, "?", "its name is no UTF-8");
	if (why)
		return refuse(out, name, why);
	if (archive_entry_filetype(e) == AE_IFDIR)
		return bundle_out_dir(out, name, mode);
	if (archive_entry_filetype(e) == AE_IFLNK)
		return bundle_out_symlink(out, name, archive_entry_symlink(e));
	TRY(bundle_out_file(out, name, mode, size));
	return send_bytes(p, a, out);
}

struct fault *archive_send_entries(struct packed *p, struct archive *a, struct bundle_out *out)
{
	struct archive_entry *e;
	int r;

	/* A warning is something that libarchive could not make sense of. */
	while ((r = archive_read_next_header(a, &e)) == ARCHIVE_OK) {
		TRY(send_entry(p, a, e, out));
		p->last = (uint64_t)archive_filter_bytes(a, 0);
	}
	if (r != ARCHIVE_EOF || p->fault)
		return packed_failed(p, a, "cannot read on");
	return NULL;
}

static struct fault *unpack(struct packed *p, struct bundle_out *out)
{
	const void *first = NULL;
	size_t n;

	TRY(packed_read(p, &first, &n));
	if (n == 0)
		return fault_new("bundle.empty", "%s: a file of 0 bytes", out->source);
	p->held = first;
	p->n_held = n;
	if (n >= 2 && memcmp(first, "PK", 2) == 0)
		TRY(archive_send_zip(p, out));
	else
		TRY(archive_send_tar(p, out));
	if (out->entries == 0)
		return fault_new("bundle.empty", "%s: nothing is in it", out->source);
	return NULL;
}

struct fault *archive_unpack(const struct archive_source *from, struct bundle_out *out,
			     char ret_digest[ARCHIVE_DIGEST_MAX])
{
	struct packed p = { .from = from, .out = out, .hash = sha256_new() };
	uint8_t digest[SHA256_SIZE];
	struct fault *f;

	/* Without it libarchive drops every name that is not ASCII. */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		(void)setlocale(LC_CTYPE, "en_US.UTF-8");
	f = unpack(&p, out);
	fault_free(p.fault);
	sha256_end(p.hash, digest);
	memcpy(ret_digest, "sha256-", 7);
	hex_encode(digest, sizeof(digest), ret_digest + 7);
	return f;
}
