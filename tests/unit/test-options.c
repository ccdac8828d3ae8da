/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/doc/options.h"

#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "tests/unit/test.h"

struct global_options {
	const char *root;
	bool verbose, help;
};

struct run_options {
	const char *gate, *bundle;
	int64_t count;
	uint64_t timeout_ms;
	bool dry_run;
};

static const char *const gates[] = { "auto", "readiness", "cordon", NULL };
static const char *const steps[] = { "identify", "fetch", "check", NULL };

static const struct option_row globals[] = {
	O_STRING("root", 'R', struct global_options, root, "DIR", "Prefix of every path",
		 .path = true),
	O_FLAG("verbose", 'v', struct global_options, verbose, "Say more"),
	O_FLAG("help", 'h', struct global_options, help, "Show this help"),
	O_END,
};

static const struct option_row run_rows[] = {
	O_STRING("gate", 'g', struct run_options, gate, "GATE", "Which gate [it's one of: these]",
		 .choices = gates),
	O_STRING("bundle", 0, struct run_options, bundle, "FILE", "A bundle", .path = true),
	O_INT("count", 'c', struct run_options, count, "N", "How many"),
	O_DURATION("timeout", 't', struct run_options, timeout_ms, "TIME", "How long"),
	O_FLAG("dry-run", 'n', struct run_options, dry_run, "Only say what would be done"),
	O_END,
};

static const struct verb verbs[] = {
	{ .name = "run",
	  .args = "[STEP…]",
	  .help = "Bring the node up; it's \\safe",
	  .about = ".It starts with a dot, and it is long enough that it has to be broken into "
		   "more than one line.\nThe same paragraph.\n\nAn example:\n\n"
		   "    muster run --gate=auto\n    .muster 'run'\n\nThe end.",
	  .options = run_rows,
	  .max_args = -1,
	  .words = steps,
	  .opts_size = sizeof(struct run_options) },
	{ .name = "status", .help = "Show where the node is" },
	{ .name = "config",
	  .args = "FILE",
	  .help = "Check a configuration",
	  .min_args = 1,
	  .max_args = 1 },
	{ .name = "step", .args = "NAME", .help = "internal", .hidden = true },
	{ 0 },
};

static struct global_options global;
static struct run_options run;
static char *args[32];
static int n_args;

/* Splits at blanks and parses. */
static struct fault *parse(const char *line, bool leading)
{
	static char copy[512];
	char *at = copy;

	(void)snprintf(copy, sizeof(copy), "%s", line);
	global = (struct global_options){ 0 };
	run = (struct run_options){ 0 };
	for (n_args = 0; *at; n_args++) {
		args[n_args] = at;
		at += strcspn(at, " ");
		if (*at)
			*at++ = '\0';
	}
	if (leading)
		return options_leading(globals, &global, &n_args, args);
	return options_parse(run_rows, globals, &global, &n_args, args, &run);
}

TEST(any_order)
{
	CHECK_OK(parse("a --gate=auto b -v --count -5 -t90s c --root /x -n", false));
	CHECK_INT(n_args, 3);
	CHECK_STR(args[0], "a");
	CHECK_STR(args[1], "b");
	CHECK_STR(args[2], "c");
	CHECK_STR(run.gate, "auto");
	CHECK_INT(run.count, -5);
	CHECK_INT(run.timeout_ms, 90000);
	CHECK(run.dry_run && global.verbose && !global.help);
	CHECK_STR(global.root, "/x");
}

TEST(forms)
{
	CHECK_OK(parse("-vnc7 -g cordon --bundle= - -- --gate x -v", false));
	CHECK(global.verbose && run.dry_run);
	CHECK_INT(run.count, 7);
	CHECK_STR(run.gate, "cordon");
	CHECK_STR(run.bundle, "");
	CHECK_INT(n_args, 4);
	CHECK_STR(args[0], "-");
	CHECK_STR(args[1], "--gate");
	CHECK_STR(args[3], "-v");
	CHECK_OK(parse("--gate auto --gate cordon", false)); /* the last one counts */
	CHECK_STR(run.gate, "cordon");
	CHECK_OK(parse("", false));
	CHECK_INT(n_args, 0);
}

