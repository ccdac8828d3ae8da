/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* When to try again. Pure but for the dice: exponential backoff with full jitter (the delay is
 * uniform between 0 and the cap of its attempt), inside a total deadline.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */

#include "lib/base/macro.h"

struct retry {
	uint64_t base_ms;     /* cap of the first delay */
	uint64_t max_ms;      /* no cap grows beyond */
	unsigned max_attempts; /* 0: only the deadline ends it */
};

extern const struct retry retry_request; /* in a request: 100 ms, 5 s, AWS_MAX_ATTEMPTS or 4 */
extern const struct retry retry_step;	 /* between attempts of a step: 1 s, 60 s, 0 */

/* Delay before attempt number `attempt` (2 is the first repetition); `die` is a random number in
 * [0, 2^32), so that tests decide it. retry_after_ms (0: none) is a floor, plus a tenth of
 * jitter. */
uint64_t retry_delay(const struct retry *r, unsigned attempt, uint64_t retry_after_ms,
		     uint32_t die);
/* Whether an HTTP status or an errno-like transport failure is worth another try. */
bool retry_status(int http_status); /* 408 429 500 502 503 504 */
