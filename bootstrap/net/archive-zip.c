/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "bootstrap/net/archive-internal.h"

/* PKWARE APPNOTE 4.3.16, end of central directory record */
#define END_SIZE 22
#define COMMENT_MAX 65535

static struct fault *take_all(struct packed *p, struct buf *all)
{
	const void *data;
	size_t n;

	for (;;) {
		TRY(packed_read(p, &data, &n));
		if (n == 0)
			return NULL;
		if (all->len + n > ARCHIVE_ZIP_MAX)
			return fault_new("bundle.too_large",
					 "%s: a zip of more than %u bytes; a tar may be larger",
					 p->out->source, ARCHIVE_ZIP_MAX);
		buf_add(all, data, n);
	}
}

/* An end record whose comment ends with the file: nothing was cut off and nothing added. */
static bool ends_well(const struct buf *all)
{
	const uint8_t *d = (const uint8_t *)all->data;

	for (size_t n = 0; n <= COMMENT_MAX && n + END_SIZE <= all->len; n++) {
		const uint8_t *at = d + all->len - END_SIZE - n;

		if (memcmp(at, "PK\005\006", 4) == 0 && (size_t)(at[20] | at[21] << 8) == n)
			return true;
	}
	return false;
}

struct fault *archive_send_zip(struct packed *p, struct bundle_out *out)
{
	_cleanup_archive_ struct archive *a = archive_read_new();
	_cleanup_buf_ struct buf all = BUF_INIT;

	if (!a)
		die("archive_read_new");
	TRY(take_all(p, &all));
	if (!ends_well(&all))
		return fault_new("bundle.archive",
				 "%s: a zip that is cut short, or has something after its end",
				 out->source);
	if (archive_read_support_format_zip_seekable(a) != ARCHIVE_OK ||
	    archive_read_set_options(a, "zip:hdrcharset=UTF-8") != ARCHIVE_OK ||
	    archive_read_open_memory(a, all.data, all.len) != ARCHIVE_OK)
		return packed_failed(p, a, "cannot read the zip");
	return archive_send_entries(p, a, out);
}
