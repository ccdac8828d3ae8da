/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Time. Deadlines and budgets use boottime, which no clock step moves; the wall clock is only
 * for people. All in milliseconds. */

#include "lib/base/macro.h"

#define BOOT_ID_MAX 40
#define NO_DEADLINE UINT64_MAX

uint64_t clock_boottime_ms(void); /* CLOCK_BOOTTIME */
uint64_t clock_realtime_ms(void); /* CLOCK_REALTIME since 1970 */
uint64_t clock_cpu_ms(void);	  /* this process: user + system */
/* /proc/sys/kernel/random/boot_id; MUSTER_TEST_BOOT_ID in the environment stands in for it only in
 * a process that is told so by clock_test_seam(true). 0 or -errno. */
int clock_boot_id(char out[BOOT_ID_MAX]);
void clock_test_seam(bool on);
/* RFC 3339, UTC, "2026-01-02T03:04:05.678Z" */
#define RFC3339_MAX 32
const char *clock_rfc3339(uint64_t realtime_ms, char out[RFC3339_MAX]);
/* Milliseconds left until a boottime deadline: 0 when past, capped to INT_MAX for poll. */
int clock_left(uint64_t deadline_ms);
void clock_sleep_ms(uint64_t ms);
/* Random 64 bits of getrandom: jitter, ids. */
uint64_t random_u64(void);
uint64_t random_below(uint64_t n); /* uniform in [0, n); 0 for n == 0 */
