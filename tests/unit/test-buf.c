/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/parse.h"
#include "lib/base/strv.h"
#include "tests/unit/child.h"
#include "tests/unit/test.h"

TEST(empty_is_a_string)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	CHECK_STR(buf_str(&b), "");
	CHECK(!b.data);
	buf_adds(&b, NULL);
	buf_consume(&b, 5);
	buf_reset(&b);
	CHECK(!b.data);
	_cleanup_free_ char *s = buf_take(&b);
	CHECK_STR(s, "");
}

TEST(grows_and_stays_terminated)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	for (size_t i = 0; i < 5000; i++) {
		buf_addc(&b, (char)('a' + i % 26));
		CHECK_INT(b.len, i + 1);
		CHECK(b.data[b.len] == '\0' && b.cap > b.len);
	}
	for (size_t i = 0; i < 5000; i++)
		CHECK(b.data[i] == (char)('a' + i % 26));
}

TEST(holds_bytes)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	buf_add(&b, "a\0b", 3);
	buf_add(&b, NULL, 0);
	CHECK_INT(b.len, 3);
	CHECK(memcmp(b.data, "a\0b", 4) == 0);
}

TEST(formats_at_every_fill)
{
	for (size_t n = 0; n < 200; n++) {
		_cleanup_buf_ struct buf b = BUF_INIT;
		for (size_t i = 0; i < n; i++)
			buf_addc(&b, '.');
		buf_addf(&b, "%s-%d", "word", 42);
		CHECK_INT(b.len, n + 7);
		CHECK_STR(b.data + n, "word-42");
	}
}

TEST(consume_drops_the_front)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	buf_adds(&b, "hello world");
	buf_consume(&b, 6);
	CHECK_STR(buf_str(&b), "world");
	buf_consume(&b, 0);
	CHECK_STR(buf_str(&b), "world");
	buf_consume(&b, 100);
	CHECK_STR(buf_str(&b), "");
	CHECK_INT(b.len, 0);
}

TEST(reset_keeps_memory_take_gives_it)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	buf_adds(&b, "one");
	size_t cap = b.cap;
	buf_reset(&b);
	CHECK_STR(buf_str(&b), "");
	CHECK_INT(b.cap, cap);
	buf_adds(&b, "two");
	_cleanup_free_ char *s = buf_take(&b);
	CHECK_STR(s, "two");
	CHECK(!b.data && !b.len && !b.cap);
}

#define COPIES ((size_t)2000)

/* Twenty-four bytes that stand nowhere in the program as they are. */
static char secret_byte(size_t i)
{
	return (char)("Ln2Uq9xRb4Zt7Wc1Ve6Ys3Pd"[i] ^ 0x15);
}

static char window[1 << 20];

/* In a piece of memory that was copied into the window; the window itself does not count. */
static size_t count_in(uint64_t from, size_t len)
{
	const uint64_t own = (uintptr_t)window;
	size_t found = 0;

	for (size_t at = 0; at + 24 <= len; at++) {
		if (from + at >= own && from + at < own + sizeof(window))
			continue;
		size_t i = 0;
		while (i < 24 && window[at + i] == secret_byte(i))
			i++;
		found += i == 24;
	}
	return found;
}

/* How often the secret stands in this process's writable memory. Not the stack: the dynamic linker
 * may have saved registers there that memcpy had used. */
static size_t count_in_memory(void)
{
	_cleanup_buf_ struct buf maps = BUF_INIT;
	_cleanup_fd_ int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	size_t found = 0;

	(void)file_read_raw("/proc/self/maps", 1 << 22, &maps);
	_cleanup_strv_ char **lines = strv_split(buf_str(&maps), "\n");
	for (size_t i = 0; lines[i]; i++) {
		_cleanup_strv_ char **f = strv_split(lines[i], " -");
		uint64_t from = 0, to = 0;
		if (parse_hex(f[0], &from) < 0 || parse_hex(f[1], &to) < 0 || f[2][0] != 'r' ||
		    strlen(f[2]) < 2 || f[2][1] != 'w' || to - from > 64 << 20 ||
		    strv_contains(f, "[stack]"))
			continue;
		while (from < to) {
			ssize_t n = pread(mem, window, MIN(to - from, sizeof(window)), (off_t)from);
			if (n <= 0)
				break;
			found += count_in(from, (size_t)n);
			from += (uint64_t)n;
		}
	}
	return found;
}

TEST(erased_and_grown_buffers_leave_no_copy)
{
	struct buf b = BUF_INIT;

	/* often: what is given back is partly written over by others at once */
	for (size_t i = 0; i < COPIES * 24; i++)
		buf_addc(&b, secret_byte(i % 24));
	size_t found = count_in_memory(); /* one may lie across two windows */
	CHECK_MSG(found == COPIES || found == COPIES - 1, "%zu copies", found);
	buf_erase(&b);
	CHECK_INT(count_in_memory(), 0);
	CHECK(!b.data && !b.len && !b.cap);
	buf_erase(&b);
}

/* AddressSanitizer would end the process in its own way. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static int reserve_too_much(void *arg)
{
	struct buf b = BUF_INIT;

	(void)arg;
	(void)close(STDERR_FILENO);
	buf_adds(&b, "x");
	buf_reserve(&b, SIZE_MAX - 1);
	return 0;
}

static int allocate_too_much(void *arg)
{
	(void)arg;
	(void)close(STDERR_FILENO);
	return xcalloc(SIZE_MAX / 2, 4) ? 0 : 1;
}

TEST(impossible_memory_ends_the_process)
{
	CHECK_INT(test_child(reserve_too_much, NULL), 71);
	CHECK_INT(test_child(allocate_too_much, NULL), 71);
}

TEST(strings)
{
	CHECK(streq(NULL, NULL) && !streq(NULL, "") && !streq("", NULL) && streq("a", "a"));
	CHECK(str_startswith("abc", "ab") && str_startswith("abc", "") &&
	      !str_startswith("a", "ab") && !str_startswith(NULL, ""));
	CHECK(str_endswith("abc", "bc") && str_endswith("abc", "") && !str_endswith("c", "bc") &&
	      !str_endswith(NULL, ""));
	CHECK(!xstrdup(NULL));
	_cleanup_free_ char *n = xstrndup("abc", 2), *f = xasprintf("%d%s", 1, "x");
	CHECK_STR(n, "ab");
	CHECK_STR(f, "1x");
	char *given = n, *taken = TAKE_PTR(given);
	CHECK(!given && taken == n);
}

TEST_MAIN
