/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Verbs and options as tables. Help, completions (bash, zsh, fish) and the options part of the
 * man page are made from the same rows. Texts are filled to the line, except lines that begin
 * with a blank, which stay as they are; an empty line parts paragraphs. */

#include "lib/base/buf.h"
#include "lib/base/fault.h"

enum option_kind {
	OPTION_END,
	OPTION_FLAG,	/* bool */
	OPTION_STRING,	/* const char * (borrowed from argv) */
	OPTION_INT,	/* int64_t */
	OPTION_DURATION, /* uint64_t milliseconds */
};

struct option_row {
	const char *name;  /* long name without dashes */
	char letter;	   /* short form, or 0 */
	enum option_kind kind;
	size_t offset;	   /* into the struct that options_parse fills */
	const char *value; /* what the help calls the value: "DIR" */
	const char *help;  /* one line */
	const char *const *choices; /* NULL, or the allowed values, NULL-terminated */
	bool path;	   /* completion offers files */
};

#define O_FLAG(n, l, t, m, h) \
	{ .name = (n), .letter = (l), .kind = OPTION_FLAG, .offset = offsetof(t, m), .help = (h) }
#define O_STRING(n, l, t, m, v, h, ...) \
	{ .name = (n), .letter = (l), .kind = OPTION_STRING, .offset = offsetof(t, m), \
	  .value = (v), .help = (h), __VA_ARGS__ }
#define O_INT(n, l, t, m, v, h) \
	{ .name = (n), .letter = (l), .kind = OPTION_INT, .offset = offsetof(t, m), .value = (v), \
	  .help = (h) }
#define O_DURATION(n, l, t, m, v, h) \
	{ .name = (n), .letter = (l), .kind = OPTION_DURATION, .offset = offsetof(t, m), \
	  .value = (v), .help = (h) }
#define O_END { .kind = OPTION_END }

struct verb {
	const char *name;
	const char *args;      /* "[STEP…]", or NULL for none */
	const char *help;      /* one line for the list */
	const char *about;     /* paragraphs for `VERB --help` and the manual; may be NULL */
	const struct option_row *options; /* its own; NULL for none */
	int min_args, max_args; /* after the options; max -1: any number */
	/* Completion of the arguments; where NULL, files are offered if args says FILE, PATH or
	 * DIR */
	const char *const *words;
	bool hidden;	       /* internal: not in help, completions, manual */
	/* Runs it. `globals` and `opts` are the filled structs; argv holds the arguments only. */
	int (*run)(const void *globals, const void *opts, int argc, char **argv);
	size_t opts_size;      /* bytes of its options struct; at most OPTIONS_MAX */
};

#define OPTIONS_MAX 256

/* Parses options in any order among the arguments ("--" ends them, "--name=value", "--name value",
 * "-x", "-xVALUE", "-x VALUE", flags together as "-xy"). argv has no program name: argv[0] is
 * the first word. `rows` fill *out, `more` fill *more_out (either may be NULL; a name in both is
 * taken from rows). Arguments are moved to the front of argv and counted in *argc. Fault usage:
 * message has the option and the nearest name when one is close. */
struct fault *options_parse(const struct option_row *rows, const struct option_row *more,
			    void *more_out, int *argc, char **argv, void *out) _must_check_;
/* The same, but only up to the first argument: for options before the verb. What follows is moved
 * to the front of argv. */
struct fault *options_leading(const struct option_row *rows, void *out, int *argc, char **argv)
	_must_check_;
/* The fault usage when the count of arguments is not what the verb wants. */
struct fault *verb_check_args(const struct verb *v, int argc) _must_check_;
const struct verb *verb_find(const struct verb *verbs, const char *name); /* NULL-name ended */
/* The closest name for "did you mean"; NULL when nothing is near. */
const char *verb_nearest(const struct verb *verbs, const char *name);

void help_program(const struct verb *verbs, const struct option_row *globals, const char *program,
		  const char *tagline, struct buf *out);
void help_verb(const struct verb *v, const struct option_row *globals, const char *program,
	       struct buf *out);
/* The programs are complete scripts for a command named "muster". */
void completion_bash(const struct verb *verbs, const struct option_row *globals, struct buf *out);
void completion_zsh(const struct verb *verbs, const struct option_row *globals, struct buf *out);
void completion_fish(const struct verb *verbs, const struct option_row *globals, struct buf *out);
/* The COMMANDS and OPTIONS sections of man page muster(1), in man macros (groff_man(7)). */
void manual_sections(const struct verb *verbs, const struct option_row *globals, struct buf *out);
