/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/path.h"
#include "lifecycle/join/plan.h"

/* In the order in which they are written: what others name comes before them. */
static const struct join_file {
	const char *path;
	mode_t mode;
	join_maker make;
} join_files[] = {
	{ PATH_CA, 0644, make_ca },
	{ PATH_RUNTIME_SPEC, 0644, make_runtime_spec },
	{ PATH_CONTAINERD, 0644, make_containerd },
	{ PATH_PROVIDER_CONFIG, 0644, make_provider_config },
	{ PATH_KUBECONFIG, 0600, make_kubeconfig },
	{ PATH_KUBELET_CONFIG, 0644, make_kubelet_config },
	{ PATH_KUBELET_DROPIN, 0644, make_kubelet_dropin },
	{ PATH_KUBELET_ENV, 0644, make_kubelet_environment },
};

static bool has_mode(const char *path, mode_t mode)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & 07777) == mode;
}

static struct fault *write_one(const struct join_file *file, const char *path,
			       const struct buf *text, bool *ret_changed)
{
	*ret_changed = false;
	if (text->len == 0) {
		if (unlink(path) == 0)
			*ret_changed = true;
		else if (errno != ENOENT && errno != ENOTDIR)
			return fault_errno("file.unwritable", errno, "cannot remove %s", path);
		return NULL;
	}
	if (file_same(path, text->data, text->len) && has_mode(path, file->mode))
		return NULL;
	*ret_changed = true;
	return file_write_atomic(path, text->data, text->len, file->mode);
}

struct fault *files_write(const struct join_plan *p, const char *root, struct doc **ret)
{
	struct buf texts[ARRAY_SIZE(join_files)] = { 0 };
	_cleanup_doc_ struct doc *changed = doc_array();
	struct fault *f = NULL;
	bool differs;

	/* All are made before the first is written: a refused value changes nothing. */
	for (size_t i = 0; !f && i < ARRAY_SIZE(join_files); i++)
		f = join_files[i].make(p, &texts[i]);
	for (size_t i = 0; !f && i < ARRAY_SIZE(join_files); i++) {
		_cleanup_free_ char *path = path_rooted(root, join_files[i].path);

		f = write_one(&join_files[i], path, &texts[i], &differs);
		if (!f && differs)
			doc_push(changed, doc_string(join_files[i].path));
	}
	for (size_t i = 0; i < ARRAY_SIZE(join_files); i++)
		buf_done(&texts[i]);
	if (!f)
		*ret = TAKE_PTR(changed);
	return f;
}