TEST(refused)
{
	static const struct {
		const char *line, *message;
	} rows[] = {
		{ "--gaet=x", "unknown option \"--gaet\"; did you mean \"--gate\"?" },
		{ "--verbos", "unknown option \"--verbos\"; did you mean \"--verbose\"?" },
		{ "--zzz", "unknown option \"--zzz\"" },
		{ "-z", "unknown option \"-z\"" },
		{ "-vz", "unknown option \"-z\"" },
		{ "a --gate", "option \"--gate\" needs a value: --gate=GATE" },
		{ "-c", "option \"--count\" needs a value: --count=N" },
		{ "--verbose=1", "option \"--verbose\" takes no value, found \"1\"" },
		{ "--count 5x", "option \"--count\": expected an integer, found \"5x\"" },
		{ "--count=99999999999999999999",
		  "option \"--count\": expected an integer, found \"99999999999999999999\"" },
		{ "-t soon", "option \"--timeout\": expected a duration such as \"90s\" or "
			     "\"1h30m\", found \"soon\"" },
		{ "--gate=atuo", "option \"--gate\": expected one of \"auto\", \"readiness\", "
				 "\"cordon\", found \"atuo\"; did you mean \"auto\"?" },
		{ "--gate=", "option \"--gate\": expected one of \"auto\", \"readiness\", "
			     "\"cordon\", found \"\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_fault_ struct fault *f = parse(rows[i].line, false);

		CHECK_MSG(f, "accepted %s", rows[i].line);
		CHECK_STR(f->id, "usage");
		CHECK_STR(f->message, rows[i].message);
	}
}

TEST(leading)
{
	CHECK_OK(parse("-v --root=/x run --gate=auto a", true));
	CHECK_INT(n_args, 3);
	CHECK_STR(args[0], "run");
	CHECK_STR(args[1], "--gate=auto");
	CHECK(global.verbose);
	CHECK_OK(parse("-v -- --root", true));
	CHECK_INT(n_args, 1);
	CHECK_STR(args[0], "--root");
	CHECK_OK(parse("-h", true));
	CHECK_INT(n_args, 0);
	CHECK_FAULT(parse("--gate=auto run", true), "usage");
}

TEST(find_verbs)
{
	CHECK(verb_find(verbs, "run") == &verbs[0]);
	CHECK(verb_find(verbs, "step") == &verbs[3]);
	CHECK(!verb_find(verbs, "ru"));
	CHECK_STR(verb_nearest(verbs, "stauts"), "status");
	CHECK_STR(verb_nearest(verbs, "rnu"), "run");
	CHECK(!verb_nearest(verbs, "stepp")); /* hidden ones are no suggestion */
	CHECK(!verb_nearest(verbs, "frobnicate") && !verb_nearest(verbs, ""));
}

TEST(argument_counts)
{
	CHECK_OK(verb_check_args(&verbs[0], 17));
	CHECK_OK(verb_check_args(&verbs[2], 1));
	CHECK_FAULT(verb_check_args(&verbs[2], 0), "usage");
	CHECK_FAULT(verb_check_args(&verbs[2], 2), "usage");
	CHECK_FAULT(verb_check_args(&verbs[1], 1), "usage");
}

TEST(help_of_the_program)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	help_program(verbs, globals, "muster", "Takes a machine to Schedulable.", &out);
	CHECK_STR(buf_str(&out), "Usage: muster [OPTIONS] COMMAND [ARGUMENTS]\n\n"
				 "Takes a machine to Schedulable.\n\n"
				 "Commands:\n"
				 "  run [STEP…]  Bring the node up; it's \\safe\n"
				 "  status       Show where the node is\n"
				 "  config FILE  Check a configuration\n\n"
				 "Options:\n"
				 "  -R, --root=DIR  Prefix of every path\n"
				 "  -v, --verbose   Say more\n"
				 "  -h, --help      Show this help\n\n"
				 "\"muster COMMAND --help\" says more about a command.\n");
}

