/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A status document as a table for people: redrawn in place on a terminal, printed once
 * elsewhere. */

#include <stdio.h>

#include "lib/doc/doc.h"

struct table {
	unsigned lines; /* drawn last time */
	char *last;	/* the text drawn last time; owned */
};

/* Draws over what it drew before. */
void table_draw(struct table *t, const struct doc *status);
/* The whole text: state, steps, faults with what to do. Owned. */
char *table_text(const struct doc *status, bool colour);
void table_done(struct table *t);
