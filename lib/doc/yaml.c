/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <yaml.h>

#include "lib/doc/text.h"

/* Events, not libyaml's document API: that one resolves aliases while it loads, so a few lines
 * could become gigabytes before anybody sees them. Events also let the limits hold while the text
 * is being read. */
struct reader {
	const char *source, *text;
	const struct doc *root; /* so far */
	yaml_parser_t parser;
	size_t nodes;
};

#define _cleanup_event_ _cleanup_(yaml_event_delete)

static unsigned event_line(const yaml_event_t *e)
{
	return (unsigned)e->start_mark.line + 1;
}

static struct fault *parser_fault(const struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "something else";

	switch (p->error) {
	case YAML_READER_ERROR:
		return text_fault("doc.encoding", r->source, text_line(r->text, p->problem_offset),
				  "expected text, found a problem: %s", problem);
	case YAML_MEMORY_ERROR:
		return text_fault("doc.too_large", r->source, 0,
				  "expected YAML that fits in memory");
	default:
		return text_fault("doc.syntax", r->source, (unsigned)p->problem_mark.line + 1,
				  "expected YAML, found a problem: %s", problem);
	}
}

static struct fault *next_event(struct reader *r, yaml_event_t *e)
{
	return yaml_parser_parse(&r->parser, e) ? NULL : parser_fault(r);
}

static struct fault *refuse(const struct reader *r, const yaml_event_t *e, const char *id,
			    const char *words)
{
	return text_fault(id, r->source, event_line(e), "%s", words);
}

/* The same about a node that is in the tree already. */
static struct fault *refuse_at(const struct reader *r, const yaml_event_t *e, const struct doc *d,
			       const char *id, const char *words)
{
	_cleanup_free_ char *pointer = text_pointer(doc_pointer(r->root, d));

	return text_fault(id, r->source, event_line(e), "%s: %s", pointer, words);
}

static struct fault *too_deep(const struct reader *r, const yaml_event_t *e, const struct doc *d)
{
	_cleanup_free_ char *pointer = text_pointer(doc_pointer(r->root, d));

	return text_fault("doc.too_deep", r->source, event_line(e),
			  "%s: expected at most %d levels, found more", pointer, DOC_DEPTH_MAX);
}

/* Anchors and tags of any node, and aliases; d is the node, or the object that e is a key in. */
static struct fault *check_event(const struct reader *r, const yaml_event_t *e,
				 const struct doc *d)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (e->type) {
	case YAML_ALIAS_EVENT:
		return refuse_at(r, e, d, "doc.alias",
				 "expected a value, found a YAML alias (*name)");
	case YAML_SCALAR_EVENT:
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
		break;
	default:
		break;
	}
	if (anchor)
		return refuse_at(r, e, d, "doc.alias",
				 "expected a value, found a YAML anchor (&name)");
	if (tag)
		return refuse_at(r, e, d, "doc.alias",
				 "expected a value, found a YAML tag (!name)");
	return NULL;
}

/* A quoted scalar may spell a NUL, behind which a C string would hide the rest. */
static struct fault *scalar_text(const struct reader *r, const yaml_event_t *e,
				 const struct doc *d, char **ret)
{
	const char *s = (const char *)e->data.scalar.value;

	if (strlen(s) != e->data.scalar.length)
		return refuse_at(r, e, d, "doc.encoding", "expected text, found an escaped NUL");
	*ret = xstrdup(s);
	return NULL;
}

static struct fault *read_scalar(const struct reader *r, const yaml_event_t *e, struct doc *d)
{
	struct doc read;

	TRY(scalar_text(r, e, d, &d->string));
	d->type = DOC_STRING;
	d->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (doc_spelled(d, &read) && read.type == DOC_NULL) {
		free(d->string);
		d->string = NULL;
		d->type = DOC_NULL;
		d->plain = false;
	}
	return NULL;
}

