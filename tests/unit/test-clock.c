/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/clock.h"

#include <limits.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "tests/unit/test.h"

TEST(boottime_goes_on)
{
	uint64_t a = clock_boottime_ms();

	clock_sleep_ms(20);
	uint64_t b = clock_boottime_ms();
	CHECK_MSG(b >= a + 20 && b < a + 20000, "%llu ms", (unsigned long long)(b - a));
	clock_sleep_ms(0);
}

TEST(realtime_is_the_wall_clock)
{
	uint64_t ms = clock_realtime_ms();

	CHECK(ms / 1000 + 2 >= (uint64_t)time(NULL) && ms / 1000 <= (uint64_t)time(NULL));
}

TEST(cpu_counts_work_and_not_sleep)
{
	uint64_t a = clock_cpu_ms();

	clock_sleep_ms(100);
	CHECK(clock_cpu_ms() < a + 80);
	uint64_t end = clock_boottime_ms() + 10000;
	while (clock_cpu_ms() < a + 30 && clock_boottime_ms() < end)
		;
	CHECK(clock_cpu_ms() >= a + 30);
}

static void on_alarm(int sig)
{
	(void)sig;
}

TEST(sleep_is_whole_across_signals)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerspec every = { .it_value.tv_nsec = 3000000, .it_interval.tv_nsec = 3000000 };
	timer_t timer;

	CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
	CHECK(timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0);
	CHECK(timer_settime(timer, 0, &every, NULL) == 0);
	uint64_t a = clock_boottime_ms();
	clock_sleep_ms(50);
	uint64_t b = clock_boottime_ms();
	CHECK(timer_delete(timer) == 0);
	CHECK(b >= a + 50);
}

TEST(boot_id_is_the_kernels)
{
	_cleanup_free_ char *line = NULL;
	char id[BOOT_ID_MAX] = "";

	CHECK(setenv("MUSTER_TEST_BOOT_ID", "made-up", 1) == 0);
	CHECK_INT(clock_boot_id(id), 0);
	CHECK_INT(strlen(id), 36);
	CHECK_INT(file_read_line("/proc/sys/kernel/random/boot_id", &line), 0);
	CHECK_STR(id, line);
}

TEST(boot_id_has_a_seam_for_tests)
{
	char id[BOOT_ID_MAX] = "";

	clock_test_seam(true);
	CHECK(setenv("MUSTER_TEST_BOOT_ID", "second-boot", 1) == 0);
	int r = clock_boot_id(id);
	CHECK(setenv("MUSTER_TEST_BOOT_ID", "0123456789012345678901234567890123456789", 1) == 0);
	int longer = clock_boot_id(id);
	CHECK(unsetenv("MUSTER_TEST_BOOT_ID") == 0);
	char real[BOOT_ID_MAX] = "";
	int fallen_back = clock_boot_id(real);
	clock_test_seam(false);
	CHECK_INT(r, 0);
	CHECK_STR(id, "second-boot");
	CHECK_INT(longer, -EBADMSG);
	CHECK_INT(fallen_back, 0);
	CHECK_INT(strlen(real), 36);
}

TEST(rfc3339)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 951782400007, "2000-02-29T00:00:00.007Z" },
		{ 1767323045678, "2026-01-02T03:04:05.678Z" },
		{ 253402300799999, "9999-12-31T23:59:59.999Z" },
	};
	char out[RFC3339_MAX];

	CHECK(setenv("TZ", "America/New_York", 1) == 0);
	tzset();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_STR(clock_rfc3339(rows[i].ms, out), rows[i].text);
	(void)clock_rfc3339(UINT64_MAX, out); /* no year that fits: still a string */
	CHECK(strlen(out) < RFC3339_MAX);
}

TEST(time_left)
{
	uint64_t now = clock_boottime_ms();

	CHECK_INT(clock_left(0), 0);
	CHECK_INT(clock_left(now), 0);
	CHECK(clock_left(now + 60000) > 50000 && clock_left(now + 60000) <= 60000);
	CHECK_INT(clock_left(NO_DEADLINE), INT_MAX);
	CHECK_INT(clock_left(now + UINT64_C(100) * INT_MAX), INT_MAX);
}

TEST(random_is_spread)
{
	uint64_t all = 0, any = UINT64_MAX;
	unsigned seen[7] = { 0 };

	for (int i = 0; i < 200; i++) {
		uint64_t v = random_u64();
		all |= v;
		any &= v;
	}
	CHECK(all == UINT64_MAX && any == 0);
	for (int i = 0; i < 7000; i++) {
		uint64_t v = random_below(7);
		CHECK(v < 7);
		seen[v]++;
	}
	for (int i = 0; i < 7; i++) /* 1000 each; seven standard deviations are 205 */
		CHECK_MSG(seen[i] > 795 && seen[i] < 1205, "%d came %u times", i, seen[i]);
	CHECK_INT(random_below(0), 0);
	CHECK_INT(random_below(1), 0);
	for (int i = 0; i < 100; i++)
		CHECK(random_below((UINT64_C(1) << 63) + 1) <= UINT64_C(1) << 63);
}

TEST_MAIN
