/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* One bounded tree for JSON and YAML.
 *
 * Every document that muster reads becomes this tree and is then decoded by a schema table
 * (lib/doc/schema.h). Limits hold for both syntaxes: depth 32, 16 MiB of text unless the caller
 * says less, keys unique per object and compared exactly, UTF-8 without NUL, integers exact
 * (int64; anything else that is a number is a double), no YAML aliases, anchors or tags. A YAML
 * plain scalar stays text with `plain` set: the schema decides what it is. */

#include "lib/base/buf.h"
#include "lib/base/fault.h"

enum doc_type { DOC_NULL, DOC_BOOL, DOC_INT, DOC_DOUBLE, DOC_STRING, DOC_ARRAY, DOC_OBJECT };

#define DOC_DEPTH_MAX 32
#define DOC_SIZE_MAX (16u * 1024 * 1024)
#define DOC_NODES_MAX (1u << 20) /* keys and values of one text; more is doc.too_large */

struct doc {
	enum doc_type type;
	/* a YAML plain scalar: type is DOC_STRING, the schema may read it as other */
	bool plain;
	unsigned line;	/* 1-based, in its source; a member has its key's; 0 where unknown */
	char *key;	/* name in the parent object, else NULL; owned */
	union {
		bool boolean;
		int64_t integer;
		double real;
		char *string; /* owned; never contains NUL */
	};
	struct doc **items; /* children of arrays and objects; owned */
	size_t n_items;
};

/* Parse a text. A byte order mark at its start is skipped. `source` is named in faults
 * ("/etc/muster/muster.yaml"). Faults: doc.syntax, doc.too_large, doc.too_deep, doc.encoding,
 * doc.duplicate_key, doc.alias; each message has source:line. max 0 means DOC_SIZE_MAX, which is
 * also the most. An empty YAML stream is an empty object; plain `~`, `null` and nothing at all
 * are DOC_NULL.
 *
 * json_parse reads the text twice: a scanner of our own checks every token strictly (RFC 8259: no
 * control characters, no odd numbers, no NUL by escape), the depth and the count, and notes where
 * each token lies; only then cJSON builds the tree, which is walked beside those notes for lines
 * and exact integers. A token on which the two disagree is doc.syntax. */
struct fault *json_parse(const char *source, const char *text, size_t len, size_t max,
			 struct doc **ret) _must_check_;
struct fault *yaml_parse(const char *source, const char *text, size_t len, size_t max,
			 struct doc **ret) _must_check_;
/* By content: the first byte that is not white space is '{' or '[': JSON, else YAML. */
struct fault *doc_parse(const char *source, const char *text, size_t len, size_t max,
			struct doc **ret) _must_check_;
struct fault *doc_read_file(const char *path, size_t max, struct doc **ret) _must_check_;

/* Build */
struct doc *doc_new(enum doc_type type);
struct doc *doc_object(void);
struct doc *doc_array(void);
struct doc *doc_string(const char *s); /* NULL gives DOC_NULL */
struct doc *doc_int(int64_t v);
struct doc *doc_bool(bool v);
struct doc *doc_copy(const struct doc *d);
/* Set or replace a member; takes value; returns value (borrowed). */
struct doc *doc_set(struct doc *object, const char *key, struct doc *value);
void doc_set_string(struct doc *object, const char *key, const char *s); /* NULL: nothing is set */
void doc_set_int(struct doc *object, const char *key, int64_t v);
void doc_set_bool(struct doc *object, const char *key, bool v);
struct doc *doc_push(struct doc *array, struct doc *value);
void doc_remove(struct doc *object, const char *key);
/* Deep merge: objects are merged key by key, anything else in `over` replaces; over is copied. */
void doc_merge(struct doc *base, const struct doc *over);

/* Turns every plain scalar into what it spells: true, false, a JSON number, else a string. */
void doc_resolve(struct doc *d);

/* Look. A plain scalar counts as the integer or boolean that it spells. */
const struct doc *doc_get(const struct doc *object, const char *key); /* NULL when not there */
struct doc *doc_get_mut(struct doc *object, const char *key);
/* RFC 6901 pointer "/InstanceGroups/0/Name"; NULL when not there. */
const struct doc *doc_at(const struct doc *d, const char *pointer);
const char *doc_str(const struct doc *object, const char *key);	   /* NULL unless a string */
int64_t doc_integer(const struct doc *object, const char *key, int64_t otherwise);
bool doc_boolean(const struct doc *object, const char *key, bool otherwise);
/* Key order does not matter; plain scalars are compared as what they spell. */
bool doc_equal(const struct doc *a, const struct doc *b);
/* RFC 6901 pointer of a child inside a tree: owned, "" for the root, NULL when not inside. */
char *doc_pointer(const struct doc *root, const struct doc *node);

/* Write: compact JSON on one line; pretty has two blanks of indent and a final newline; canonical
 * has the keys of every object sorted by bytes (for digests). Plain scalars are written as what
 * they spell. What is written is always valid: bytes that are not UTF-8 become U+FFFD, a double
 * that is not finite becomes null. */
enum doc_style { DOC_COMPACT, DOC_PRETTY, DOC_CANONICAL };
void doc_write(const struct doc *d, enum doc_style style, struct buf *out);
char *doc_to_string(const struct doc *d, enum doc_style style); /* owned */
/* YAML in block style, for `config dump`; yaml_parse gives back an equal tree. */
void doc_write_yaml(const struct doc *d, struct buf *out);

void doc_free(struct doc *d);
DEFINE_CLEANUP(struct doc *, doc_free)
#define _cleanup_doc_ _cleanup_(doc_freep)
