/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/doc/redact.h"

#include <regex.h>
#include <string.h>

#include "lib/base/strv.h"

#define KEY_CALLS 120 /* lines of the longest private key; then its END is lost */
#define RUN_MIN 40    /* characters of an AWS secret key; its session tokens are longer */

/* group: what is taken out of a match. Names are words of [A-Za-z0-9_.-] that hold the word; a
 * value is what stands in quotes, or goes on to white space or to what ends one in JSON, YAML, a
 * query or a shell. "credential" and "signature" take no plain colon: prose has them before one. */
#define NAME(words) "[A-Za-z0-9_.-]*(" words ")[A-Za-z0-9_.-]*"
#define SECRETS \
	"passw(or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
#define VALUE "(\"[^\"]*\"|'[^']*'|[^][ \t\n,;&\"'(){}]+)"

#define LAST 8 /* the last group, which is VALUE */

static const struct {
	const char *pattern;
	int flags;
	size_t group;
} rules[] = {
	{ "authorization[\"']?[ \t]*[:=][ \t]*([^\n]+)", REG_ICASE, 1 },
	{ "bearer[ \t]+([A-Za-z0-9+/=._~-]{8,})", REG_ICASE, 1 },
	{ "://[^/@ \t\n:]*:([^/@ \t\n]+)@", 0, 1 },
	{ "k8s-aws-v1\\.[A-Za-z0-9_-]+", 0, 0 },
	{ "A[KS]IA[A-Z0-9]{12,}", 0, 0 },
	{ "eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}(\\.[A-Za-z0-9_-]*)?", 0, 0 },
	{ NAME(SECRETS "|credential|signature") "[\"']?[ \t]*=[ \t]*" VALUE, REG_ICASE, LAST },
	{ NAME(SECRETS "|credential|signature") "[\"'][ \t]*:[ \t]*" VALUE, REG_ICASE, LAST },
	{ NAME(SECRETS) "[ \t]*:[ \t]*" VALUE, REG_ICASE, LAST },
	{ "(^|[ \t\"'])--?" NAME(SECRETS) "[ \t]+" VALUE, REG_ICASE, LAST },
};

struct redactor {
	regex_t rules[ARRAY_SIZE(rules)];
	char **values;
	unsigned in_key; /* between BEGIN and END of a private key: calls that may still be it */
};

struct redactor *redactor_new(void)
{
	struct redactor *r = NEW(struct redactor, 1);

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (regcomp(&r->rules[i], rules[i].pattern, REG_EXTENDED | rules[i].flags) != 0)
			die("regcomp");
	return r;
}

void redactor_free(struct redactor *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		regfree(&r->rules[i]);
	for (char **v = r->values; v && *v; v++)
		explicit_bzero(*v, strlen(*v));
	strv_free(r->values);
	free(r);
}

void redactor_add(struct redactor *r, const char *value)
{
	size_t i = strv_len(r->values);

	if (!value || strlen(value) < REDACT_LEAST)
		return;
	strv_add(&r->values, value);
	/* The longest first: of a value that holds another nothing may be left over. */
	for (; i > 0 && strlen(r->values[i - 1]) < strlen(r->values[i]); i--) {
		char *shorter = r->values[i - 1];

		r->values[i - 1] = r->values[i];
		r->values[i] = shorter;
	}
}

void redactor_add_map(struct redactor *r, const struct doc *map)
{
	for (size_t i = 0; map && i < map->n_items; i++)
		if (map->items[i]->type == DOC_STRING)
			redactor_add(r, map->items[i]->string);
}

static void replace_value(struct buf *text, const char *value)
{
	size_t n = strlen(value);
	struct buf out = BUF_INIT;
	const char *p = buf_str(text), *found;

	while ((found = strstr(p, value))) {
		buf_add(&out, p, (size_t)(found - p));
		buf_adds(&out, REDACTED);
		p = found + n;
	}
	buf_adds(&out, p);
	buf_erase(text);
	*text = out;
}

static void replace_rule(struct buf *text, const regex_t *rule, size_t group)
{
	struct buf out = BUF_INIT;
	const char *p = buf_str(text);
	regmatch_t m[6];

	while (*p && regexec(rule, p, ARRAY_SIZE(m), m, p == buf_str(text) ? 0 : REG_NOTBOL) == 0) {
		size_t g = MIN(group, rule->re_nsub);

		if (m[g].rm_eo <= m[g].rm_so)
			break;
		buf_add(&out, p, (size_t)m[g].rm_so);
		buf_adds(&out, REDACTED);
		p += m[g].rm_eo;
	}
	buf_adds(&out, p);
	buf_erase(text);
	*text = out;
}

static bool is_dense(const char *run, size_t n)
{
	bool large = false, small = false, digit = false;

	for (size_t i = 0; i < n; i++) {
		large = large || (run[i] >= 'A' && run[i] <= 'Z');
		small = small || (run[i] >= 'a' && run[i] <= 'z');
		digit = digit || (run[i] >= '0' && run[i] <= '9');
	}
	return n >= RUN_MIN && large && small && digit;
}

static void replace_runs(struct buf *text)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				       "0123456789+/=_";
	struct buf out = BUF_INIT;

	for (const char *p = buf_str(text); *p;) {
		size_t n = strspn(p, alphabet), rest = strcspn(p + n, alphabet);

		if (is_dense(p, n))
			buf_adds(&out, REDACTED);
		else
			buf_add(&out, p, n);
		buf_add(&out, p + n, rest);
		p += n + rest;
	}
	buf_erase(text);
	*text = out;
}

/* PEM: everything from a BEGIN of a private key to the END, both included. */
static void replace_keys(struct redactor *r, struct buf *text)
{
	struct buf out = BUF_INIT;
	const char *p = buf_str(text);

	r->in_key -= r->in_key > 0;
	while (*p) {
		const char *mark = strstr(p, r->in_key ? "-----END" : "-----BEGIN");
		size_t line = mark ? strcspn(mark, "\n") : 0;
		const char *word = mark ? memmem(mark, line, "PRIVATE KEY-----", 16) : NULL;
		size_t n = word ? (size_t)(word - p) + 16 : mark ? (size_t)(mark - p) + 8
								 : strlen(p);

		if (r->in_key && !mark)
			break;
		if (!r->in_key)
			buf_add(&out, p, word ? (size_t)(mark - p) : n);
		if (word && !r->in_key)
			buf_adds(&out, REDACTED);
		if (word)
			r->in_key = r->in_key ? 0 : KEY_CALLS;
		p += n;
	}
	buf_erase(text);
	*text = out;
}

char *redact(struct redactor *r, const char *text)
{
	struct buf out = BUF_INIT;

	buf_adds(&out, text);
	replace_keys(r, &out);
	for (char **v = r->values; v && *v; v++)
		replace_value(&out, *v);
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		replace_rule(&out, &r->rules[i], rules[i].group);
	replace_runs(&out);
	return buf_take(&out);
}

void redact_doc(struct redactor *r, struct doc *d)
{
	char *clean;

	if (d->type == DOC_STRING) {
		r->in_key = 0;
		clean = redact(r, d->string);
		explicit_bzero(d->string, strlen(d->string));
		free(d->string);
		d->string = clean;
		r->in_key = 0;
	}
	for (size_t i = 0; i < d->n_items; i++)
		redact_doc(r, d->items[i]);
}
