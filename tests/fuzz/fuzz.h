/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A fuzz program is one file that defines this function, which ends the process when something
 * that always holds does not. It is linked with libFuzzer by fuzz.sh, and with replay.c by
 * `make check`, which runs it over its corpus. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond) \
	do { \
		if (!(cond)) { \
			(void)fprintf(stderr, "%s:%d: %s is false\n", __FILE__, __LINE__, #cond); \
			abort(); \
		} \
	} while (0)
