/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bootstrap/net/archive.h"
#include "bootstrap/net/bundle-source.h"
#include "lib/base/file.h"
#include "lib/base/path.h"
#include "tests/unit/test.h"

/* Of the tests: small enough for a corpus that is made in a moment. */
#define MAX_BYTES 8500000
#define MAX_ENTRIES 200

/* What is in the honest ones: S size, D folder, L target. */
#define HONEST "on_create.sh:755:S21 lib:750:D lib/a:644:S100000 lib/link:777:L../on_create.sh " \
	       "deep:755:D deep/er:755:D deep/er/f:644:S0 n\xc3\xa4me:644:S5 "

static const struct {
	const char *file;
	const char *want; /* a fault's id, or what comes out of it */
	const char *words; /* that a fault has */
} corpus[] = {
	{ "honest.tar", HONEST, NULL },
	{ "honest-gnu.tar", HONEST, NULL },
	{ "honest.tar.gz", HONEST, NULL },
	{ "honest.tar.xz", HONEST, NULL },
	{ "honest.tar.zst", HONEST, NULL },
	{ "two-members.tar.gz", HONEST, NULL },
	{ "honest.zip", HONEST, NULL },
	{ "late-folder.tar", "d:755:D d/f:644:S1 ", NULL },
	{ "inside-links.tar", "a:755:D a/b:644:D a/b/up:777:L../../x here:777:L./a/b ", NULL },
	{ "absolute.tar", "bundle.hostile", "\"/etc/passwd\": its name is absolute" },
	{ "dotdot.tar", "bundle.hostile", "\"../evil\": its name leads upward" },
	{ "dotdot-inside.tar", "bundle.hostile", "leads upward" },
	{ "dotdot-end.tar", "bundle.hostile", "leads upward" },
	{ "control.tar", "bundle.hostile", "\"a?[2Jb\"" },
	{ "newline.tar", "bundle.hostile", "control characters" },
	{ "long.tar", "bundle.hostile", "too long" },
	{ "deep.tar", "bundle.hostile", "too deep" },
	{ "latin1.tar", "bundle.archive", "Pathname" },
	{ "self.tar", "bundle.hostile", "only a folder" },
	{ "twice.tar", "bundle.hostile", "\"f\": its name comes twice" },
	{ "twice-normalised.tar", "bundle.hostile", "\"a/f\": its name comes twice" },
	{ "twice-folder.tar", "bundle.hostile", "\"d\": its name comes twice" },
	{ "file-is-folder.tar", "bundle.hostile", "\"a/b\": it lies in what is no folder" },
	{ "folder-then-file.tar", "bundle.hostile", "\"a\": its name comes twice" },
	{ "through-link.tar", "bundle.hostile", "\"l/f\": it lies in what is no folder" },
	{ "hardlink.tar", "bundle.hostile", "\"g\": a hard link" },
	{ "hardlink-out.tar", "bundle.hostile", "\"g\": a hard link" },
	{ "fifo.tar", "bundle.hostile", "\"p\": neither a file" },
	{ "chardev.tar", "bundle.hostile", "\"null\": neither a file" },
	{ "blockdev.tar", "bundle.hostile", "\"sda\": neither a file" },
	{ "setuid.tar", "bundle.hostile", "\"su\": it has the setuid" },
	{ "setgid.tar", "bundle.hostile", "\"sg\": it has the setuid or setgid" },
	{ "setgid-folder.tar", "bundle.hostile", "setgid" },
	{ "link-absolute.tar", "bundle.hostile", "\"l\": a symbolic link that may leave" },
	{ "link-up.tar", "bundle.hostile", "may leave" },
	{ "link-up-deep.tar", "bundle.hostile", "may leave" },
	{ "link-later-up.tar", "bundle.hostile", "may leave" },
	{ "link-dot-up.tar", "bundle.hostile", "may leave" },
	{ "link-empty.tar", "bundle.hostile", "may leave" },
	{ "many.tar", "bundle.too_many", "more than 200 entries" },
	{ "large.tar", "bundle.too_large", "\"f\": " },
	{ "bomb.tar.xz", "bundle.too_large", "made to fill disks" },
	{ "bomb.zip", "bundle.too_large", "made to fill disks" },
	{ "nested.tar.gz", "bundle.archive", "compressed more than once" },
	{ "zeros.tar", "bundle.empty", "" },
	{ "empty", "bundle.empty", "0 bytes" },
	{ "text.tar", "bundle.archive", "" },
	{ "cut-header.tar", "bundle.archive", "" },
	{ "cut-data.tar", "bundle.archive", "" },
	{ "cut-mark.tar", "bundle.archive", "cut short" },
	{ "cut.tar.gz", "bundle.archive", "" },
	{ "cut-trailer.tar.gz", "bundle.archive", "" },
	{ "cut.tar.xz", "bundle.archive", "" },
	{ "cut.tar.zst", "bundle.archive", "" },
	{ "tail.tar", "bundle.archive", "follows the end" },
	{ "tail-far.tar", "bundle.archive", "follows the end" },
	{ "second.tar", "bundle.archive", "follows the end" },
	{ "tail.tar.gz", "bundle.archive", "follows the end" },
	{ "tail.tar.xz", "bundle.archive", "" },
	{ "tail.tar.zst", "bundle.archive", "" },
	{ "inner-tail.tar.gz", "bundle.archive", "follows the end" },
	{ "checksum.tar", "bundle.archive", "" },
	{ "size-lie.tar", "bundle.archive", "" },
	{ "flipped.tar.gz", "bundle.archive", "checksum is wrong" },
	{ "cut.zip", "bundle.archive", "cut short" },
	{ "cut-end.zip", "bundle.archive", "cut short" },
	{ "tail.zip", "bundle.archive", "cut short" },
	{ "dotdot.zip", "bundle.hostile", "leads upward" },
	{ "absolute.zip", "bundle.hostile", "absolute" },
	{ "link-out.zip", "bundle.hostile", "may leave" },
	{ "setuid.zip", "bundle.hostile", "setuid" },
	{ "fifo.zip", "p:644:S0 ", NULL }, /* libarchive makes a plain file of it; so do we */
	{ "twice.zip", "bundle.hostile", "comes twice" },
	{ "crc.zip", "bundle.archive", "" },
};

