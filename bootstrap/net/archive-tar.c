/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "bootstrap/net/archive-internal.h"

#define CHUNK 65536
#define BLOCK 512
#define HEADERS_PER_ENTRY 8192 /* bytes of headers and padding that an honest entry may have */

struct layers {
	struct packed *packed;
	struct archive *outer; /* decompression alone */
	uint64_t bytes, max_bytes;
	uint32_t crc; /* of all that was decompressed */
	size_t n;     /* bytes in chunk */
	char chunk[CHUNK];
};

static la_ssize_t read_packed(struct archive *a, void *arg, const void **ret)
{
	struct packed *p = arg;
	size_t n = 0;

	if (!p->fault)
		p->fault = packed_read(p, ret, &n);
	if (!p->fault)
		return (la_ssize_t)n;
	archive_set_error(a, EIO, "the source failed");
	return -1;
}

/* CRC-32 of RFC 1952, section 8. */
static uint32_t crc_add(uint32_t crc, const char *data, size_t n)
{
	static uint32_t table[256];

	for (uint32_t i = 0; !table[255] && i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] & 1 ? table[i] >> 1 ^ 0xedb88320u : table[i] >> 1;
	}
	crc = ~crc;
	for (size_t i = 0; i < n; i++)
		crc = table[(crc ^ (uint8_t)data[i]) & 0xff] ^ crc >> 8;
	return ~crc;
}

/* The next bytes of the plain tar; 0 at the end. */
static struct fault *decompress(struct layers *l, size_t *ret)
{
	la_ssize_t n = archive_read_data(l->outer, l->chunk, CHUNK);

	if (n < 0)
		return packed_failed(l->packed, l->outer, "cannot decompress");
	if (n > 0)
		l->n = (size_t)n;
	l->crc = crc_add(l->crc, l->chunk, (size_t)n);
	l->bytes += (uint64_t)n;
	if (l->bytes > l->max_bytes)
		return fault_new("bundle.too_large", "%s: decompresses to more than %llu bytes",
				 l->packed->out->source, (unsigned long long)l->max_bytes);
	*ret = (size_t)n;
	return packed_check_ratio(l->packed, l->bytes);
}

static la_ssize_t read_plain(struct archive *a, void *arg, const void **ret)
{
	struct layers *l = arg;
	size_t n = 0;

	if (!l->packed->fault)
		l->packed->fault = decompress(l, &n);
	*ret = l->chunk;
	if (!l->packed->fault)
		return (la_ssize_t)n;
	archive_set_error(a, EIO, "the compressed stream failed");
	return -1;
}

/* libarchive falls back to programs where it lacks a library; that is no success here. */
static struct fault *open_outer(struct layers *l)
{
	struct archive_entry *e;

	l->outer = archive_read_new();
	if (!l->outer)
		die("archive_read_new");
	if (archive_read_support_filter_gzip(l->outer) != ARCHIVE_OK ||
	    archive_read_support_filter_xz(l->outer) != ARCHIVE_OK ||
	    archive_read_support_filter_zstd(l->outer) != ARCHIVE_OK ||
	    archive_read_support_format_raw(l->outer) != ARCHIVE_OK)
		return fault_new("bundle.archive", "this libarchive lacks gzip, xz or zstd");
	if (archive_read_open(l->outer, l->packed, NULL, read_packed, NULL) != ARCHIVE_OK ||
	    archive_read_next_header(l->outer, &e) != ARCHIVE_OK)
		return packed_failed(l->packed, l->outer, "cannot read it");
	if (archive_filter_count(l->outer) > 2)
		return fault_new("bundle.archive", "%s: compressed more than once",
				 l->packed->out->source);
	return NULL;
}

static struct fault *after_end(const struct layers *l)
{
	return fault_new("bundle.archive", "%s: something follows the end of the archive",
			 l->packed->out->source);
}

static bool all_zero(const char *p, size_t n)
{
	while (n > 0 && p[n - 1] == 0)
		n--;
	return n == 0;
}

/* Only zeros may follow what libarchive has taken, and two blocks of them must: it takes a file
 * that just stops between two entries for a whole one. */
static struct fault *check_tail(struct layers *l, uint64_t consumed)
{
	uint64_t mark = (l->packed->last + BLOCK - 1) / BLOCK * BLOCK + 2 * BLOCK;
	size_t n = l->bytes > consumed ? (size_t)(l->bytes - consumed) : 0;

	if (n > l->n || !all_zero(l->chunk + l->n - n, n))
		return after_end(l);
	do {
		TRY(decompress(l, &n));
		if (!all_zero(l->chunk, n))
			return after_end(l);
	} while (n > 0);
	if (l->bytes < mark)
		return fault_new("bundle.archive",
				 "%s: it is cut short: a tar without its end mark",
				 l->packed->out->source);
	return NULL;
}

static uint32_t little_endian(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* libarchive skips the checksum of a gzip. Of several members in a row only the last one's length
 * is at hand, which is not that of all: those stay unchecked. */
static struct fault *check_gzip(const struct layers *l)
{
	const uint8_t *tail = l->packed->tail;

	if (archive_filter_code(l->outer, 0) != ARCHIVE_FILTER_GZIP ||
	    little_endian(tail + 4) != (uint32_t)l->bytes || little_endian(tail) == l->crc)
		return NULL;
	return fault_new("bundle.archive", "%s: damaged: its gzip checksum is wrong",
			 l->packed->out->source);
}

static struct fault *check_packed_tail(struct layers *l)
{
	uint64_t consumed = (uint64_t)archive_filter_bytes(l->outer, -1);
	const void *data;
	size_t n;

	do
		TRY(packed_read(l->packed, &data, &n));
	while (n > 0);
	return consumed < l->packed->bytes ? after_end(l) : check_gzip(l);
}

static struct fault *send(struct layers *l, struct bundle_out *out)
{
	_cleanup_archive_ struct archive *inner = archive_read_new();

	if (!inner)
		die("archive_read_new");
	TRY(open_outer(l));
	if (archive_read_support_format_tar(inner) != ARCHIVE_OK ||
	    archive_read_set_options(inner, "tar:hdrcharset=UTF-8") != ARCHIVE_OK)
		return packed_failed(l->packed, inner, "this libarchive cannot read tar");
	if (archive_read_open(inner, l, NULL, read_plain, NULL) != ARCHIVE_OK)
		return packed_failed(l->packed, inner, "neither tar nor zip");
	TRY(archive_send_entries(l->packed, inner, out));
	TRY(check_tail(l, (uint64_t)archive_filter_bytes(inner, 0)));
	return check_packed_tail(l);
}

struct fault *archive_send_tar(struct packed *p, struct bundle_out *out)
{
	_cleanup_free_ struct layers *l = NEW(struct layers, 1);
	struct fault *f;

	l->packed = p;
	l->max_bytes = out->max_bytes + (out->max_entries + 16) * HEADERS_PER_ENTRY;
	f = send(l, out);
	if (l->outer)
		archive_read_free(l->outer);
	return f;
}
