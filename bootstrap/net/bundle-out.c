/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/net/bundle-out.h"

#include <string.h>

#include "lib/net/words.h"

enum kind { KIND_IMPLIED, KIND_DIR, KIND_FILE, KIND_SYMLINK };

struct bundle_name {
	struct bundle_name *next;
	enum kind kind;
	char path[];
};

static struct fault *hostile(const char *source, const char *path, const char *why)
{
	_cleanup_free_ char *words = words_clean(path, strlen(path), 256);

	return fault_new("bundle.hostile", "%s: entry \"%s\": %s", source, words, why);
}

static bool is_part(const char *part, size_t n, const char *what)
{
	return n == strlen(what) && memcmp(part, what, n) == 0;
}

struct fault *bundle_clean_path(const char *source, const char *raw, char **ret)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	unsigned depth = 0;
	size_t n;

	if (!raw || !raw[0])
		return hostile(source, "", "it has no name");
	if (raw[0] == '/')
		return hostile(source, raw, "its name is absolute");
	if (!words_are_clean(raw, strlen(raw)))
		return hostile(source, raw, "its name is no UTF-8, or has control characters");
	for (const char *p = raw; *p; p += n + (p[n] == '/')) {
		n = strcspn(p, "/");
		if (n == 0 || is_part(p, n, "."))
			continue;
		if (is_part(p, n, ".."))
			return hostile(source, raw, "its name leads upward");
		buf_addf(&out, "%s%.*s", depth++ ? "/" : "", (int)n, p);
	}
	if (out.len > BUNDLE_PATH_MAX || depth > BUNDLE_DEPTH_MAX)
		return hostile(source, raw, "its name is too long or too deep");
	*ret = buf_take(&out);
	return NULL;
}

static unsigned depth_of(const char *path)
{
	unsigned n = 0;

	while ((path = strchr(path, '/'))) {
		path++;
		n++;
	}
	return n;
}

bool bundle_target_is_inside(const char *path, const char *target)
{
	unsigned up = depth_of(path);
	bool below = false;
	size_t n;

	if (!target[0] || target[0] == '/' || strlen(target) > BUNDLE_PATH_MAX)
		return false;
	if (!words_are_clean(target, strlen(target)))
		return false;
	for (const char *p = target; *p; p += n + (p[n] == '/')) {
		n = strcspn(p, "/");
		if (!is_part(p, n, "..")) {
			below = below || (n > 0 && !is_part(p, n, "."));
			continue;
		}
		if (below || up == 0)
			return false;
		up--;
	}
	return true;
}

static size_t slot(const struct bundle_out *o, const char *path, size_t len)
{
	uint64_t h = 0xcbf29ce484222325ull; /* FNV-1a, 64 bits */

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)path[i]) * 0x100000001b3ull;
	return (size_t)(h ^ h >> 32) & (o->n_table - 1);
}

static struct bundle_name *find(const struct bundle_out *o, const char *path, size_t len)
{
	struct bundle_name *n = o->table ? o->table[slot(o, path, len)] : NULL;

	while (n && !(strncmp(n->path, path, len) == 0 && !n->path[len]))
		n = n->next;
	return n;
}

static void grow(struct bundle_out *o)
{
	struct bundle_name **old = o->table;
	size_t n_old = o->n_table;

	o->n_table = n_old ? n_old * 2 : 256;
	o->table = NEW(struct bundle_name *, o->n_table);
	for (size_t i = 0; i < n_old; i++) {
		for (struct bundle_name *n = old[i], *next; n; n = next) {
			size_t at = slot(o, n->path, strlen(n->path));

			next = n->next;
			n->next = o->table[at];
			o->table[at] = n;
		}
	}
	free(old);
}

static void remember(struct bundle_out *o, const char *path, enum kind kind)
{
	size_t len = strlen(path), at;
	struct bundle_name *n;

	if (o->n_names >= o->n_table)
		grow(o);
	at = slot(o, path, len);
	n = xcalloc(1, sizeof(*n) + len + 1);
	memcpy(n->path, path, len);
	n->kind = kind;
	n->next = o->table[at];
	o->table[at] = n;
	o->n_names++;
}

static struct fault *send(struct bundle_out *o, const char *path, enum kind kind, unsigned mode,
			  int64_t size, const char *target)
{
	static const char *const types[] = { "dir", "dir", "file", "symlink" };
	_cleanup_doc_ struct doc *d = doc_object();

	if (o->entries >= o->max_entries)
		return fault_new("bundle.too_many", "%s: more than %llu entries", o->source,
				 (unsigned long long)o->max_entries);
	o->entries++;
	remember(o, path, kind);
	doc_set_string(d, "path", path);
	doc_set_string(d, "type", types[kind]);
	doc_set_int(d, "mode", mode & 0777);
	if (kind == KIND_FILE && size >= 0)
		doc_set_int(d, "size", size);
	doc_set_string(d, "target", target);
	return o->sink.entry(o->sink.arg, d);
}