struct seen {
	struct buf text;
	uint64_t bytes;
};

static void end_file(struct seen *s)
{
	if (s->text.len > 0 && s->text.data[s->text.len - 1] == 'S')
		buf_addf(&s->text, "%llu ", (unsigned long long)s->bytes);
	s->bytes = 0;
}

static struct fault *on_entry(void *arg, const struct doc *e)
{
	struct seen *s = arg;
	const char *type = doc_str(e, "type");

	end_file(s);
	buf_addf(&s->text, "%s:%llo:", doc_str(e, "path"),
		 (unsigned long long)doc_integer(e, "mode", -1));
	if (streq(type, "file"))
		buf_adds(&s->text, "S");
	else if (streq(type, "dir"))
		buf_adds(&s->text, "D ");
	else
		buf_addf(&s->text, "L%s ", doc_str(e, "target"));
	return NULL;
}

static struct fault *on_bytes(void *arg, _unused_ const void *data, size_t len)
{
	((struct seen *)arg)->bytes += len;
	return NULL;
}

struct feed {
	struct buf all;
	size_t at, step;
	char *given; /* a block of its own, so that a reader who looks beyond it is found out */
};

static struct fault *on_read(void *arg, const void **ret, size_t *ret_len)
{
	struct feed *f = arg;

	*ret_len = MIN(f->step, f->all.len - f->at);
	free(f->given);
	f->given = xmalloc(*ret_len ? *ret_len : 1);
	if (*ret_len)
		memcpy(f->given, f->all.data + f->at, *ret_len);
	f->at += *ret_len;
	*ret = f->given;
	return NULL;
}

