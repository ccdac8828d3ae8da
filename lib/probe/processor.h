/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Processors: all of them at once compute something whose answer is known, again and again. What
 * heats a machine and compares nothing proves nothing. */

#include "lib/base/macro.h"

#define PROCESSOR_ANSWER 32 /* bytes of what a round answers */

struct processor_test {
	int tested;	 /* processors that this process may run on */
	uint64_t rounds; /* of all of them together */
	int wrong;	 /* processors that answered wrong at least once */
	int first_wrong; /* the kernel's number of the first of them; -1: none */
	uint64_t ms;
};

/* One thread on each processor, at low priority, until the boottime deadline; each makes at least
 * one round. 0 or -errno: a thread could not be started or held on its processor. */
int processor_test(uint64_t deadline_ms, struct processor_test *ret);

/* The same with another round, which tests spoil. It runs on processor `cpu`, for many at once. */
typedef void (*processor_round)(void *arg, int cpu, uint8_t answer[PROCESSOR_ANSWER]);
int processor_test_round(processor_round round, void *arg, uint64_t deadline_ms,
			 struct processor_test *ret);

/* A round: 4,096 words by integer multiplication, division and shifts, each folded with a double
 * by addition and division (IEEE 754 leaves them one answer), and SHA-256 over them, which takes
 * the vector or SHA units where libcrypto has code for them. */
void processor_compute(uint8_t answer[PROCESSOR_ANSWER]);
/* What it must answer: computed once in Python (integers, floats, hashlib). */
extern const uint8_t processor_known[PROCESSOR_ANSWER];
