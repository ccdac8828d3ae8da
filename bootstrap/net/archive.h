/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Reads a tar (plain, gzip, xz, zstd) or a zip, by content and not by name, and sends what is in
 * it through bundle-out. Two libarchive readers for a tar: one undoes one layer of compression, the
 * other parses; so the compressed stream is read, and checked, to its very end. A zip is held in
 * memory: its directory lies at its end, and without it modes and links are lost. */

#include "bootstrap/net/bundle-out.h"
#include "lib/base/hash.h"

#define ARCHIVE_ZIP_MAX (256u << 20)  /* bytes of a packed zip */
#define ARCHIVE_RATIO_MAX 1000	      /* unpacked to packed … */
#define ARCHIVE_RATIO_FROM (1u << 20) /* … once more than this has come out */

/* Where the packed bytes come from. *ret is good until the next call; *ret_len 0 is the end. */
struct archive_source {
	struct fault *(*read)(void *arg, const void **ret, size_t *ret_len);
	void *arg;
};

#define ARCHIVE_DIGEST_MAX 80

/* ret_digest: "sha256-<hex>" of all packed bytes. Faults: bundle.archive (damaged, cut short,
 * something after its end, of no kind that is read), bundle.hostile, bundle.too_large,
 * bundle.too_many, bundle.empty, the source's and the sink's. */
struct fault *archive_unpack(const struct archive_source *from, struct bundle_out *out,
			     char ret_digest[ARCHIVE_DIGEST_MAX]) _must_check_;
