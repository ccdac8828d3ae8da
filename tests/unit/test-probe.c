/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/path.h"
#include "lib/probe/disk.h"
#include "lib/probe/host.h"
#include "lib/probe/memory.h"
#include "tests/unit/child.h"
#include "tests/unit/test.h"

#define WORDS ((size_t)3 << 17) /* 3 MiB: several slices, and no power of two of them */
#define MIB ((uint64_t)1 << 20)

static uint64_t soon(void)
{
	return clock_boottime_ms() + 20000;
}

/* ---- memory */

struct spoiler { /* turns bits of a range that somebody else is testing */
	uint64_t *word;
	size_t at, n;
	uint64_t bits;
	int pass;	 /* in which it acts */
	bool clear;	 /* bits stuck at zero: in every pass */
};

static void *spoil_thread(void *arg)
{
	struct spoiler *s = arg;

	for (size_t i = s->at; i < s->at + s->n; i++)
		s->word[i] = s->clear ? s->word[i] & ~s->bits : s->word[i] ^ s->bits;
	return NULL;
}

static void spoil(void *arg, int pass)
{
	struct spoiler *s = arg;
	pthread_t thread;

	if (!s->clear && pass != s->pass)
		return;
	CHECK_INT(pthread_create(&thread, NULL, spoil_thread, s), 0);
	CHECK_INT(pthread_join(thread, NULL), 0);
}

static struct memory_test test_spoiled(uint64_t *word, struct spoiler *s)
{
	struct memory_range range = { word, WORDS, s ? spoil : NULL, s };
	struct memory_test t;

	if (s)
		s->word = word;
	CHECK_INT(memory_test_range(&range, soon(), &t), 0);
	return t;
}

TEST(sound_memory_holds)
{
	_cleanup_free_ uint64_t *word = NEW(uint64_t, WORDS);
	struct memory_test t = test_spoiled(word, NULL);

	CHECK_INT(t.error.count, 0);
	CHECK_INT(t.asked, WORDS * 8);
	CHECK_INT(t.verified, WORDS * 8);
	CHECK(t.threads >= 1 && t.threads <= MEMORY_THREADS_MAX);
}

TEST(a_bit_turned_in_the_middle_is_found)
{
	_cleanup_free_ uint64_t *word = NEW(uint64_t, WORDS);

	for (int pass = 0; pass < 2; pass++) {
		struct spoiler s = { .at = WORDS / 2, .n = 1, .bits = 1ull << 37, .pass = pass };
		struct memory_test t = test_spoiled(word, &s);

		CHECK_INT(t.error.count, 1);
		CHECK_INT(t.error.offset, WORDS / 2 * 8);
		CHECK(t.error.address == (uint64_t)(uintptr_t)&word[WORDS / 2]);
		CHECK(t.error.bits == 1ull << 37);
		CHECK((t.error.expected ^ t.error.found) == 1ull << 37);
		CHECK(!t.error.uncorrected);
	}
}

TEST(every_single_word_counts)
{
	static const size_t places[] = { 0, 1, WORDS / 3, WORDS - 2, WORDS - 1 };
	_cleanup_free_ uint64_t *word = NEW(uint64_t, WORDS);

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct spoiler s = { .at = places[i], .n = 1, .bits = 1, .pass = 1 };
		struct memory_test t = test_spoiled(word, &s);

		CHECK_INT(t.error.count, 1);
		CHECK_INT(t.error.offset, places[i] * 8);
	}
}

