/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A disk: bytes written, synced, dropped from the cache, read back and compared. */

#include "lib/base/macro.h"

struct disk_test {
	uint64_t free;	   /* bytes that are left for us on the file system */
	uint64_t verified; /* bytes */
	/* read back past the page cache (O_DIRECT); else only DONTNEED was asked */
	bool direct;
	uint64_t write_ms, read_ms;
	uint64_t bad_offset; /* of the first byte that differs */
	uint64_t bad_bytes;
};

/* In a file below `folder` that has no name while it is used, so that nothing stays behind. 0 or
 * -errno: -ENOSPC when it does not fit (nothing is written then), -EIO what the disk says,
 * -ETIME. */
int disk_test(const char *folder, uint64_t bytes, uint64_t deadline_ms, struct disk_test *ret);
int disk_free(const char *folder, uint64_t *ret);
/* One block against the pattern that was written; for the tests too. */
void disk_compare(const uint8_t *got, const uint8_t *want, size_t n, uint64_t offset,
		  struct disk_test *t);