static struct fault *read_node(struct reader *r, const yaml_event_t *e, unsigned depth,
			       struct doc *d);

/* Faults name the object that the key is in. */
static struct fault *read_key(const struct reader *r, const yaml_event_t *e,
			      const struct doc *object, struct doc *d)
{
	TRY(check_event(r, e, object));
	if (e->type != YAML_SCALAR_EVENT)
		return refuse_at(r, e, object, "doc.syntax",
				 "expected a scalar as key, found a collection");
	d->line = event_line(e);
	return scalar_text(r, e, object, &d->key);
}

static struct fault *read_children(struct reader *r, unsigned depth, struct doc *d)
{
	for (;;) {
		_cleanup_event_ yaml_event_t e = { 0 }, value = { 0 };
		struct doc *child;

		TRY(next_event(r, &e));
		if (e.type == YAML_SEQUENCE_END_EVENT || e.type == YAML_MAPPING_END_EVENT)
			return NULL;
		child = doc_new(DOC_NULL);
		doc_append(d, child);
		if (d->type == DOC_ARRAY) {
			TRY(read_node(r, &e, depth, child));
			continue;
		}
		TRY(read_key(r, &e, d, child));
		TRY(next_event(r, &value));
		TRY(read_node(r, &value, depth, child));
	}
}

static struct fault *read_node(struct reader *r, const yaml_event_t *e, unsigned depth,
			       struct doc *d)
{
	TRY(check_event(r, e, d));
	if (!d->line)
		d->line = event_line(e);
	if (++r->nodes > DOC_NODES_MAX)
		return text_fault("doc.too_large", r->source, d->line,
				  "expected at most %u values, found more", DOC_NODES_MAX);
	if (e->type == YAML_SCALAR_EVENT)
		return read_scalar(r, e, d);
	if (depth == DOC_DEPTH_MAX)
		return too_deep(r, e, d);
	d->type = e->type == YAML_MAPPING_START_EVENT ? DOC_OBJECT : DOC_ARRAY;
	return read_children(r, depth + 1, d);
}

static struct fault *read_document(struct reader *r, const yaml_event_t *start, struct doc *d)
{
	_cleanup_event_ yaml_event_t e = { 0 }, end = { 0 }, last = { 0 };

	if (start->data.document_start.tag_directives.start !=
	    start->data.document_start.tag_directives.end)
		return refuse(r, start, "doc.alias", "expected a document, found a %TAG directive");
	TRY(next_event(r, &e));
	TRY(read_node(r, &e, 0, d));
	if (d->type == DOC_NULL) /* "---" alone: the same as no document */
		d->type = DOC_OBJECT;
	TRY(next_event(r, &end));
	TRY(next_event(r, &last));
	if (last.type != YAML_STREAM_END_EVENT)
		return refuse(r, &last, "doc.syntax", "expected one document, found a second one");
	return NULL;
}

static struct fault *read_stream(struct reader *r, struct doc *d)
{
	_cleanup_event_ yaml_event_t start = { 0 }, document = { 0 };

	TRY(next_event(r, &start));
	TRY(next_event(r, &document));
	if (document.type == YAML_STREAM_END_EVENT)
		return NULL;
	return read_document(r, &document, d);
}

struct fault *yaml_parse(const char *source, const char *text, size_t len, size_t max,
			 struct doc **ret)
{
	struct reader r = { .source = source };
	_cleanup_doc_ struct doc *d = NULL;
	struct fault *f;

	TRY(text_check(source, &text, &len, max));
	if (!yaml_parser_initialize(&r.parser))
		return text_fault("doc.too_large", source, 0, "expected YAML that fits in memory");
	r.text = text;
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	r.root = d = doc_new(DOC_OBJECT);
	f = read_stream(&r, d);
	yaml_parser_delete(&r.parser);
	if (f)
		return f;
	TRY(doc_check_keys(source, d));
	*ret = TAKE_PTR(d);
	return NULL;
}