static const char *folder;

static void make_corpus(void)
{
	const char *srcdir = getenv("srcdir");
	_cleanup_free_ char *script = path_join(srcdir ? srcdir : ".", "tests/unit/archives.py");
	int status;
	pid_t pid;

	if (folder)
		return;
	folder = test_dir();
	pid = fork();
	if (pid == 0) {
		execlp("python3", "python3", script, folder, (char *)NULL);
		_exit(127);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
}

/* All of a file, by so many bytes a time. */
static struct fault *unpack(const char *name, size_t step, struct seen *s,
			    char digest[ARCHIVE_DIGEST_MAX])
{
	_cleanup_free_ char *path = path_join(folder, name);
	struct feed feed = { .step = step };
	_cleanup_bundle_out_ struct bundle_out out = {
		.source = name, .max_bytes = MAX_BYTES, .max_entries = MAX_ENTRIES,
		.sink = { on_entry, on_bytes, s },
	};
	struct fault *f = file_read(path, 32 << 20, &feed.all);

	if (!f)
		f = archive_unpack(&(struct archive_source){ on_read, &feed }, &out, digest);
	end_file(s);
	buf_done(&feed.all);
	free(feed.given);
	return f;
}

static void check_one(size_t i, size_t step)
{
	char digest[ARCHIVE_DIGEST_MAX];
	struct seen s = { 0 };
	_cleanup_fault_ struct fault *f = unpack(corpus[i].file, step, &s, digest);
	_cleanup_free_ char *text = buf_take(&s.text);

	if (!corpus[i].words) {
		CHECK_MSG(!f, "%s by %zu: %s", corpus[i].file, step, f ? f->message : "");
		CHECK_MSG(streq(text, corpus[i].want), "%s by %zu: %s", corpus[i].file, step, text);
		return;
	}
	CHECK_MSG(f, "%s by %zu is taken: %s", corpus[i].file, step, text);
	CHECK_MSG(str_startswith(f->id, corpus[i].want), "%s by %zu: %s: %s", corpus[i].file, step,
		  f->id, f->message);
	CHECK_MSG(strstr(f->message, corpus[i].words), "%s by %zu: %s", corpus[i].file, step,
		  f->message);
}

TEST(corpus)
{
	make_corpus();
	for (size_t i = 0; i < ARRAY_SIZE(corpus); i++)
		check_one(i, 262144);
}

TEST(corpus_in_small_pieces)
{
	make_corpus();
	for (size_t i = 0; i < ARRAY_SIZE(corpus); i++)
		check_one(i, 1021);
}

TEST(digest_is_of_the_packed_bytes)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_buf_ struct buf all = BUF_INIT;
	char digest[ARCHIVE_DIGEST_MAX], want[SHA256_HEX];
	struct seen s = { 0 };

	make_corpus();
	path = path_join(folder, "honest.tar.zst");
	CHECK_OK(unpack("honest.tar.zst", 4096, &s, digest));
	buf_done(&s.text);
	CHECK_OK(file_read(path, 1 << 20, &all));
	sha256_hex_of(all.data, all.len, want);
	CHECK_STR(digest + 7, want);
}

/* Every prefix of a packed archive is a fault, never less than was packed. */
TEST(cut_anywhere)
{
	static const char *const files[] = { "honest.tar.gz", "honest.tar.xz", "honest.tar.zst",
					     "honest.zip" };

	make_corpus();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *path = path_join(folder, files[i]);
		_cleanup_buf_ struct buf all = BUF_INIT;

		CHECK_OK(file_read(path, 1 << 20, &all));
		for (size_t n = all.len - 1; n > 0; n--) {
			char digest[ARCHIVE_DIGEST_MAX];
			struct seen s = { 0 };
			_cleanup_fault_ struct fault *f = NULL;
			_cleanup_free_ char *cut = path_join(folder, "cut");

			CHECK_OK(file_write_volatile(cut, all.data, n, 0600));
			f = unpack("cut", 65536, &s, digest);
			buf_done(&s.text);
			CHECK_MSG(f, "%zu of %zu bytes of %s are taken", n, all.len, files[i]);
		}
	}
}

