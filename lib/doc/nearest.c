/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/doc/nearest.h"

#include <string.h>

#define WORD_MAX 64

/* Optimal string alignment distance; rows hold the last two lines of the table and the new one. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
	unsigned rows[3][WORD_MAX + 1];

	for (unsigned j = 0; j <= m; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= n; i++) {
		unsigned *now = rows[i % 3];
		const unsigned *up = rows[(i + 2) % 3], *above = rows[(i + 1) % 3];

		now[0] = i;
		for (unsigned j = 1; j <= m; j++) {
			unsigned best = up[j - 1] + (a[i - 1] != b[j - 1]);

			best = MIN(best, MIN(up[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = MIN(best, above[j - 2] + 1);
			now[j] = best;
		}
	}
	return rows[n % 3][m];
}

void nearest_offer(struct nearest *n, const char *candidate)
{
	size_t len = strlen(n->word), other = strlen(candidate);
	unsigned edits;

	if (len == 0 || len > WORD_MAX || other > WORD_MAX)
		return;
	edits = distance(n->word, len, candidate, other);
	if (edits > MIN(1 + len / 4, (size_t)3) || edits >= MAX(len, other))
		return;
	if (!n->best || edits < n->edits) {
		n->best = candidate;
		n->edits = edits;
	}
}

char *nearest_words(const struct nearest *n)
{
	return n->best ? xasprintf("; did you mean \"%s\"?", n->best) : xstrdup("");
}
