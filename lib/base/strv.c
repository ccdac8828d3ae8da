/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/strv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"

size_t strv_len(char *const *v)
{
	size_t n = 0;

	while (v && v[n])
		n++;
	return n;
}

void strv_push(char ***v, char *s)
{
	size_t n = strv_len(*v);

	if (!s)
		return;
	*v = xrealloc(*v, (n + 2) * sizeof(char *));
	(*v)[n] = s;
	(*v)[n + 1] = NULL;
}

void strv_add(char ***v, const char *s)
{
	strv_push(v, xstrdup(s));
}

void strv_addf(char ***v, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	strv_push(v, buf_take(&b));
}

char **strv_copy(char *const *v)
{
	size_t n = strv_len(v);
	char **c = NEW(char *, n + 1);

	for (size_t i = 0; i < n; i++)
		c[i] = xstrdup(v[i]);
	return c;
}

/* The next part at *s, which moves past it; 0 at the end. */
static size_t next_part(const char **s, const char *separators, const char **part)
{
	*part = *s + strspn(*s, separators);
	size_t n = strcspn(*part, separators);

	*s = *part + n;
	return n;
}

char **strv_split(const char *s, const char *separators)
{
	const char *p = s, *part;
	size_t n = 0, i = 0, len;

	while (p && next_part(&p, separators, &part))
		n++;
	char **v = NEW(char *, n + 1);

	while (s && (len = next_part(&s, separators, &part)))
		v[i++] = xstrndup(part, len);
	return v;
}

char *strv_join(char *const *v, const char *separator)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; v && v[i]; i++) {
		if (i)
			buf_adds(&b, separator);
		buf_adds(&b, v[i]);
	}
	return buf_take(&b);
}

bool strv_contains(char *const *v, const char *s)
{
	for (size_t i = 0; v && v[i]; i++)
		if (streq(v[i], s))
			return true;
	return false;
}

/* The index of NAME=..., or the length. */
static size_t env_find(char *const *env, const char *name)
{
	size_t n = strlen(name), i = 0;

	for (; env && env[i]; i++)
		if (strncmp(env[i], name, n) == 0 && env[i][n] == '=')
			break;
	return i;
}

static void remove_at(char **v, size_t i)
{
	free(v[i]);
	memmove(v + i, v + i + 1, strv_len(v + i + 1) * sizeof(char *) + sizeof(char *));
}

void strv_env_set(char ***env, const char *name, const char *value)
{
	size_t i = env_find(*env, name);
	bool found = i < strv_len(*env);

	if (!value) {
		if (found)
			remove_at(*env, i);
		return;
	}
	char *entry = xasprintf("%s=%s", name, value);

	if (!found) {
		strv_push(env, entry);
		return;
	}
	free((*env)[i]);
	(*env)[i] = entry;
}

const char *strv_env_get(char *const *env, const char *name)
{
	size_t i = env_find(env, name);

	return i < strv_len(env) ? env[i] + strlen(name) + 1 : NULL;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(char **v)
{
	size_t n = strv_len(v);

	if (n > 1)
		qsort(v, n, sizeof(char *), compare);
}

void strv_free(char **v)
{
	for (size_t i = 0; v && v[i]; i++)
		free(v[i]);
	free(v);
}
