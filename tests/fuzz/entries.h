/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A sink for the entries of a bundle that holds them against what lib/net/operations.h promises. */

#include "lib/doc/doc.h"
#include "tests/fuzz/fuzz.h"

struct entries {
	uint64_t max_bytes, max_entries;
	uint64_t bytes, n, said, got;
	bool in_file;
	struct doc *seen; /* object: path -> type */
};

static inline bool entries_path_is_sound(const char *path)
{
	if (!path[0] || strlen(path) > 1024)
		return false;
	for (const char *s = path; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	for (const char *p = path;; p++) {
		size_t n = strcspn(p, "/");

		if (n == 0 || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		p += n;
		if (!*p)
			return true;
	}
}

/* Inside, walked by hand: never above the bundle's own folder, not even on the way. */
static inline bool entries_target_is_inside(const char *path, const char *target)
{
	long depth = 0;

	for (const char *s = path; *s; s++)
		depth += *s == '/';
	if (!target || !target[0] || target[0] == '/')
		return false;
	for (const char *p = target; *p;) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.')
			depth--;
		else if (n > 0 && !(n == 1 && p[0] == '.'))
			depth++;
		if (depth < 0)
			return false;
		p += n + (p[n] == '/');
	}
	return true;
}

static inline void entries_end_file(const struct entries *e)
{
	MUST(!e->in_file || e->said == UINT64_MAX || e->got == e->said);
}

static inline struct fault *entries_take(void *arg, const struct doc *entry)
{
	struct entries *e = arg;
	const char *path = doc_str(entry, "path"), *type = doc_str(entry, "type");
	int64_t mode = doc_integer(entry, "mode", -1);
	_cleanup_free_ char *parent = NULL;

	entries_end_file(e);
	MUST(path && type && entries_path_is_sound(path));
	MUST(mode >= 0 && mode <= 0777);
	MUST(++e->n <= e->max_entries);
	if (!e->seen)
		e->seen = doc_object();
	MUST(!doc_get(e->seen, path));
	doc_set_string(e->seen, path, type);
	parent = strrchr(path, '/') ? xstrndup(path, (size_t)(strrchr(path, '/') - path)) : NULL;
	MUST(!parent || streq(doc_str(e->seen, parent), "dir"));
	if (streq(type, "symlink"))
		MUST(entries_target_is_inside(path, doc_str(entry, "target")));
	e->in_file = streq(type, "file");
	e->said = (uint64_t)doc_integer(entry, "size", -1);
	e->got = 0;
	return NULL;
}

static inline struct fault *entries_bytes(void *arg, const void *data, size_t len)
{
	struct entries *e = arg;

	MUST(e->in_file && data);
	e->bytes += len;
	e->got += len;
	MUST(e->bytes <= e->max_bytes && e->got <= e->said);
	return NULL;
}

static inline void entries_check_result(const struct entries *e, const struct doc *result)
{
	const char *digest = doc_str(result, "digest");

	entries_end_file(e);
	MUST(e->n > 0);
	MUST(doc_integer(result, "entries", -1) == (int64_t)e->n);
	MUST(doc_integer(result, "bytes", -1) == (int64_t)e->bytes);
	MUST(digest && strlen(digest) == strlen("sha256-") + 64);
}

static inline void entries_done(struct entries *e)
{
	doc_free(e->seen);
	e->seen = NULL;
}
