/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A fuzz program is one file that defines LLVMFuzzerTestOneInput, which ends the process when
 * something that always holds does not. It is linked with replay.c by `make check`, which runs it
 * over its corpus, and with libFuzzer instead by fuzz.sh (FUZZ_ENGINE is defined then). */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond) \
	do { \
		if (!(cond)) { \
			(void)fprintf(stderr, "%s:%d: %s is false\n", __FILE__, __LINE__, #cond); \
			abort(); \
		} \
	} while (0)

/* A fault has a dotted id of our own and words; it is freed. Whoever has been given something wrong
 * is told so on one line, without control characters: messages go to journal and terminal. */
static inline void check_fault(struct fault *f)
{
	if (!f)
		return;
	MUST(f->id && strchr(f->id, '.') && f->message && f->message[0]);
	MUST(strlen(f->message) < 16384);
	for (const char *s = f->message; *s; s++)
		MUST((unsigned char)*s >= ' ' && *s != 0x7f);
	fault_free(f);
}