/* Flipped bits crash nothing; what libarchive still takes, it takes inside our rules. */
TEST(flipped_bits)
{
	static const char *const files[] = { "honest.tar", "honest.tar.gz", "honest.tar.xz",
					     "honest.tar.zst", "honest.zip", "inside-links.tar" };

	make_corpus();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *path = path_join(folder, files[i]);
		_cleanup_buf_ struct buf all = BUF_INIT;

		CHECK_OK(file_read(path, 1 << 20, &all));
		for (size_t n = 0; n < MIN(all.len, 1500u); n++) {
			char digest[ARCHIVE_DIGEST_MAX];
			struct seen s = { 0 };
			_cleanup_free_ char *cut = path_join(folder, "flip");

			all.data[n] ^= (char)(1u << n % 8);
			CHECK_OK(file_write_volatile(cut, all.data, all.len, 0600));
			fault_free(unpack("flip", 65536, &s, digest));
			CHECK(!str_startswith(buf_str(&s.text), "..") &&
			      buf_str(&s.text)[0] != '/');
			buf_done(&s.text);
			all.data[n] ^= (char)(1u << n % 8);
		}
	}
}

TEST(sources)
{
	static const struct {
		const char *source, *bucket, *key, *region;
		bool archive;
	} rows[] = {
		{ "s3://b/p", "b", "p/", NULL, false },
		{ "s3://b/p/", "b", "p/", NULL, false },
		{ "s3://b", "b", "", NULL, false },
		{ "s3://b/", "b", "", NULL, false },
		{ "s3://b/x/y.tar.gz", "b", "x/y.tar.gz", NULL, true },
		{ "s3://b/x/y.tgz", "b", "x/y.tgz", NULL, true },
		{ "s3://b/y.tar.gz/", "b", "y.tar.gz/", NULL, false },
		{ "s3://b/y%20z.zip", "b", "y%20z.zip", NULL, true },
		{ "https://b.s3.eu-west-1.amazonaws.com/a%20b.zip", "b", "a b.zip", "eu-west-1",
		  true },
		{ "https://b.c.s3.amazonaws.com/p", "b.c", "p/", NULL, false },
		{ "https://s3.us-east-2.amazonaws.com/b/p/q.tar.xz", "b", "p/q.tar.xz", "us-east-2",
		  true },
		{ "https://b.s3.cn-north-1.amazonaws.com.cn/p", "b", "p/", "cn-north-1", false },
		{ "https://b.s3.dualstack.us-west-2.amazonaws.com/p", "b", "p/", "us-west-2",
		  false },
	};
	static const char *const bad[] = {
		"", "s3://", "s3:///x", "http://b.s3.amazonaws.com/x", "file:///x", "/x",
		"https://example.com/x.tar.gz", "https://b.s3.amazonaws.com.evil.example/x",
		"https://s3.amazonaws.com/", "https://b.s3.amazonaws.com/x?versionId=1",
		"https://b.s3.amazonaws.com/%zz", "https://b.s3.amazonaws.com/%00", "s3://b/\x1b",
		"https://b.s3.amazonaws.com/%1b",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_bundle_source_ struct bundle_source s = { 0 };

		CHECK_OK(bundle_source_parse(rows[i].source, &s));
		CHECK_STR(s.bucket, rows[i].bucket);
		CHECK_STR(s.key, rows[i].key);
		CHECK_STR(s.region, rows[i].region);
		CHECK(s.archive == rows[i].archive);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_bundle_source_ struct bundle_source s = { 0 };

		CHECK_FAULT(bundle_source_parse(bad[i], &s), "bundle.source");
	}
}

TEST_MAIN
