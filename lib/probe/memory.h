/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Memory: written with a known pattern, read back, every word compared; then the same with every
 * bit inverted, so that each cell has held both values. A word's pattern depends on its place and
 * on a random seed: address lines that stick or alias are seen, and no earlier run's contents
 * pass. What was written is put out of the processor's caches before it is read. */

#include "lib/base/macro.h"

#define MEMORY_THREADS_MAX 8

struct memory_error { /* of the first, unless said otherwise */
	uint64_t offset;   /* of the word in the tested range, bytes */
	uint64_t address;  /* virtual; with uncorrected, of the page that the kernel took away */
	uint64_t expected; /* what was written, 0 with uncorrected */
	uint64_t found;
	uint64_t bits;	   /* that differ */
	uint64_t count;	   /* words that differ, and slices given up for uncorrected */
	bool uncorrected;  /* the memory controller said it first: SIGBUS while we looked */
};

struct memory_test {
	uint64_t asked;	   /* bytes */
	uint64_t verified; /* bytes written and compared in both passes; less where time ran out */
	int threads;
	uint64_t ms;
	struct memory_error error; /* count 0: none */
};

/* Tests up to `bytes` of fresh memory with one thread per processor (at most MEMORY_THREADS_MAX),
 * and ends in time whatever the size: a third of the time writes, and what was written is
 * verified. 0 or -errno (no memory, no thread). Handles SIGBUS meanwhile; one test at a time. */
int memory_test(uint64_t bytes, uint64_t deadline_ms, struct memory_test *ret);

/* The same over n words that the caller has. `written`, when not NULL, is called after all threads
 * have written and before any compares: pass 0 is the pattern, pass 1 its inverse. That is where
 * the tests spoil memory. */
struct memory_range {
	uint64_t *word;
	size_t n;
	void (*written)(void *arg, int pass);
	void *arg;
};
int memory_test_range(const struct memory_range *range, uint64_t deadline_ms,
		      struct memory_test *ret);

/* The two halves, for one range. `first` is the number of the range's first word. */
void memory_fill(uint64_t *word, size_t n, uint64_t first, uint64_t seed, bool inverted);
/* Adds what differs to *error, which keeps the first. */
void memory_compare(const uint64_t *word, size_t n, uint64_t first, uint64_t seed, bool inverted,
		    struct memory_error *error);
