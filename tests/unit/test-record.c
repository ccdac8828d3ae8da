/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/record.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/path.h"
#include "tests/unit/test.h"

static char *at(const char *name)
{
	return path_join(test_dir(), name);
}

static struct fault *collect(void *arg, const char *payload, size_t len)
{
	struct buf *b = arg;

	buf_add(b, payload, len);
	buf_addc(b, '|');
	return NULL;
}

/* What a reader sees, "|" after each record; an owned string, or the fault's id. */
static char *seen(const char *path)
{
	struct buf b = BUF_INIT;
	_cleanup_fault_ struct fault *f = record_replay(path, collect, &b);

	if (f) {
		buf_reset(&b);
		buf_adds(&b, f->id);
	}
	return buf_take(&b);
}

/* Opens, appends what is given (NULL: nothing), closes; what was there goes to *ret. */
static struct fault *add(const char *path, const char *payload, size_t *torn, struct buf *ret)
{
	_cleanup_(record_closep) struct record_log *log = NULL;

	TRY(record_open(path, ret ? collect : NULL, ret, torn, &log));
	return payload ? record_append(log, payload, strlen(payload)) : NULL;
}

static void rewrite(const char *path, const void *data, size_t len)
{
	CHECK_OK(file_write_volatile(path, data, len, 0600));
}

/* A log with the payloads "first", "second" and "third one", as bytes. */
static struct buf sample(void)
{
	_cleanup_free_ char *path = at("sample");
	struct buf b = BUF_INIT;

	(void)unlink(path);
	CHECK_OK(add(path, "first", NULL, NULL));
	CHECK_OK(add(path, "second", NULL, NULL));
	CHECK_OK(add(path, "third one", NULL, NULL));
	CHECK_OK(file_read(path, 10000, &b));
	return b;
}

/* Where the last line begins. */
static size_t last_line(const struct buf *b)
{
	size_t n = b->len - 1;

	while (b->data[n - 1] != '\n')
		n--;
	return n;
}

TEST(fresh_log)
{
	_cleanup_free_ char *path = at("fresh"), *none = seen(path), *want = NULL, *all = NULL;
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct stat st;
	size_t torn = 9;

	CHECK_STR(none, "");
	mode_t mask = umask(0);
	struct fault *f = add(path, NULL, &torn, NULL);
	(void)umask(mask);
	CHECK_OK(f);
	CHECK_INT(torn, 0);
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK_OK(add(path, "{\"a\":1}", &torn, NULL));
	CHECK_OK(file_read(path, 1000, &b));
	want = xasprintf("%08x muster-log 1\n%08x {\"a\":1}\n", crc32c(0, "muster-log 1", 12),
			 crc32c(0, "{\"a\":1}", 7));
	CHECK_STR(buf_str(&b), want);
	all = seen(path);
	CHECK_STR(all, "{\"a\":1}|");
}

TEST(records_come_back_in_order)
{
	_cleanup_free_ char *path = at("order"), *all = NULL, *big = xmalloc(RECORD_MAX + 1);
	_cleanup_buf_ struct buf replayed = BUF_INIT;

	CHECK_OK(add(path, "one", NULL, NULL));
	CHECK_OK(add(path, "", NULL, NULL)); /* an empty one is a record */
	CHECK_OK(add(path, "\x01\r\t deadbeef x", NULL, NULL));
	CHECK_OK(add(path, "last", NULL, &replayed));
	CHECK_STR(buf_str(&replayed), "one||\x01\r\t deadbeef x|");
	all = seen(path);
	CHECK_STR(all, "one||\x01\r\t deadbeef x|last|");
	memset(big, 'x', RECORD_MAX);
	big[RECORD_MAX] = '\0';
	CHECK_OK(add(path, big, NULL, NULL));
	buf_reset(&replayed);
	CHECK_OK(add(path, NULL, NULL, &replayed));
	CHECK_INT(replayed.len, strlen(all) + RECORD_MAX + 1);
}

TEST(what_is_refused)
{
	_cleanup_free_ char *path = at("refused"), *big = NEW(char, RECORD_MAX + 2), *all = NULL;
	_cleanup_(record_closep) struct record_log *log = NULL;

	memset(big, 'x', RECORD_MAX + 1);
	CHECK_OK(record_open(path, NULL, NULL, NULL, &log));
	CHECK_FAULT(record_append(log, big, RECORD_MAX + 1), "record.too_large");
	CHECK_FAULT(record_append(log, "a\nb", 3), "record.newline");
	CHECK_FAULT(record_append(log, "\n", 1), "record.newline");
	CHECK_OK(record_append(log, "fine", 4));
	all = seen(path);
	CHECK_STR(all, "fine|");
}

