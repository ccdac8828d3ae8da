/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/retry.h"

const struct retry retry_request = { .base_ms = 100, .max_ms = 5000, .max_attempts = 4 };
const struct retry retry_step = { .base_ms = 1000, .max_ms = 60000, .max_attempts = 0 };

static uint64_t share(uint64_t whole, uint32_t die)
{
	return (uint64_t)(((unsigned __int128)whole * die) >> 32);
}

static uint64_t cap_of(const struct retry *r, unsigned attempt)
{
	uint64_t cap = r->base_ms;

	for (unsigned i = 2; i < attempt && cap < r->max_ms; i++)
		cap *= 2;
	return MIN(cap, r->max_ms);
}

uint64_t retry_delay(const struct retry *r, unsigned attempt, uint64_t retry_after_ms, uint32_t die)
{
	uint64_t delay = share(cap_of(r, attempt), die);
	uint64_t least = retry_after_ms + share(retry_after_ms / 10, die);

	return MAX(delay, least);
}

bool retry_status(int http_status)
{
	static const int worth[] = { 408, 429, 500, 502, 503, 504 };

	for (size_t i = 0; i < ARRAY_SIZE(worth); i++)
		if (worth[i] == http_status)
			return true;
	return false;
}
