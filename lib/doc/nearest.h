/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* "Did you mean": the candidate with the fewest edits (insertions, deletions, replacements,
 * swaps of neighbours), if they are few for the word's length. */

#include "lib/base/macro.h"

struct nearest {
	const char *word; /* what was written; words over 64 bytes have nothing near */
	const char *best; /* borrowed from the candidates; NULL while nothing is near */
	unsigned edits;
};

void nearest_offer(struct nearest *n, const char *candidate);
/* `; did you mean "x"?`, or "" when nothing is near; owned. */
char *nearest_words(const struct nearest *n);