TEST(every_single_bit_counts)
{
	_cleanup_free_ uint64_t *word = NEW(uint64_t, WORDS);
	struct memory_range range = { word, 1009, spoil, NULL }; /* a prime: shares differ */
	struct memory_test t;

	for (int bit = 0; bit < 64; bit++) {
		struct spoiler s = { .word = word, .at = 1008, .n = 1, .bits = 1ull << bit };

		range.arg = &s;
		CHECK_INT(memory_test_range(&range, soon(), &t), 0);
		CHECK_INT(t.verified, 1009 * 8);
		CHECK_INT(t.error.count, 1);
		CHECK(t.error.bits == 1ull << bit);
	}
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

TEST(no_two_places_have_the_same_pattern)
{
	_cleanup_free_ uint64_t *word = NEW(uint64_t, WORDS);

	memory_fill(word, WORDS, 0, 1, false);
	qsort(word, WORDS, sizeof(*word), by_value);
	for (size_t i = 1; i < WORDS; i++)
		CHECK(word[i] != word[i - 1]);
}

/* Any one word holds the right value in one of the passes: the inverse finds what the other lets
 * through. */
TEST(a_stuck_bit_is_found_whatever_the_pattern)
{
	_cleanup_free_ uint64_t *word = NEW(uint64_t, WORDS);
	struct spoiler s = { .at = 77777, .n = 1, .bits = 1ull << 63, .clear = true };

	for (int i = 0; i < 16; i++) {
		struct memory_test t = test_spoiled(word, &s);

		CHECK_INT(t.error.count, 1);
		CHECK_INT(t.error.offset, 77777 * 8);
	}
}

TEST(errors_of_all_threads_add_up)
{
	_cleanup_free_ uint64_t *word = NEW(uint64_t, WORDS);
	struct spoiler s = { .at = 10, .n = WORDS - 20, .bits = 3, .pass = 0 };
	struct memory_test t = test_spoiled(word, &s);

	CHECK_INT(t.error.count, WORDS - 20);
	CHECK_INT(t.error.offset, 80);
}

/* Two addresses that lead to one cell: the same file mapped twice, side by side. */
TEST(aliasing_address_lines_are_found)
{
	size_t half = WORDS * 4;
	int fd = memfd_create("alias", MFD_CLOEXEC);
	char *base = mmap(NULL, half * 2, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct memory_test t;

	CHECK(fd >= 0 && base != MAP_FAILED && ftruncate(fd, (off_t)half) == 0);
	for (int i = 0; i < 2; i++)
		CHECK(mmap(base + half * (size_t)i, half, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED);
	t = test_spoiled((uint64_t *)(void *)base, NULL);
	CHECK(t.error.count >= WORDS / 2);
	munmap(base, half * 2);
	close(fd);
}

static void take_away(void *arg, int pass)
{
	if (pass == 0)
		CHECK_INT(ftruncate(*(int *)arg, (off_t)WORDS * 8 / 2), 0);
}

/* What the controller cannot correct arrives as SIGBUS, as does a page that is gone. */
TEST(memory_that_is_taken_away_is_an_error_and_no_crash)
{
	int fd = memfd_create("gone", MFD_CLOEXEC);
	struct memory_range range = { .n = WORDS, .written = take_away, .arg = &fd };
	struct sigaction ignored = { .sa_handler = SIG_IGN }, before, after;
	struct memory_test t;

	CHECK(fd >= 0 && ftruncate(fd, WORDS * 8) == 0);
	range.word = mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(range.word != MAP_FAILED);
	CHECK_INT(sigaction(SIGBUS, &ignored, &before), 0);
	CHECK_INT(memory_test_range(&range, soon(), &t), 0);
	CHECK(t.error.count >= 1);
	CHECK(t.error.uncorrected);
	CHECK(t.error.offset >= WORDS * 8 / 2 && t.error.offset < WORDS * 8);
	CHECK(t.error.address == (uint64_t)(uintptr_t)range.word + t.error.offset);
	CHECK(t.verified < t.asked);
	CHECK_INT(sigaction(SIGBUS, &before, &after), 0);
	CHECK(after.sa_handler == SIG_IGN);
	munmap(range.word, WORDS * 8);
	close(fd);
}

TEST(time_that_is_over_says_how_far_it_came)
{
	uint64_t begun = clock_boottime_ms();
	struct memory_test t;

	CHECK_INT(memory_test(512 * MIB, begun, &t), 0);
	CHECK(t.verified > 0);
	CHECK(t.verified < t.asked);
	CHECK_INT(t.error.count, 0);
	CHECK(clock_boottime_ms() - begun < 5000);
}

TEST(no_bytes_asked_none_verified)
{
	struct memory_test t;

	CHECK_INT(memory_test(0, soon(), &t), 0);
	CHECK_INT(t.verified, 0);
	CHECK_INT(memory_test(64 * MIB, soon(), &t), 0);
	CHECK_INT(t.verified, 64 * MIB);
}

/* ---- disk */

static bool is_empty(const char *folder)
{
	DIR *d = opendir(folder);
	size_t n = 0;

	CHECK(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n == 2; /* "." and ".." */
}

TEST(a_disk_gives_back_what_was_written)
{
	_cleanup_free_ char *folder = path_join(test_dir(), "disk");
	struct disk_test t;

	CHECK_INT(mkdir(folder, 0700), 0);
	CHECK_INT(disk_test(folder, 3 * MIB + 1, soon(), &t), 0);
	CHECK_INT(t.verified, 4 * MIB);
	CHECK_INT(t.bad_bytes, 0);
	CHECK(t.free > 0);
	CHECK(is_empty(folder));
	CHECK_INT(disk_test(folder, 3 * MIB, clock_boottime_ms(), &t), -ETIME);
	CHECK(is_empty(folder));
}

TEST(one_bit_of_a_disk_block_is_one_bad_byte)
{
	uint8_t want[4096], got[4096];
	struct disk_test t = { 0 };

	memset(want, 0x5a, sizeof(want));
	memcpy(got, want, sizeof(got));
	disk_compare(got, want, sizeof(got), 0, &t);
	CHECK_INT(t.bad_bytes, 0);
	got[4095] ^= 1;
	disk_compare(got, want, sizeof(got), 0, &t);
	CHECK_INT(t.bad_bytes, 1);
	CHECK_INT(t.bad_offset, 4095);
	t = (struct disk_test){ 0 };
	got[100] ^= 0x80;
	disk_compare(got, want, sizeof(got), MIB, &t);
	CHECK_INT(t.bad_bytes, 2);
	CHECK_INT(t.bad_offset, MIB + 100);
}

static int full_disk(void *arg)
{
	const char *folder = arg;
	struct disk_test t;

	if (!test_private_mounts())
		return 77;
	EXPECT(mount("tmpfs", folder, "tmpfs", 0, "size=2m,mode=0700") == 0);
	EXPECT(disk_test(folder, 8 * MIB, soon(), &t) == -ENOSPC);
	EXPECT(t.free == 2 * MIB);
	EXPECT(is_empty(folder));
	EXPECT(disk_test(folder, MIB, soon(), &t) == 0);
	EXPECT(t.verified == MIB);
	return 0;
}

TEST(a_full_disk_is_no_broken_one)
{
	_cleanup_free_ char *folder = path_join(test_dir(), "full");
	int r;

	CHECK_INT(mkdir(folder, 0700), 0);
	r = test_child(full_disk, folder);
	if (r == 77)
		printf("# SKIP: needs a private mount namespace\n");
	else
		CHECK_INT(r, 0);
}

/* File systems without O_TMPFILE: the file has a name for a moment. */
static int no_tmpfile(void *arg)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	struct disk_test t;

	EXPECT(filter);
	EXPECT(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EOPNOTSUPP), SCMP_SYS(openat), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, O_TMPFILE, O_TMPFILE)) == 0);
	EXPECT(seccomp_load(filter) == 0);
	seccomp_release(filter);
	EXPECT(open(arg, O_TMPFILE | O_RDWR, 0600) < 0 && errno == EOPNOTSUPP);
	EXPECT(disk_test(arg, MIB, soon(), &t) == 0);
	EXPECT(t.verified == MIB);
	return 0;
}

TEST(no_name_stays_behind)
{
	_cleanup_free_ char *folder = path_join(test_dir(), "notmpfile");

	CHECK_INT(mkdir(folder, 0700), 0);
	CHECK_INT(test_child(no_tmpfile, folder), 0);
	CHECK(is_empty(folder));
}

static int no_sync(void *arg)
{
	struct disk_test t;

	EXPECT(test_deny(SYS_fsync, EIO) == 0);
	EXPECT(disk_test(arg, MIB, soon(), &t) == -EIO);
	return 0;
}

TEST(a_sync_that_fails_is_an_error)
{
	_cleanup_free_ char *folder = path_join(test_dir(), "nosync");

	CHECK_INT(mkdir(folder, 0700), 0);
	CHECK_INT(test_child(no_sync, folder), 0);
	CHECK(is_empty(folder));
}

TEST_MAIN
