/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Everything that leaves muster-net as an entry of a bundle passes here, whatever it came from: an
 * archive or the keys of a prefix. Names are cleaned or refused, folders come before what is in
 * them, bytes and entries are capped, and what was sent is counted. */

#include "lib/doc/doc.h"

#define BUNDLE_PATH_MAX 1024  /* bytes */
#define BUNDLE_DEPTH_MAX 64   /* components */
#define BUNDLE_MAX_BYTES (1ull << 30)
#define BUNDLE_MAX_ENTRIES 20000
#define BUNDLE_ENTRIES_LIMIT 1000000 /* what a request may raise it to: names are kept in memory */

struct bundle_sink {
	struct fault *(*entry)(void *arg, const struct doc *entry);
	struct fault *(*bytes)(void *arg, const void *data, size_t len);
	void *arg;
};

struct bundle_name; /* a path that has been sent */

struct bundle_out {
	const char *source; /* for messages; borrowed */
	uint64_t max_bytes;
	uint64_t max_entries;
	struct bundle_sink sink;
	uint64_t bytes, entries;
	/* internal */
	struct bundle_name **table;
	size_t n_table, n_names;
	bool in_file;
	uint64_t said, got; /* bytes of the file that is open; said: UINT64_MAX where unknown */
	char *open;	    /* its path */
};

/* A relative path without "", "." and "..", or the fault bundle.hostile that names it: absolute,
 * "..", nothing left, too long, too deep, not clean UTF-8. *ret is owned. A path that stands for
 * the bundle's own folder ("./") gives "". */
struct fault *bundle_clean_path(const char *source, const char *raw, char **ret) _must_check_;
/* Whether a link at this (clean) path that points there stays inside, without a look at the
 * disk. */
bool bundle_target_is_inside(const char *path, const char *target);

/* The next entry; raw paths. Folders that lead to it are sent before it (0755). Faults:
 * bundle.hostile (path, target, a name that comes twice, something inside what is no folder),
 * bundle.too_many, bundle.too_large (by the size that is said), and the sink's. mode: permission
 * bits; what is beyond them is the caller's to refuse. size: -1 where nothing says it. */
struct fault *bundle_out_dir(struct bundle_out *o, const char *raw, unsigned mode) _must_check_;
struct fault *bundle_out_symlink(struct bundle_out *o, const char *raw, const char *target)
	_must_check_;
struct fault *bundle_out_file(struct bundle_out *o, const char *raw, unsigned mode, int64_t size)
	_must_check_;
/* Bytes of the file that was opened last. Faults: bundle.too_large, bundle.archive (more than was
 * said). */
struct fault *bundle_out_bytes(struct bundle_out *o, const void *data, size_t len) _must_check_;
/* After the last byte of a file, and after all: fault bundle.archive when bytes are missing. */
struct fault *bundle_out_close(struct bundle_out *o) _must_check_;
void bundle_out_done(struct bundle_out *o);
#define _cleanup_bundle_out_ _cleanup_(bundle_out_done)
