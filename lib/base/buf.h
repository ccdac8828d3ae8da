/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A growing byte buffer, always NUL-terminated one past its length once it has grown. */

#include <stdarg.h>

#include "lib/base/macro.h"

struct buf {
	char *data; /* NULL while empty and never grown; owned */
	size_t len; /* bytes, without the NUL */
	size_t cap;
};

#define BUF_INIT ((struct buf){ 0 })

void buf_reserve(struct buf *b, size_t extra);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) _printf_(2, 3);
void buf_vaddf(struct buf *b, const char *fmt, va_list ap) _printf_(2, 0);
void buf_consume(struct buf *b, size_t n); /* drops the first n bytes */
void buf_reset(struct buf *b);		   /* length 0, memory kept */
char *buf_take(struct buf *b);		   /* the string, never NULL; the buffer is empty after */
const char *buf_str(const struct buf *b);  /* "" while empty */
void buf_done(struct buf *b);		   /* frees */
void buf_erase(struct buf *b);		   /* overwrites, then frees: for secrets */
#define _cleanup_buf_ _cleanup_(buf_done)
#define _cleanup_secret_buf_ _cleanup_(buf_erase)
