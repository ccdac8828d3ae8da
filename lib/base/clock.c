/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/clock.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "lib/base/file.h"

static bool test_seam;

static uint64_t read_ms(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) < 0)
		die("a clock that every supported kernel has is missing");
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t clock_boottime_ms(void)
{
	return read_ms(CLOCK_BOOTTIME);
}

uint64_t clock_realtime_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

uint64_t clock_cpu_ms(void)
{
	return read_ms(CLOCK_PROCESS_CPUTIME_ID);
}

void clock_test_seam(bool on)
{
	test_seam = on;
}

int clock_boot_id(char out[BOOT_ID_MAX])
{
	_cleanup_free_ char *line = NULL;
	const char *id = test_seam ? getenv("MUSTER_TEST_BOOT_ID") : NULL;

	if (!id) {
		int r = file_read_line("/proc/sys/kernel/random/boot_id", &line);
		if (r < 0)
			return r;
		id = line;
	}
	size_t n = strlen(id);

	if (!n || n >= BOOT_ID_MAX)
		return -EBADMSG;
	memcpy(out, id, n + 1);
	return 0;
}

const char *clock_rfc3339(uint64_t realtime_ms, char out[RFC3339_MAX])
{
	time_t t = (time_t)(realtime_ms / 1000);
	struct tm tm;
	size_t n = 0;

	if (gmtime_r(&t, &tm))
		n = strftime(out, RFC3339_MAX - 5, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(out + n, RFC3339_MAX - n, ".%03uZ", (unsigned)(realtime_ms % 1000));
	return out;
}

int clock_left(uint64_t deadline_ms)
{
	uint64_t now = clock_boottime_ms();

	if (deadline_ms <= now)
		return 0;
	return (int)MIN(deadline_ms - now, (uint64_t)INT_MAX);
}

void clock_sleep_ms(uint64_t ms)
{
	uint64_t now = clock_boottime_ms(), end;

	if (__builtin_add_overflow(now, ms, &end) || end / 1000 > INT64_MAX)
		end = INT64_MAX;
	struct timespec ts = { .tv_sec = (time_t)(end / 1000),
			       .tv_nsec = (long)(end % 1000) * 1000000 };

	while (ms && clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

uint64_t random_u64(void)
{
	uint64_t v;
	ssize_t n;

	do
		n = getrandom(&v, sizeof(v), 0);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(v))
		die("the kernel gives no random numbers");
	return v;
}

uint64_t random_below(uint64_t n)
{
	if (n == 0)
		return 0;
	uint64_t limit = UINT64_MAX - UINT64_MAX % n, v; /* the last whole multiple of n */

	do
		v = random_u64();
	while (v >= limit);
	return v % n;
}
