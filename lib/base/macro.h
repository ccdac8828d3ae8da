/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Cleanup attributes and the few macros that everything else relies on. */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _must_check_ __attribute__((warn_unused_result))
#define _unused_ __attribute__((unused))
#define _pure_ __attribute__((pure))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* Hands a pointer on and forgets it here, so that the cleanup of this scope lets it live. */
#define TAKE_PTR(p) \
	({ \
		__typeof__(p) taken_ = (p); \
		(p) = NULL; \
		taken_; \
	})

/* The same for a descriptor. */
#define TAKE_FD(fd) \
	({ \
		int taken_ = (fd); \
		(fd) = -1; \
		taken_; \
	})

/* Defines `name##p`, the cleanup function of a pointer type; the destructor accepts NULL. */
#define DEFINE_CLEANUP(type, name) \
	static inline void name##p(type *p) \
	{ \
		if (*p) \
			name(*p); \
	}

static inline void freep(void *p)
{
	free(*(void **)p);
}

#define _cleanup_free_ _cleanup_(freep)

/* EX_OSERR, and no code of a verdict: a supervisor that ends with it has said nothing about the
 * machine and is started again. */
#define DIE_EXIT 71

/* Allocation that cannot be survived ends the process (DIE_EXIT, one line): every step is a
 * process of its own, and the supervisor knows what to do when one ends. Never NULL. */
_Noreturn void die(const char *what); /* what cannot be survived: one line on stderr, DIE_EXIT */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);		      /* xstrdup(NULL) is NULL */
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) _printf_(1, 2);
#define NEW(type, n) ((type *)xcalloc((n), sizeof(type)))

static inline bool streq(const char *a, const char *b)
{
	return a == b || (a && b && __builtin_strcmp(a, b) == 0);
}

bool str_startswith(const char *s, const char *prefix);
bool str_endswith(const char *s, const char *suffix);
