/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the readers and writers of this folder share; nobody else includes it. */

#include "lib/doc/doc.h"

/* "SOURCE:LINE: words", the line left out where it is 0. */
struct fault *text_fault(const char *id, const char *source, unsigned line, const char *fmt, ...)
	_printf_(4, 5) _must_check_;
/* Checks size, UTF-8 and NUL, and steps over a byte order mark. */
struct fault *text_check(const char *source, const char **text, size_t *len, size_t max)
	_must_check_;
unsigned text_line(const char *text, size_t offset); /* 1-based line of a byte */
/* A JSON pointer for a fault: "/" for the whole document, control characters escaped, and of a
 * long one its first 200 bytes. Takes the pointer, NULL where there is none; owned. */
char *text_pointer(char *pointer);

/* Bytes of the UTF-8 sequence (RFC 3629, table 3-7 of Unicode) at s: 1 to 4, 0 when it is none.
 * Its code point goes to *ret. */
size_t utf8_next(const char *s, size_t len, uint32_t *ret);

/* A JSON string with its quotes. Controls, line separators and what YAML calls not printable are
 * escaped, so that the text is also a YAML double-quoted scalar. */
void json_write_string(const char *s, struct buf *out);
void json_write_double(double v, struct buf *out);
/* Bytes of the JSON number at s; 0 when there is none. */
size_t json_number_len(const char *s, size_t len);
/* Reads a whole text as a number: DOC_INT when it is an integer of int64, else DOC_DOUBLE; false
 * when it is no JSON number or beyond what a double holds. */
bool json_number(const char *s, size_t len, struct doc *ret);

/* One token of a JSON text that has a value or a key behind it. */
struct json_mark {
	uint32_t offset;
	uint32_t line;
};

/* The strict pass over a JSON text; *ret is owned, in document order. */
struct fault *json_scan(const char *source, const char *text, size_t len, struct json_mark **ret,
			size_t *ret_n) _must_check_;

/* Adds a child without looking whether its key is there already. */
void doc_append(struct doc *parent, struct doc *child);
/* Fault doc.duplicate_key for the first key that an object of the tree has twice. */
struct fault *doc_check_keys(const char *source, const struct doc *root) _must_check_;
/* What a plain scalar spells; false when it is a string. The result owns nothing. */
bool doc_spelled(const struct doc *d, struct doc *ret);
/* Members of an object in the order of their keys' bytes: owned array of borrowed pointers. */
const struct doc **doc_sorted(const struct doc *object);
