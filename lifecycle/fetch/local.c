/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/fetch/local.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/hash.h"
#include "lib/base/path.h"
#include "lib/net/operations.h"
#include "lifecycle/fetch/fetch.h"

#define CHUNK 262144
#define SCHEME "file://"

static struct fault *unreadable(const char *path, int errnum)
{
	return fault_errno("fetch.source", errnum, "cannot read %s", path);
}

/* Copies the archive to a nameless file while hashing it: what is unpacked is what was hashed,
 * whatever happens to the file meanwhile. */
static struct fault *take_archive(int from, int to, const char *path, char digest[TREE_DIGEST_MAX])
{
	_cleanup_free_ char *chunk = xmalloc(CHUNK);
	struct sha256 *h = sha256_new();
	uint8_t bytes[SHA256_SIZE];
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = read(from, chunk, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		r = n < 0 ? -errno : fd_write_all(to, chunk, (size_t)n);
		if (r == 0)
			sha256_add(h, chunk, (size_t)n);
	}
	sha256_end(h, bytes);
	if (r == 0 && lseek(to, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0)
		return unreadable(path, r);
	memcpy(digest, "sha256-", 7);
	hex_encode(bytes, sizeof(bytes), digest + 7);
	return NULL;
}

static int nameless(const char *folder)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		fd = memfd_create("archive", MFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static struct fault *unpack(const struct step_context *c, int from, const char *path,
			    struct tree *t, struct doc *result)
{
	const struct net_sink sink = { fetch_take_entry, fetch_take_bytes, t };
	_cleanup_doc_ struct doc *request = doc_object(), *answer = NULL;
	_cleanup_fd_ int copy = nameless(c->state_dir);
	char digest[TREE_DIGEST_MAX];

	if (copy < 0)
		return unreadable(path, copy);
	TRY(take_archive(from, copy, path, digest));
	doc_set_string(request, "source", path);
	if (c->config->lifecycle.max_bytes > 0 && c->config->lifecycle.max_bytes <= INT64_MAX)
		doc_set_int(request, "maxBytes", (int64_t)c->config->lifecycle.max_bytes);
	if (c->config->lifecycle.max_entries > 0)
		doc_set_int(request, "maxEntries", c->config->lifecycle.max_entries);
	TRY(net_call_with_fd(NET_UNPACK, request, c->deadline_ms, &sink, copy, &answer));
	doc_set_string(result, "format", "archive");
	doc_set_string(result, "archiveDigest", digest);
	return NULL;
}

struct fault *local_fetch(const struct step_context *c, struct tree *t, struct doc *result)
{
	const char *source = c->config->lifecycle.source;
	_cleanup_free_ char *path = path_rooted(c->root, source + strlen(SCHEME));
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return unreadable(path, errno);
	TRY(path_check_trusted(path));
	if (S_ISREG(st.st_mode))
		return unpack(c, fd, path, t, result);
	if (!S_ISDIR(st.st_mode))
		return fault_new("fetch.source", "%s is neither a folder nor an archive", path);
	doc_set_string(result, "format", "folder");
	return tree_add_copy(t, fd);
}
