/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/box/tree.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/hash.h"
#include "lib/base/path.h"
#include "lib/base/strv.h"

struct entry {
	char *path;
	char *line; /* what the digest has of it after the path's NUL */
};

struct tree {
	int dirfd;
	struct tree_limits limits;
	struct entry *entries;
	size_t n, room;
	uint64_t bytes;
	int file; /* the open one; -1: none */
	struct sha256 *hash;
	mode_t mode;
	int64_t promised; /* -1: nothing */
	uint64_t size;
	bool broken; /* an entry failed: there is no digest any more */
};

struct tree *tree_new(int dirfd, const struct tree_limits *limits)
{
	struct tree *t = NEW(struct tree, 1);

	t->dirfd = dirfd;
	t->limits = *limits;
	t->file = -1;
	return t;
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool component_is_fine(const char *name, size_t len)
{
	if (len == 0 || len > 255)
		return false;
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return false;
	for (size_t i = 0; i < len; i++)
		if (is_control(name[i]))
			return false;
	return true;
}

/* Relative, and every component a plain name. */
static bool path_is_fine(const char *path)
{
	const char *at = path;

	if (!path || strlen(path) > TREE_PATH_MAX)
		return false;
	for (;;) {
		size_t len = strcspn(at, "/");

		if (!component_is_fine(at, len))
			return false;
		if (!at[len])
			return true;
		at += len + 1;
	}
}

/* A target that stays inside by its text alone: as many leading ".." as the link is deep at most,
 * none later. */
static bool target_is_fine(const char *path, const char *target)
{
	size_t depth = 0, up = 0;
	bool descended = false;

	if (!target || !target[0] || target[0] == '/' || strlen(target) > TREE_PATH_MAX)
		return false;
	for (const char *p = path; *p; p++)
		depth += *p == '/';
	for (const char *at = target; *at;) {
		size_t len = strcspn(at, "/");

		if (len == 2 && at[0] == '.' && at[1] == '.') {
			if (descended || ++up > depth)
				return false;
		} else if (!(len == 1 && at[0] == '.') && len > 0) {
			if (!component_is_fine(at, len))
				return false;
			descended = true;
		}
		at += len + (at[len] == '/');
	}
	return true;
}

#define SHOWN_MAX 256

/* Nobody has looked at this path yet, and the words go to terminals. */
static struct fault *hostile(const char *path, const char *why)
{
	_cleanup_free_ char *shown = path ? xstrndup(path, SHOWN_MAX) : xstrdup("");

	for (char *s = shown; *s; s++)
		if (is_control(*s))
			*s = '?';
	return fault_new("tree.hostile", "entry \"%s\": %s", shown, why);
}

static void remember(struct tree *t, const char *path, char *line)
{
	if (t->n == t->room) {
		t->room = t->room ? t->room * 2 : 64;
		t->entries = xrealloc(t->entries, t->room * sizeof(*t->entries));
	}
	t->entries[t->n++] = (struct entry){ xstrdup(path), line };
}

static struct fault *write_failed(struct tree *t, int r, const char *path)
{
	t->broken = true;
	return fault_errno(r == -ENOSPC || r == -EDQUOT ? "host.disk_full" : "tree.write", r,
			   "cannot write %s", path);
}

/* Permissions are set when the file is whole. */
static struct fault *end_file(struct tree *t)
{
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_HEX];
	struct entry *e = t->n > 0 ? &t->entries[t->n - 1] : NULL;
	int r = 0;

	if (t->file < 0)
		return NULL;
	if (fchmod(t->file, t->mode) < 0)
		r = -errno;
	t->file = fd_close(t->file);
	sha256_end(TAKE_PTR(t->hash), digest);
	hex_encode(digest, sizeof(digest), hex);
	e->line = xasprintf("file %04o %llu %s\n", (unsigned)t->mode, (unsigned long long)t->size,
			    hex);
	if (r < 0)
		return write_failed(t, r, e->path);
	if (t->promised >= 0 && (uint64_t)t->promised != t->size)
		return hostile(e->path, "it has another size than was announced");
	return NULL;
}

static struct fault *begin_entry(struct tree *t, const char *path)
{
	TRY(end_file(t));
	if (!path_is_fine(path))
		return hostile(path, "its path is none that a bundle may have");
	if (t->limits.max_entries > 0 && t->n >= (size_t)t->limits.max_entries)
		return fault_new("tree.too_large", "more than %lld entries",
				 (long long)t->limits.max_entries);
	return NULL;
}

