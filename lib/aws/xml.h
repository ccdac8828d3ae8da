/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* As much XML as S3 answers with: elements, text, the five entities and character references. No
 * DOCTYPE, no CDATA, depth 8, names of 64 bytes. Pure. */

#include "lib/base/fault.h"

/* Called when an element ends: its path ("ListBucketResult/Contents/Key") and its own text, in
 * document order. A fault stops the scan. */
typedef struct fault *(*xml_fn)(void *arg, const char *path, const char *text);

/* Fault s3.xml: not well-formed, or more than is read here. */
struct fault *xml_scan(const char *data, size_t len, xml_fn fn, void *arg) _must_check_;