TEST(help_of_a_verb)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	help_verb(&verbs[0], globals, "muster", &out);
	CHECK_STR(
		buf_str(&out),
		"Usage: muster run [OPTIONS] [STEP…]\n\n"
		"Bring the node up; it's \\safe\n\n"
		".It starts with a dot, and it is long enough that it has to be broken into more\n"
		"than one line. The same paragraph.\n\n"
		"An example:\n\n"
		"    muster run --gate=auto\n    .muster 'run'\n\n"
		"The end.\n\n"
		"Options:\n"
		"  -g, --gate=GATE     Which gate [it's one of: these] (auto, readiness, cordon)\n"
		"      --bundle=FILE   A bundle\n"
		"  -c, --count=N       How many\n"
		"  -t, --timeout=TIME  How long\n"
		"  -n, --dry-run       Only say what would be done\n\n"
		"Options of every command:\n"
		"  -R, --root=DIR      Prefix of every path\n"
		"  -v, --verbose       Say more\n"
		"  -h, --help          Show this help\n");
}

/* Runs a program; what it prints on both streams goes to *out. Its exit status, -1 when it could
 * not be started. */
static int capture(const char *const *argv, struct buf *out)
{
	int fds[2], status = 0;
	pid_t pid;

	CHECK(pipe(fds) == 0);
	pid = fork();
	if (pid == 0) {
		(void)dup2(fds[1], STDOUT_FILENO);
		(void)dup2(fds[1], STDERR_FILENO);
		(void)fd_close_from(3);
		(void)execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	fd_close(fds[1]);
	CHECK_INT(fd_read_all(fds[0], out, 1 << 20), 0);
	fd_close(fds[0]);
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) && WEXITSTATUS(status) != 127 ? WEXITSTATUS(status) : -1;
}

typedef void (*writer_fn)(const struct verb *, const struct option_row *, struct buf *);

/* The script in a file of the test's folder; owned path. */
static char *script(const char *name, writer_fn write)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	char *path = xasprintf("%s/%s", test_dir(), name);

	write(verbs, globals, &out);
	CHECK_OK(file_write_volatile(path, buf_str(&out), out.len, 0644));
	return path;
}

/* What completes words as bash passes them, broken at "=" too; sorted, blanks between. */
static const struct {
	const char *words, *completed;
} completions[] = {
	{ "muster ''", "config run status" },
	{ "muster s", "status" },
	{ "muster st", "status" }, /* not the hidden step */
	{ "muster --", "--help --root --verbose" },
	{ "muster -v r", "run" },
	{ "muster --root /x r", "run" },
	{ "muster --root = /x r", "run" },
	{ "muster -R /x r", "run" },
	{ "muster --root /x run f", "fetch" },
	{ "muster run ''", "check fetch identify" },
	{ "muster run -v fetch ''", "check fetch identify" },
	{ "muster run --", "--bundle --count --dry-run --gate --help --root --timeout --verbose" },
	{ "muster run --d", "--dry-run" },
	{ "muster run --gate ''", "auto cordon readiness" },
	{ "muster run --gate = ", "auto cordon readiness" },
	{ "muster run --gate = c", "cordon" },
	{ "muster run -g re", "readiness" },
	{ "muster run --count ''", "" },
	{ "muster status ''", "" },
	{ "muster status --g", "" }, /* an option of another verb */
	{ "muster status --gate ''", "" },
	{ "muster run --bundle 'a'", "a b.yaml" },
	{ "muster --root 'a'", "a b.yaml" },
	{ "muster config 'a'", "a b.yaml" },
	{ "muster config --r", "--root" },
	{ "muster step ''", "" },
};

TEST(bash_completes)
{
	_cleanup_free_ char *path = script("muster.bash", completion_bash);
	_cleanup_free_ char *file = xasprintf("%s/a b.yaml", test_dir());
	static const char program[] =
		"cd \"$1\"; source ./muster.bash || exit 1; eval \"COMP_WORDS=($2)\"; "
		"COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); compopt() { :; }; "
		"complete -p muster >/dev/null || exit 1; _muster; "
		"printf '%s\\n' \"${COMPREPLY[@]}\" | sort | paste -sd ' ' | tr -d '\\n'";

	CHECK(access(path, R_OK) == 0);
	CHECK_OK(file_write_volatile(file, "", 0, 0644));
	for (size_t i = 0; i < ARRAY_SIZE(completions); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		const char *argv[] = { "bash", "--norc", "-c", program, "bash", test_dir(),
				       completions[i].words, NULL };

		CHECK_INT(capture(argv, &out), 0);
		CHECK_MSG(streq(buf_str(&out), completions[i].completed),
			  "[%s] gives [%s], wanted [%s]", completions[i].words, buf_str(&out),
			  completions[i].completed);
	}
}