/* A power cut inside the last append: all lengths, with and without the lost bytes as zeros. */
static void check_torn(const struct buf *whole, size_t keep, bool zeros)
{
	_cleanup_free_ char *path = at("torn"), *read_only = NULL, *after = NULL;
	_cleanup_buf_ struct buf cut = BUF_INIT, same = BUF_INIT, before = BUF_INIT;
	size_t begin = last_line(whole), torn = 9;

	buf_add(&cut, whole->data, keep);
	for (size_t i = keep; zeros && i < whole->len; i++)
		buf_addc(&cut, '\0');
	rewrite(path, cut.data, cut.len);
	read_only = seen(path);
	CHECK_STR(read_only, "first|second|");
	CHECK(file_same(path, cut.data, cut.len)); /* a reader repairs nothing */
	CHECK_OK(add(path, "next", &torn, &before));
	CHECK_STR(buf_str(&before), "first|second|");
	CHECK_INT(torn, cut.len - begin);
	after = seen(path);
	CHECK_STR(after, "first|second|next|");
	CHECK_OK(file_read(path, 10000, &same));
	CHECK_INT(same.len, begin + 9 + strlen("next") + 1); /* nothing of the tail is left */
	CHECK(memcmp(same.data, whole->data, begin) == 0);
}

TEST(torn_tail_at_every_byte)
{
	_cleanup_buf_ struct buf whole = sample();

	for (size_t keep = last_line(&whole); keep < whole.len; keep++) {
		check_torn(&whole, keep, false);
		check_torn(&whole, keep, true);
	}
}

TEST(wrong_crc_in_the_last_line_is_torn)
{
	_cleanup_buf_ struct buf whole = sample();
	_cleanup_free_ char *path = at("crc");

	for (size_t i = last_line(&whole); i < whole.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			char old = whole.data[i];
			size_t torn = 0;
			whole.data[i] = (char)(old ^ (1 << bit));
			bool split = whole.data[i] == '\n';
			rewrite(path, whole.data, whole.len);
			whole.data[i] = old;
			if (split)
				continue;
			_cleanup_buf_ struct buf before = BUF_INIT;
			CHECK_OK(add(path, NULL, &torn, &before));
			CHECK_STR(buf_str(&before), "first|second|");
			CHECK_INT(torn, whole.len - last_line(&whole));
		}
}

/* The file as it is now is damaged in this line, for readers and for the writer, and stays. */
static void check_damaged(const char *path, const struct buf *b, size_t line)
{
	size_t torn = 77;

	rewrite(path, b->data, b->len);
	_cleanup_fault_ struct fault *r = record_replay(path, NULL, NULL);
	_cleanup_fault_ struct fault *w = add(path, "x", &torn, NULL);
	_cleanup_free_ char *want = xasprintf("%s: line %zu is ", path, line);
	CHECK_MSG(fault_is(r, "record.damaged"), "read: %s", r ? r->id : "no fault");
	CHECK_MSG(fault_is(w, "record.damaged"), "open: %s", w ? w->id : "no fault");
	CHECK_MSG(str_startswith(r->message, want), "%s", r->message);
	CHECK_STR(w->message, r->message);
	CHECK(file_same(path, b->data, b->len));
	CHECK_INT(torn, 77);
}

TEST(damage_before_the_last_line_at_every_byte)
{
	static const char changes[] = { '\n', '\0', ' ', '0', 'x', '\xff' };
	_cleanup_buf_ struct buf whole = sample();
	_cleanup_free_ char *path = at("damaged");
	size_t end = last_line(&whole), line = 1, tried = 0;

	for (size_t i = 0; i < end; i++) {
		char old = whole.data[i];
		for (size_t c = 0; c <= sizeof(changes); c++) {
			whole.data[i] = c < sizeof(changes) ? changes[c] : (char)(old ^ 1);
			if (whole.data[i] == old)
				continue;
			check_damaged(path, &whole, line);
			tried++;
		}
		whole.data[i] = old;
		line += old == '\n';
	}
	CHECK_INT(line, 4);
	CHECK(tried > end * 5);
}

