/* SPDX-License-Identifier: Apache-2.0 */
/* What root writes when muster-net sends a hostile bundle: a line that begins with '{' is an entry,
 * any other is bytes. Nothing lands beside the folder, and a copy has the same digest. */
#include <dirent.h>
#include <sys/stat.h>

#include "lifecycle/fetch/fetch.h"
#include "tests/fuzz/folder.h"

static const struct tree_limits limits = { .max_bytes = 4096, .max_entries = 20 };

static int make_folder(const char *name)
{
	_cleanup_free_ char *path = path_join(folder_path(), name);
	int fd;

	(void)path_remove_tree(AT_FDCWD, path);
	MUST(mkdir(path, 0700) == 0);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MUST(fd >= 0);
	return fd;
}

static struct fault *take_line(struct tree *t, const char *line, size_t len)
{
	_cleanup_doc_ struct doc *entry = NULL;
	struct fault *f;

	if (len == 0 || line[0] != '{')
		return fetch_take_bytes(t, line, len);
	f = json_parse("entry", line, len, 0, &entry);
	return f ? f : fetch_take_entry(t, entry);
}

static struct fault *take_all(struct tree *t, const char *data, size_t size)
{
	const char *end = data + size;

	while (data < end) {
		const char *nl = memchr(data, '\n', (size_t)(end - data)), *last = nl ? nl : end;

		TRY(take_line(t, data, (size_t)(last - data)));
		data = nl ? nl + 1 : end;
	}
	return NULL;
}

static void check_beside(void)
{
	DIR *d = opendir(folder_path());
	struct dirent *e;

	MUST(d);
	while ((e = readdir(d)))
		MUST(e->d_name[0] == '.' || streq(e->d_name, "tree") || streq(e->d_name, "copy"));
	MUST(closedir(d) == 0);
}

static void check_copy(int from, const char *digest)
{
	int to = make_folder("copy");
	_cleanup_tree_ struct tree *t = tree_new(to, &limits);
	char again[TREE_DIGEST_MAX];
	struct fault *f = tree_add_copy(t, from);

	MUST(!f);
	f = tree_end(t, again);
	MUST(!f && streq(again, digest));
	MUST(close(to) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = make_folder("tree");
	_cleanup_tree_ struct tree *t = tree_new(fd, &limits);
	char digest[TREE_DIGEST_MAX];
	struct fault *f = take_all(t, (const char *)data, size);

	if (!f)
		f = tree_end(t, digest);
	MUST(tree_bytes(t) <= limits.max_bytes && tree_entries(t) <= limits.max_entries);
	if (!f)
		check_copy(fd, digest);
	check_fault(f);
	check_beside();
	MUST(close(fd) == 0);
	return 0;
}
