/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the files behind options.h share; nobody else includes it. */

#include "lib/doc/options.h"

#define PROGRAM "muster"

/* True while *row is a row: `for (r = rows; option_more(r); r++)`; NULL has none. */
static inline bool option_more(const struct option_row *row)
{
	return row && row->kind != OPTION_END;
}

static inline bool option_takes_value(const struct option_row *row)
{
	return row->kind != OPTION_FLAG;
}

bool verb_wants_files(const struct verb *v);
/* Words with one blank between. */
void add_words(const char *const *words, struct buf *out);
/* The help line with the choices, "Which gate (auto, label)". */
void add_option_help(const struct option_row *row, struct buf *out);
/* In single quotes, for sh, bash and zsh. */
void add_quoted(const char *s, struct buf *out);

/* Calls fn for every paragraph: filled ones as one line of words, kept ones line by line, an empty
 * line as one that is kept. */
typedef void (*paragraph_fn)(void *arg, const char *text, size_t len, bool filled);
void paragraphs(const char *text, paragraph_fn fn, void *arg);
