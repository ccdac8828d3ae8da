/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/fetch/fetch.h"

enum entry_type { ENTRY_FILE, ENTRY_DIR, ENTRY_SYMLINK };
static const char *const entry_types[] = { "file", "dir", "symlink", NULL };

struct entry {
	char *path;
	int type;
	int64_t mode;
	int64_t size; /* -1: not said */
	char *target;
};

static const struct field entry_fields[] = {
	F_STRING("path", struct entry, path, "Relative path", .required = true,
		 .max = TREE_PATH_MAX),
	F_ENUM("type", struct entry, type, "Kind of entry", .required = true,
	       .names = entry_types),
	F_INT("mode", struct entry, mode, "Permissions", .otherwise = "493", .min = 0,
	      .max = 0777),
	F_INT("size", struct entry, size, "Bytes", .otherwise = "-1", .min = -1,
	      .max = INT64_MAX),
	F_STRING("target", struct entry, target, "Target of a symlink", .max = TREE_PATH_MAX),
	F_END,
};

static void entry_done(struct entry *e)
{
	schema_free(entry_fields, e);
}

struct fault *fetch_take_entry(void *tree, const struct doc *entry)
{
	_cleanup_(entry_done) struct entry e = { 0 };
	struct fault *f = schema_decode(entry_fields, "bundle entry", entry, 0, &e);

	if (f)
		return fault_as(f, "tree.hostile");
	switch (e.type) {
	case ENTRY_DIR:
		return tree_add_dir(tree, e.path, (mode_t)e.mode);
	case ENTRY_SYMLINK:
		return tree_add_symlink(tree, e.path, e.target);
	default:
		return tree_add_file(tree, e.path, (mode_t)e.mode, e.size);
	}
}

struct fault *fetch_take_bytes(void *tree, const void *data, size_t len)
{
	return tree_add_bytes(tree, data, len);
}
