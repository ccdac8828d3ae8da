/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Text that strangers wrote, made fit for a document, a journal and a terminal. */

#include "lib/base/macro.h"

/* Whether these bytes are UTF-8 (RFC 3629) without control characters. */
bool words_are_clean(const char *data, size_t len);
/* A copy of at most max bytes (cut at a character): runs of white space become one blank, control
 * characters and what is no UTF-8 become '?'. Owned. */
char *words_clean(const char *data, size_t len, size_t max);