static bool installed(const char *name)
{
	_cleanup_free_ char *command = xasprintf("command -v %s", name);
	_cleanup_buf_ struct buf out = BUF_INIT;
	const char *argv[] = { "sh", "-c", command, NULL };
	bool found = capture(argv, &out) == 0;

	if (!found)
		printf("# %s is not installed: only the text of its script is looked at\n", name);
	return found;
}

TEST(fish_completes)
{
	_cleanup_free_ char *path = script("muster.fish", completion_fish);
	static const struct {
		const char *line, *completed;
	} rows[] = {
		{ "muster ", "config run status" },
		{ "muster --root /x r", "run" },
		{ "muster run ", "check fetch identify" },
		{ "muster run --gate=", "--gate=auto --gate=cordon --gate=readiness" },
		{ "muster run --d", "--dry-run" },
		{ "muster status --d", "" },
		{ "muster status ", "" },
	};

	_cleanup_buf_ struct buf text = BUF_INIT;

	CHECK_OK(file_read(path, 1 << 20, &text));
	CHECK(strstr(buf_str(&text), "complete -c muster -f\n"));
	CHECK(strstr(buf_str(&text), " -l gate -s g -x -a 'auto readiness cordon' -d "
				     "'Which gate [it\\'s one of: these]'\n"));
	if (!installed("fish"))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		_cleanup_free_ char *program = xasprintf(
			"source %s; complete -C '%s' | cut -f 1 | sort | "
			"paste -sd ' ' | tr -d '\\n'",
			path, rows[i].line);
		const char *argv[] = { "env", "HOME=/nonexistent", "fish", "--no-config", "-c",
				       program, NULL };

		CHECK_INT(capture(argv, &out), 0);
		CHECK_MSG(streq(buf_str(&out), rows[i].completed), "[%s] gives [%s], wanted [%s]",
			  rows[i].line, buf_str(&out), rows[i].completed);
	}
}

TEST(zsh_is_well_formed)
{
	_cleanup_free_ char *path = script("_muster", completion_zsh);
	const char *argv[] = { "zsh", "-f", "-n", path, NULL };
	_cleanup_buf_ struct buf out = BUF_INIT, text = BUF_INIT;

	CHECK_OK(file_read(path, 1 << 20, &text));
	CHECK(str_startswith(buf_str(&text), "#compdef muster\n"));
	CHECK(strstr(buf_str(&text), "'(-g --gate)--gate=[Which gate \\[it'\\''s one of\\: "
				     "these\\]]:GATE:(auto readiness cordon)'"));
	CHECK(!strstr(buf_str(&text), "step"));
	if (!installed("zsh"))
		return;
	CHECK_INT(capture(argv, &out), 0);
	CHECK_STR(buf_str(&out), "");
}

TEST(manual_renders)
{
	_cleanup_buf_ struct buf page = BUF_INIT, out = BUF_INIT;
	_cleanup_free_ char *path = xasprintf("%s/muster.1", test_dir());
	const char *argv[] = { "groff", "-man", "-ww", "-Tascii", "-P-c", path, NULL };

	buf_adds(&page, ".TH MUSTER 1\n");
	manual_sections(verbs, globals, &page);
	CHECK(strstr(buf_str(&page), ".SH COMMANDS\n.TP\n\\fBmuster run\\fR [\\fIOPTIONS\\fR] "
				     "\\fI[STEP...]\\fR\nBring the node up; it\\(aqs "
				     "\\esafe.\n"));
	CHECK(strstr(buf_str(&page), "\n\\&.It starts"));
	CHECK(!strstr(buf_str(&page), "internal"));
	if (!installed("groff"))
		return;
	CHECK_OK(file_write_volatile(path, buf_str(&page), page.len, 0644));
	CHECK_INT(capture(argv, &out), 0);
	CHECK_MSG(!strstr(buf_str(&out), "warning") && !strstr(buf_str(&out), "error"), "%s",
		  buf_str(&out));
	CHECK(strstr(buf_str(&out), " .It ")); /* the blanks after it depend on the fill */
	CHECK(strstr(buf_str(&out), "    .muster 'run'"));
	CHECK(strstr(buf_str(&out), "Only say what would be done."));
}

TEST_MAIN