/* Every folder on the way has been sent, or is now. */
static struct fault *lead_to(struct bundle_out *o, const char *path)
{
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		size_t len = (size_t)(slash - path);
		const struct bundle_name *n = find(o, path, len);
		_cleanup_free_ char *dir = xstrndup(path, len);

		if (n && n->kind != KIND_DIR && n->kind != KIND_IMPLIED)
			return hostile(o->source, path, "it lies in what is no folder");
		if (!n)
			TRY(send(o, dir, KIND_IMPLIED, 0755, -1, NULL));
	}
	return NULL;
}

/* Cleans the path and makes room for it. */
static struct fault *prepare(struct bundle_out *o, const char *raw, char **ret)
{
	_cleanup_free_ char *path = NULL;

	TRY(bundle_out_close(o));
	TRY(bundle_clean_path(o->source, raw, &path));
	if (!path[0])
		return hostile(o->source, raw, "only a folder may stand for the bundle itself");
	if (find(o, path, strlen(path)))
		return hostile(o->source, path, "its name comes twice");
	TRY(lead_to(o, path));
	*ret = TAKE_PTR(path);
	return NULL;
}

struct fault *bundle_out_dir(struct bundle_out *o, const char *raw, unsigned mode)
{
	_cleanup_free_ char *path = NULL;
	struct bundle_name *n;

	TRY(bundle_out_close(o));
	TRY(bundle_clean_path(o->source, raw, &path));
	if (!path[0])
		return NULL;
	n = find(o, path, strlen(path));
	if (n && n->kind == KIND_IMPLIED) {
		/* named after what is in it: sent already, its mode is not kept */
		n->kind = KIND_DIR;
		return NULL;
	}
	if (n)
		return hostile(o->source, path, "its name comes twice");
	TRY(lead_to(o, path));
	return send(o, path, KIND_DIR, mode, -1, NULL);
}

struct fault *bundle_out_symlink(struct bundle_out *o, const char *raw, const char *target)
{
	_cleanup_free_ char *path = NULL;

	TRY(prepare(o, raw, &path));
	if (!target || !bundle_target_is_inside(path, target))
		return hostile(o->source, path, "a symbolic link that may leave the bundle");
	return send(o, path, KIND_SYMLINK, 0777, -1, target);
}

static struct fault *too_large(const struct bundle_out *o)
{
	return fault_new("bundle.too_large", "%s: more than %llu bytes unpacked", o->source,
			 (unsigned long long)o->max_bytes);
}

struct fault *bundle_out_file(struct bundle_out *o, const char *raw, unsigned mode, int64_t size)
{
	_cleanup_free_ char *path = NULL;

	TRY(prepare(o, raw, &path));
	if (size > 0 && (uint64_t)size > o->max_bytes - o->bytes)
		return fault_wrap(too_large(o), "entry \"%s\"", path);
	TRY(send(o, path, KIND_FILE, mode, size, NULL));
	o->in_file = true;
	o->got = 0;
	o->said = size >= 0 ? (uint64_t)size : UINT64_MAX;
	o->open = TAKE_PTR(path);
	return NULL;
}

struct fault *bundle_out_bytes(struct bundle_out *o, const void *data, size_t len)
{
	if (len > o->max_bytes - o->bytes)
		return too_large(o);
	if (!o->in_file || len > o->said - o->got)
		return fault_new("bundle.archive", "%s: entry \"%s\" has more bytes than it says",
				 o->source, o->open ? o->open : "");
	o->bytes += len;
	o->got += len;
	return o->sink.bytes(o->sink.arg, data, len);
}

struct fault *bundle_out_close(struct bundle_out *o)
{
	_cleanup_free_ char *path = TAKE_PTR(o->open);
	bool was = o->in_file;

	o->in_file = false;
	if (was && o->said != UINT64_MAX && o->got != o->said)
		return fault_new("bundle.archive",
				 "%s: entry \"%s\" has %llu bytes instead of %llu", o->source, path,
				 (unsigned long long)o->got, (unsigned long long)o->said);
	return NULL;
}

void bundle_out_done(struct bundle_out *o)
{
	for (size_t i = 0; i < o->n_table; i++) {
		for (struct bundle_name *n = o->table[i], *next; n; n = next) {
			next = n->next;
			free(n);
		}
	}
	free(o->table);
	free(o->open);
	o->table = NULL;
	o->open = NULL;
	o->n_table = o->n_names = 0;
}
