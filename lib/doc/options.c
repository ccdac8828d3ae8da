/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/doc/options.h"

#include <string.h>

#include "lib/base/parse.h"
#include "lib/doc/nearest.h"
#include "lib/doc/table.h"

struct parser {
	const struct option_row *rows, *more;
	void *out, *more_out;
	int argc, at; /* at: the next word to read */
	char **argv;
};

/* A row that was found and the struct that it fills. */
struct hit {
	const struct option_row *row;
	void *out;
};

static const struct option_row *find_long(const struct option_row *rows, const char *name,
					  size_t len)
{
	for (; option_more(rows); rows++)
		if (strlen(rows->name) == len && memcmp(rows->name, name, len) == 0)
			return rows;
	return NULL;
}

static const struct option_row *find_letter(const struct option_row *rows, char letter)
{
	for (; option_more(rows); rows++)
		if (rows->letter == letter)
			return rows;
	return NULL;
}

static struct fault *unknown_long(const struct parser *p, const char *name, size_t len)
{
	_cleanup_free_ char *word = xstrndup(name, len), *tail = NULL;
	struct nearest near = { .word = word };

	for (const struct option_row *r = p->rows; option_more(r); r++)
		nearest_offer(&near, r->name);
	for (const struct option_row *r = p->more; option_more(r); r++)
		nearest_offer(&near, r->name);
	if (near.best)
		tail = xasprintf("; did you mean \"--%s\"?", near.best);
	return fault_new("usage", "unknown option \"--%s\"%s", word, tail ? tail : "");
}

static struct fault *check_choice(const struct option_row *row, const char *value)
{
	_cleanup_buf_ struct buf list = BUF_INIT;
	_cleanup_free_ char *tail = NULL;
	struct nearest near = { .word = value };

	for (size_t i = 0; row->choices[i]; i++) {
		if (streq(row->choices[i], value))
			return NULL;
		nearest_offer(&near, row->choices[i]);
		buf_addf(&list, "%s\"%s\"", i ? ", " : "", row->choices[i]);
	}
	tail = nearest_words(&near);
	return fault_new("usage", "option \"--%s\": expected one of %s, found \"%s\"%s", row->name,
			 buf_str(&list), value, tail);
}

static struct fault *store(const struct hit *hit, const char *value)
{
	const struct option_row *row = hit->row;
	void *at = (char *)hit->out + row->offset;
	const char *what = NULL;

	if (row->choices)
		TRY(check_choice(row, value));
	if (row->kind == OPTION_STRING)
		*(const char **)at = value;
	else if (row->kind == OPTION_INT && parse_i64(value, at))
		what = "an integer";
	else if (row->kind == OPTION_DURATION && parse_duration(value, at))
		what = "a duration such as \"90s\" or \"1h30m\"";
	if (what)
		return fault_new("usage", "option \"--%s\": expected %s, found \"%s\"", row->name,
				 what, value);
	return NULL;
}

static void set_flag(const struct hit *hit)
{
	*(bool *)((char *)hit->out + hit->row->offset) = true;
}

/* The value is the next word. */
static struct fault *store_next(struct parser *p, const struct hit *hit)
{
	if (p->at == p->argc)
		return fault_new("usage", "option \"--%s\" needs a value: --%s=%s", hit->row->name,
				 hit->row->name, hit->row->value ? hit->row->value : "VALUE");
	return store(hit, p->argv[p->at++]);
}

static struct fault *read_long(struct parser *p, const char *word)
{
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	struct hit hit = { find_long(p->rows, word, len), p->out };

	if (!hit.row)
		hit = (struct hit){ find_long(p->more, word, len), p->more_out };
	if (!hit.row)
		return unknown_long(p, word, len);
	if (option_takes_value(hit.row))
		return equals ? store(&hit, equals + 1) : store_next(p, &hit);
	if (equals)
		return fault_new("usage", "option \"--%s\" takes no value, found \"%s\"",
				 hit.row->name, equals + 1);
	set_flag(&hit);
	return NULL;
}

/* "-xyVALUE": flags, then at most one option that takes the rest or the next word. */
static struct fault *read_letters(struct parser *p, const char *letters)
{
	for (; *letters; letters++) {
		struct hit hit = { find_letter(p->rows, *letters), p->out };

		if (!hit.row)
			hit = (struct hit){ find_letter(p->more, *letters), p->more_out };
		if (!hit.row)
			return fault_new("usage", "unknown option \"-%c\"", *letters);
		if (option_takes_value(hit.row))
			return letters[1] ? store(&hit, letters + 1) : store_next(p, &hit);
		set_flag(&hit);
	}
	return NULL;
}

/* Reads all words; arguments go to the front. With `leading` it ends at the first argument. */
static struct fault *read_words(struct parser *p, bool leading, int *ret_argc)
{
	int kept = 0;
	bool ended = false;

	while (p->at < p->argc && !(leading && ended)) {
		char *word = p->argv[p->at++];

		if (!ended && streq(word, "--")) {
			ended = true;
		} else if (ended || word[0] != '-' || !word[1]) {
			p->argv[kept++] = word;
			ended = ended || leading;
		} else {
			TRY(word[1] == '-' ? read_long(p, word + 2) : read_letters(p, word + 1));
		}
	}
	while (p->at < p->argc)
		p->argv[kept++] = p->argv[p->at++];
	*ret_argc = kept;
	return NULL;
}

struct fault *options_parse(const struct option_row *rows, const struct option_row *more,
			    void *more_out, int *argc, char **argv, void *out)
{
	struct parser p = { .rows = rows, .more = more, .out = out, .more_out = more_out,
			    .argc = *argc, .argv = argv };

	return read_words(&p, false, argc);
}

struct fault *options_leading(const struct option_row *rows, void *out, int *argc, char **argv)
{
	struct parser p = { .rows = rows, .out = out, .argc = *argc, .argv = argv };

	return read_words(&p, true, argc);
}

struct fault *verb_check_args(const struct verb *v, int argc)
{
	if (argc < v->min_args)
		return fault_new("usage", "\"%s\" needs %s", v->name, v->args ? v->args : "more");
	if (v->max_args >= 0 && argc > v->max_args)
		return fault_new("usage", "\"%s\" takes at most %d argument%s, found %d", v->name,
				 v->max_args, v->max_args == 1 ? "" : "s", argc);
	return NULL;
}

const struct verb *verb_find(const struct verb *verbs, const char *name)
{
	for (; verbs->name; verbs++)
		if (streq(verbs->name, name))
			return verbs;
	return NULL;
}

const char *verb_nearest(const struct verb *verbs, const char *name)
{
	struct nearest near = { .word = name };

	for (; verbs->name; verbs++)
		if (!verbs->hidden)
			nearest_offer(&near, verbs->name);
	return near.best;
}