TEST(missing_bytes_in_the_middle_are_damage)
{
	_cleanup_buf_ struct buf whole = sample();
	_cleanup_free_ char *path = at("hole");
	size_t line = 1;

	for (size_t i = 0; i < last_line(&whole); i++) {
		_cleanup_buf_ struct buf b = BUF_INIT;
		buf_add(&b, whole.data, i);
		buf_add(&b, whole.data + i + 1, whole.len - i - 1);
		check_damaged(path, &b, line);
		line += whole.data[i] == '\n';
	}
}

TEST(two_bad_lines_at_the_end_are_damage)
{
	_cleanup_buf_ struct buf b = sample();
	_cleanup_free_ char *path = at("two");

	buf_adds(&b, "garbage\nmore garbage");
	check_damaged(path, &b, 5);
}

TEST(torn_header_at_every_byte)
{
	_cleanup_free_ char *path = at("header"), *all = NULL;
	_cleanup_buf_ struct buf whole = sample();
	size_t header = strcspn(whole.data, "\n") + 1, torn;

	for (size_t keep = 0; keep < header; keep++)
		for (int zeros = 0; zeros < 2; zeros++) {
			char bytes[64] = { 0 };
			memcpy(bytes, whole.data, keep);
			size_t len = zeros ? header : keep;
			rewrite(path, bytes, len);
			free(all);
			all = seen(path);
			CHECK_STR(all, "");
			CHECK_OK(add(path, "new", &torn, NULL));
			CHECK_INT(torn, len);
			free(all);
			all = seen(path);
			CHECK_STR(all, "new|");
			CHECK_INT(unlink(path), 0);
		}
}

TEST(other_files_are_left_alone)
{
	static const char *const texts[] = { "hello", "hello\n", "12345678 muster-log 1\n",
					     "{\"kind\":\"Node\"}\n{}\n", "\n" };
	_cleanup_free_ char *path = at("other"), *v2 = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct buf b = { .data = (char *)texts[i], .len = strlen(texts[i]) };
		check_damaged(path, &b, 1);
	}
	v2 = xasprintf("%08x muster-log 2\n", crc32c(0, "muster-log 2", 12));
	struct buf b = { .data = v2, .len = strlen(v2) };
	check_damaged(path, &b, 1); /* "line 1 is not the header" */
}

TEST(only_regular_files)
{
	_cleanup_free_ char *target = at("target"), *link = at("link"), *fifo = at("fifo");
	_cleanup_free_ char *dir = at("dir"), *nowhere = at("nowhere/log");

	CHECK(symlink(target, link) == 0 && mkfifo(fifo, 0600) == 0 && mkdir(dir, 0700) == 0);
	CHECK_FAULT(add(link, "x", NULL, NULL), "record.unwritable");
	CHECK(access(target, F_OK) < 0);
	CHECK_FAULT(add(fifo, "x", NULL, NULL), "record.unreadable");
	CHECK_FAULT(add(dir, "x", NULL, NULL), "record.unwritable");
	CHECK_FAULT(add(nowhere, "x", NULL, NULL), "record.unwritable");
	CHECK_FAULT(record_replay(link, NULL, NULL), "record.unreadable");
	CHECK_FAULT(record_replay(fifo, NULL, NULL), "record.unreadable");
	CHECK_FAULT(record_replay(dir, NULL, NULL), "record.unreadable");
}

static struct fault *stop_at_second(void *arg, const char *payload, size_t len)
{
	size_t *calls = arg;

	++*calls;
	if (len == 6 && memcmp(payload, "second", 6) == 0)
		return fault_new("test.stop", "stop");
	return NULL;
}

TEST(a_readers_fault_stops_and_is_returned)
{
	_cleanup_buf_ struct buf whole = sample();
	_cleanup_free_ char *path = at("sample");
	struct record_log *log = NULL;
	size_t calls = 0;

	CHECK_FAULT(record_replay(path, stop_at_second, &calls), "test.stop");
	CHECK_INT(calls, 2);
	CHECK_FAULT(record_open(path, stop_at_second, &calls, NULL, &log), "test.stop");
	CHECK(!log);
	CHECK_OK(add(path, NULL, NULL, NULL)); /* and the lock is free again */
	CHECK(file_same(path, whole.data, whole.len));
	record_close(NULL);
}

TEST_MAIN
