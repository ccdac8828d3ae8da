/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/aws/sigv4-internal.h"

void pairs_take(struct pairs *p, char *name, char *value)
{
	p->items = xrealloc(p->items, (p->n + 1) * sizeof(*p->items));
	p->items[p->n++] = (struct pair){ name, value };
}

/* Insertion sort: stable, and there are a handful. */
void pairs_sort(struct pairs *p, bool by_value)
{
	for (size_t i = 1; i < p->n; i++) {
		struct pair item = p->items[i];
		size_t k = i;

		for (; k > 0; k--) {
			int c = strcmp(p->items[k - 1].name, item.name);

			if (c == 0 && by_value)
				c = strcmp(p->items[k - 1].value, item.value);
			if (c <= 0)
				break;
			p->items[k] = p->items[k - 1];
		}
		p->items[k] = item;
	}
}

void pairs_done(struct pairs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->items[i].name);
		explicit_bzero(p->items[i].value, strlen(p->items[i].value));
		free(p->items[i].value);
	}
	free(p->items);
	*p = (struct pairs){ 0 };
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static char *squeeze(const char *s)
{
	struct buf out = BUF_INIT;

	for (; *s; s++) {
		bool blank = strchr(" \t\r\n", *s) != NULL;

		if (!blank)
			buf_addc(&out, *s);
		else if (out.len > 0 && out.data[out.len - 1] != ' ')
			buf_addc(&out, ' ');
	}
	if (out.len > 0 && out.data[out.len - 1] == ' ')
		out.data[--out.len] = '\0';
	return buf_take(&out);
}

void pairs_add_header(struct pairs *p, const char *name, const char *value)
{
	char *n = xstrdup(name);

	for (char *c = n; *c; c++)
		*c = lower(*c);
	pairs_take(p, n, squeeze(value ? value : ""));
}

static char *encoded(const char *s)
{
	struct buf out = BUF_INIT;

	sigv4_encode(&out, s ? s : "", false);
	return buf_take(&out);
}

void pairs_add_query(struct pairs *p, const char *name, const char *value)
{
	pairs_take(p, encoded(name), encoded(value));
}

char *pairs_join_query(const struct pairs *p)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < p->n; i++)
		buf_addf(&out, "%s%s=%s", i ? "&" : "", p->items[i].name, p->items[i].value);
	return buf_take(&out);
}

static void drop_last(struct buf *out)
{
	while (out->len > 0 && out->data[out->len - 1] != '/')
		out->len--;
	if (out->len > 0)
		out->len--;
	if (out->data)
		out->data[out->len] = '\0';
}

char *sigv4_clean_path(const char *path)
{
	struct buf out = BUF_INIT;
	bool slash = true; /* the path ends in one */

	while (*path) {
		path += strspn(path, "/");
		size_t n = strcspn(path, "/");
		bool here = n == 0 || (n == 1 && path[0] == '.');
		bool up = n == 2 && path[0] == '.' && path[1] == '.';

		slash = path[n] == '/' || here || up;
		if (up) {
			drop_last(&out);
		} else if (!here) {
			buf_addc(&out, '/');
			buf_add(&out, path, n);
		}
		path += n;
	}
	if (slash)
		buf_addc(&out, '/');
	return buf_take(&out);
}
