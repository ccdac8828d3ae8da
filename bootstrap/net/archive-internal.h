/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the files of the archive reader share. */

#include <archive.h>
#include <archive_entry.h>

#include "bootstrap/net/archive.h"

struct packed { /* the source, hashed and counted as it passes */
	const struct archive_source *from;
	const struct bundle_out *out;
	struct sha256 *hash;
	uint64_t bytes;
	uint64_t last; /* of the unpacked stream: where the last entry ended */
	uint8_t tail[8]; /* the last bytes */
	bool end;
	const void *held; /* the first bytes, looked at and not yet taken */
	size_t n_held;
	struct fault *fault; /* libarchive hands on no faults: kept here */
};

struct fault *packed_read(struct packed *p, const void **ret, size_t *ret_len) _must_check_;
/* The fault of the source where there is one, else bundle.archive in libarchive's words. */
struct fault *packed_failed(struct packed *p, struct archive *a, const char *what) _must_check_;
/* Fault bundle.too_large when `unpacked` is out of proportion to what was read. */
struct fault *packed_check_ratio(const struct packed *p, uint64_t unpacked) _must_check_;

DEFINE_CLEANUP(struct archive *, archive_read_free)
#define _cleanup_archive_ _cleanup_(archive_read_freep)

/* All entries of an open reader. */
struct fault *archive_send_entries(struct packed *p, struct archive *a, struct bundle_out *out)
	_must_check_;
struct fault *archive_send_tar(struct packed *p, struct bundle_out *out) _must_check_;
struct fault *archive_send_zip(struct packed *p, struct bundle_out *out) _must_check_;