/* The folder that holds the path, beneath ours. */
static int open_parent(struct tree *t, const char *path)
{
	_cleanup_free_ char *parent = NULL;
	const char *slash = strrchr(path, '/');

	parent = slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
	return path_open_beneath(t->dirfd, parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
}

struct fault *tree_add_dir(struct tree *t, const char *path, mode_t mode)
{
	_cleanup_fd_ int parent = -1;

	TRY(begin_entry(t, path));
	if (mode & ~(mode_t)0777)
		return hostile(path, "its mode is more than permissions");
	mode |= 0700;
	parent = open_parent(t, path);
	if (parent < 0)
		return write_failed(t, parent, path);
	if (mkdirat(parent, path_basename(path), 0700) < 0 ||
	    fchmodat(parent, path_basename(path), mode, 0) < 0)
		return write_failed(t, -errno, path);
	remember(t, path, xasprintf("dir %04o\n", (unsigned)mode));
	return NULL;
}

struct fault *tree_add_symlink(struct tree *t, const char *path, const char *target)
{
	_cleanup_fd_ int parent = -1;

	TRY(begin_entry(t, path));
	if (!target_is_fine(path, target))
		return hostile(path, "a symlink that points out of the bundle");
	parent = open_parent(t, path);
	if (parent < 0)
		return write_failed(t, parent, path);
	if (symlinkat(target, parent, path_basename(path)) < 0)
		return write_failed(t, -errno, path);
	remember(t, path, xasprintf("symlink %s\n", target));
	return NULL;
}

struct fault *tree_add_file(struct tree *t, const char *path, mode_t mode, int64_t size)
{
	_cleanup_fd_ int parent = -1;

	TRY(begin_entry(t, path));
	if (mode & ~(mode_t)0777)
		return hostile(path, "its mode is more than permissions");
	if (size > 0 && t->limits.max_bytes > 0 &&
	    (uint64_t)size > t->limits.max_bytes - MIN(t->bytes, t->limits.max_bytes))
		return fault_new("tree.too_large", "%s: more than %llu bytes in all", path,
				 (unsigned long long)t->limits.max_bytes);
	parent = open_parent(t, path);
	if (parent < 0)
		return write_failed(t, parent, path);
	t->file = openat(parent, path_basename(path),
			 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (t->file < 0)
		return write_failed(t, -errno, path);
	t->hash = sha256_new();
	t->mode = mode;
	t->promised = size;
	t->size = 0;
	remember(t, path, NULL);
	return NULL;
}

struct fault *tree_add_bytes(struct tree *t, const void *data, size_t len)
{
	int r;

	if (t->file < 0)
		return hostile("", "bytes that belong to no file");
	if (t->limits.max_bytes > 0 &&
	    len > t->limits.max_bytes - MIN(t->bytes, t->limits.max_bytes))
		return fault_new("tree.too_large", "more than %llu bytes in all",
				 (unsigned long long)t->limits.max_bytes);
	r = fd_write_all(t->file, data, len);
	if (r < 0)
		return write_failed(t, r, t->entries[t->n - 1].path);
	sha256_add(t->hash, data, len);
	t->bytes += len;
	t->size += len;
	return NULL;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

struct fault *tree_end(struct tree *t, char ret_digest[TREE_DIGEST_MAX])
{
	struct sha256 *h;
	uint8_t digest[SHA256_SIZE];

	TRY(end_file(t));
	if (t->broken)
		return fault_new("tree.write", "the tree is not whole");
	if (t->n > 0)
		qsort(t->entries, t->n, sizeof(*t->entries), by_path);
	h = sha256_new();
	for (size_t i = 0; i < t->n; i++) {
		sha256_add(h, t->entries[i].path, strlen(t->entries[i].path) + 1);
		sha256_add(h, t->entries[i].line, strlen(t->entries[i].line));
	}
	sha256_end(h, digest);
	memcpy(ret_digest, "sha256-", 7);
	hex_encode(digest, sizeof(digest), ret_digest + 7);
	return NULL;
}

uint64_t tree_bytes(const struct tree *t)
{
	return t->bytes;
}

int64_t tree_entries(const struct tree *t)
{
	return (int64_t)t->n;
}

void tree_free(struct tree *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++) {
		free(t->entries[i].path);
		free(t->entries[i].line);
	}
	free(t->entries);
	fd_close(t->file);
	sha256_free(t->hash);
	free(t);
}
