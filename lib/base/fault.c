/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define EVIDENCE_MAX (16 * 1024)

static char *format(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

static char *format(const char *fmt, va_list ap)
{
	char *s = NULL;

	if (vasprintf(&s, fmt, ap) < 0)
		die("out of memory");
	return s;
}

static struct fault *fault_make(const char *id, int errnum, char *message)
{
	struct fault *f = NEW(struct fault, 1);

	f->id = xstrdup(id);
	f->errnum = errnum;
	f->message = message;
	return f;
}

struct fault *fault_new(const char *id, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *message = format(fmt, ap);
	va_end(ap);
	return fault_make(id, 0, message);
}

struct fault *fault_errno(const char *id, int errnum, const char *fmt, ...)
{
	_cleanup_free_ char *words = NULL;
	int e = errnum < 0 ? -errnum : errnum;
	va_list ap;

	va_start(ap, fmt);
	words = format(fmt, ap);
	va_end(ap);
	return fault_make(id, e, xasprintf("%s: %s", words, strerror(e)));
}

struct fault *fault_wrap(struct fault *f, const char *fmt, ...)
{
	_cleanup_free_ char *words = NULL, *inner = NULL;
	va_list ap;

	if (!f)
		return NULL;
	va_start(ap, fmt);
	words = format(fmt, ap);
	va_end(ap);
	inner = TAKE_PTR(f->message);
	f->message = xasprintf("%s: %s", words, inner);
	return f;
}

struct fault *fault_as(struct fault *f, const char *id)
{
	if (!f)
		return NULL;
	char *copy = xstrdup(id); /* first: id may be the fault's own */
	free((char *)f->id);
	f->id = copy;
	return f;
}

struct fault *fault_evidence(struct fault *f, const char *text, size_t len)
{
	if (!f)
		return NULL;
	size_t kept = MIN(len, (size_t)EVIDENCE_MAX);
	char *copy = xmalloc(kept + 1);

	if (kept)
		memcpy(copy, text + (len - kept), kept);
	copy[kept] = '\0';
	free(f->evidence);
	f->evidence = copy;
	return f;
}

struct fault *fault_copy(const struct fault *f)
{
	if (!f)
		return NULL;
	struct fault *c = fault_make(f->id, f->errnum, xstrdup(f->message));

	c->evidence = xstrdup(f->evidence);
	return c;
}

bool fault_is(const struct fault *f, const char *id)
{
	return f && streq(f->id, id);
}

void fault_free(struct fault *f)
{
	if (!f)
		return;
	free((char *)f->id);
	free(f->message);
	free(f->evidence);
	free(f);
}
