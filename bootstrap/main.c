/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "bootstrap/attend.h"
#include "bootstrap/configure.h"
#include "bootstrap/globals.h"
#include "bootstrap/last-words.h"
#include "bootstrap/operate.h"
#include "bootstrap/run.h"
#include "bootstrap/status.h"
#include "bootstrap/step.h"
#include "bootstrap/token.h"
#include "lib/base/fd.h"
#include "lib/base/path.h"

#define TAGLINE "takes a machine from power-on to Schedulable"

static int verb_generate(const void *globals, const void *opts, int argc, char **argv);

static const char *const generate_words[] = { "bash", "zsh", "fish", "man", NULL };
static const char *const step_words[] = { "identify", "hostcheck", "fetch", "scripts", "drivers",
					  "check", "join", "plugins", "soak", "report", NULL };

const struct verb verbs[] = {
	{ .name = "run", .help = "bring this machine up; ends with the verdict", .run = verb_run,
	  .about = "Takes the bring-up where it is and goes on to its end: Schedulable, pending "
		   "reboot, pending replacement, or unschedulable with a named fault. This is "
		   "what muster.service runs. The exit code is the verdict's." },
	{ .name = "plan",
	  .help = "show what would run, what not and why, and each setting's origin",
	  .options = plan_options, .opts_size = sizeof(struct plan_options), .run = verb_plan,
	  .about = "Of the deep health checks it says how long each takes and where that figure "
		   "is from, which of them run before the node joins (join.by), and which go on "
		   "behind the gate, in the step soak." },
	{ .name = "status", .help = "show how the bring-up stands", .options = status_options,
	  .opts_size = sizeof(struct status_options), .run = verb_status,
	  .about = "Reads the history (or, for others than root, its snapshot). With --wait it "
		   "ends when the run ends, with the run's exit code; a run that nobody is at "
		   "work on is said to be dead, not waited for." },
	{ .name = "check", .help = "run the checks alone; records and reports nothing",
	  .options = check_options, .opts_size = sizeof(struct check_options), .run = verb_check },
	{ .name = "config", .args = "check|dump|schema", .min_args = 1, .max_args = 1,
	  .words = config_words, .help = "check the configuration, print it whole, or its schema",
	  .options = config_options, .opts_size = sizeof(struct config_options),
	  .run = verb_config },
	{ .name = "token", .help = "print an EKS token, as a kubeconfig's credential plugin",
	  .options = token_options, .opts_size = sizeof(struct token_options), .run = verb_token },
	{ .name = "explain", .args = "[FAULT]", .max_args = 1,
	  .help = "say what a fault means and what to do", .run = verb_explain },
	{ .name = "reset", .args = "[STEP…]", .max_args = -1, .words = step_words,
	  .help = "let steps, or everything, run again at the next start", .run = verb_reset },
	{ .name = "step", .args = "NAME", .min_args = 1, .max_args = 1, .hidden = true,
	  .help = "the inside of a step process", .run = verb_step },
	{ .name = "attend", .hidden = true, .help = "keep the hooks that wait for this machine",
	  .run = verb_attend },
	{ .name = "last-words", .hidden = true, .help = "say why a run has failed",
	  .run = verb_last_words },
	{ .name = "generate", .args = "bash|zsh|fish|man", .min_args = 1, .max_args = 1,
	  .words = generate_words, .hidden = true, .help = "completions and manual, for the build",
	  .run = verb_generate },
	{ .name = NULL }
};

static int verb_generate(const void *globals, const void *opts, int argc, char **argv)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	(void)globals;
	(void)opts;
	(void)argc;
	if (streq(argv[0], "bash"))
		completion_bash(verbs, global_options, &text);
	else if (streq(argv[0], "zsh"))
		completion_zsh(verbs, global_options, &text);
	else if (streq(argv[0], "fish"))
		completion_fish(verbs, global_options, &text);
	else if (streq(argv[0], "man"))
		manual_sections(verbs, global_options, &text);
	else
		return fail(fault_new("usage", "nothing is generated for \"%s\"", argv[0]));
	(void)fputs(buf_str(&text), stdout);
	return 0;
}

static int show_help(const struct verb *v)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (v)
		help_verb(v, global_options, "muster", &text);
	else
		help_program(verbs, global_options, "muster", TAGLINE, &text);
	(void)fputs(buf_str(&text), stdout);
	return 0;
}

static int unknown_verb(const char *name)
{
	const char *near = verb_nearest(verbs, name);

	if (near)
		return fail(fault_new("usage", "there is no command \"%s\"; did you mean \"%s\"?",
				      name, near));
	return fail(fault_new("usage", "there is no command \"%s\"; 'muster --help' lists them",
			      name));
}

static int run_verb(struct globals *g, int argc, char **argv)
{
	const struct verb *v = verb_find(verbs, argv[0]);
	_Alignas(max_align_t) char opts[OPTIONS_MAX] = { 0 };
	struct fault *f;

	if (!v)
		return unknown_verb(argv[0]);
	argc--;
	argv++;
	f = options_parse(v->options, global_options, g, &argc, argv, opts);
	if (!f && g->help)
		return show_help(v);
	if (!f)
		f = verb_check_args(v, argc);
	return f ? fail(f) : v->run(g, opts, argc, argv);
}

int main(int argc, char **argv)
{
	struct globals g = { .root = NULL };
	struct fault *f;

	(void)fd_fill_std();
	argc--;
	argv++;
	f = options_leading(global_options, &g, &argc, argv);
	if (f)
		return fail(f);
	if (g.version) {
		(void)printf("muster %s\n", PACKAGE_VERSION);
		return 0;
	}
	if (argc == 0) {
		(void)show_help(NULL);
		return g.help ? 0 : USAGE_EXIT;
	}
	return run_verb(&g, argc, argv);
}
