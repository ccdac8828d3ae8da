/* SPDX-License-Identifier: Apache-2.0 */
#include <endian.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/sys/journal.h"
#include "lib/sys/log.h"
#include "tests/unit/test.h"

#define TEXT_MAX (256 * 1024)

static int real_stderr = -1;

/* stderr becomes a pipe; returns its reading end. */
static int take_stderr(void)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		abort();
	fflush(stderr);
	real_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	return ends[0];
}

static void give_stderr_back(void)
{
	dup2(real_stderr, STDERR_FILENO);
	real_stderr = fd_close(real_stderr);
}

static struct buf captured;

/* What the function logs on stderr. */
static const char *stderr_of(void (*fn)(void))
{
	int fd = take_stderr();

	fn();
	give_stderr_back();
	buf_reset(&captured);
	if (fd_read_all(fd, &captured, TEXT_MAX) < 0)
		return "unreadable";
	close(fd);
	return buf_str(&captured);
}

/* A socket that stands in for journald's. */
static int open_journal(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s/journal", test_dir());
	(void)unlink(a.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		abort();
	journal_use_socket(a.sun_path);
	return fd;
}

/* The next record, by datagram or by memory file; its length or -errno. */
static ssize_t receive(int fd, char *text, size_t max, bool *by_file)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec part = { text, max - 1 };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&m);
	int file;

	*by_file = c != NULL;
	if (c) {
		memcpy(&file, CMSG_DATA(c), sizeof(file));
		n = pread(file, text, max - 1, 0);
		close(file);
	}
	if (n >= 0)
		text[n] = '\0';
	return n < 0 ? -errno : n;
}

static bool has(const char *text, ssize_t len, const char *what, size_t what_len)
{
	return memmem(text, (size_t)len, what, what_len) != NULL;
}
#define HAS(s) has(text, n, s, sizeof(s) - 1)

static void log_plain(void)
{
	log_open(LOG_STDERR, "muster");
	log_info("one %d", 1);
	log_context("MUSTER_STEP", "fetch");
	log_error("two");
	log_debug("not at this level");
	log_context("MUSTER_STEP", NULL);
	log_warning("three");
}

TEST(plain_lines_carry_the_step)
{
	CHECK_STR(stderr_of(log_plain), "muster: one 1\nfetch: two\nmuster: three\n");
}

static void log_nasty(void)
{
	log_open(LOG_STDERR, NULL);
	log_info("a\nfetch: forged\n\n");
	log_info("esc \x1b[2J cr \r bell \a tab\tend del \x7f");
	log_info(
		"utf-8 \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80, "
		"c1 \xc2\x9b, torn \xc3, overlong \xc0\xaf");
	log_info("surrogate \xed\xa0\x80 beyond \xf4\x90\x80\x80");
	log_info("%s", "");
}

TEST(one_record_is_one_record)
{
	CHECK_STR(stderr_of(log_nasty),
		  "a\n    fetch: forged\n"
		  "esc \\x1b[2J cr \\x0d bell \\x07 tab\tend del \\x7f\n"
		  "utf-8 \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80, c1 \\xc2\\x9b, torn \\xc3, "
		  "overlong \\xc0\\xaf\n"
		  "surrogate \\xed\\xa0\\x80 beyond \\xf4\\x90\\x80\\x80\n"
		  "\n");
}

static void log_one_fault(void)
{
	struct fault *f = fault_errno("s3.forbidden", EACCES, "cannot fetch %s", "x");

	f = fault_evidence(f, "first\n\nsecond", 13);
	log_open(LOG_STDERR, "m");
	log_fault(LOG_ERR, NULL, f);
	log_fault(LOG_ERR, NULL, NULL);
	fault_free(f);
}

TEST(a_fault_shows_its_id_and_evidence)
{
	CHECK_STR(stderr_of(log_one_fault), "m: cannot fetch x: Permission denied [s3.forbidden]\n"
					    "m: | first\nm: | second\n");
}

static void log_levels(void)
{
	log_open(LOG_STDERR, "m");
	log_level(LOG_WARNING);
	log_info("no");
	log_warning("yes");
	setenv("MUSTER_LOG", "debug", 1);
	log_open(LOG_STDERR, "m");
	log_debug("debug");
	unsetenv("MUSTER_LOG");
	log_level(LOG_INFO);
	log_open(LOG_NULL, "m");
	log_error("nowhere");
}

TEST(levels)
{
	CHECK_STR(stderr_of(log_levels), "m: yes\nm: debug\n");
}

TEST(the_target_follows_journal_stream)
{
	struct stat st;
	char text[64];

	CHECK(fstat(STDERR_FILENO, &st) == 0);
	(void)snprintf(text, sizeof(text), "%llu:%llu", (unsigned long long)st.st_dev,
		       (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", text, 1);
	log_open(LOG_AUTO, "m");
	CHECK(log_is_journal());
	(void)snprintf(text, sizeof(text), "%llu:%llu", (unsigned long long)st.st_dev,
		       (unsigned long long)st.st_ino + 1);
	setenv("JOURNAL_STREAM", text, 1);
	log_open(LOG_AUTO, "m");
	CHECK(!log_is_journal());
	setenv("JOURNAL_STREAM", "rubbish", 1);
	log_open(LOG_AUTO, "m");
	CHECK(!log_is_journal());
	unsetenv("JOURNAL_STREAM");
	log_open(LOG_AUTO, "m");
	CHECK(!log_is_journal());
}

TEST(journal_records_have_their_fields)
{
	const struct log_field fields[] = {
		{ "MUSTER_CHECK", "gpu" }, { "MUSTER_NONE", NULL }, { "lower", "x" },
		{ "_TRUSTED", "x" },	   { "MUSTER_LINES", "a\nb" }, { NULL, NULL },
	};
	int fd = open_journal();
	static char text[TEXT_MAX];
	bool by_file;
	ssize_t n;

	log_open(LOG_JOURNAL, "muster");
	log_context("MUSTER_STEP", "check");
	log_record(LOG_NOTICE, "0123456789abcdef0123456789abcdef", fields, "line %d\nMUSTER_STEP=x",
		   1);
	log_context("MUSTER_STEP", NULL);
	n = receive(fd, text, sizeof(text), &by_file);
	CHECK(n > 0 && !by_file);
	CHECK(HAS("PRIORITY=5\n"));
	CHECK(HAS("SYSLOG_IDENTIFIER=muster\n"));
	CHECK(HAS("MESSAGE_ID=0123456789abcdef0123456789abcdef\n"));
	CHECK(HAS("MUSTER_STEP=check\n"));
	CHECK(HAS("MUSTER_CHECK=gpu\n"));
	CHECK(HAS("MESSAGE\n\x14\0\0\0\0\0\0\0line 1\nMUSTER_STEP=x\n"));
	CHECK(HAS("MUSTER_LINES\n\x03\0\0\0\0\0\0\0a\nb\n"));
	CHECK(!HAS("MUSTER_NONE") && !HAS("lower") && !HAS("_TRUSTED") && !HAS("CODE_"));
	close(fd);
}

TEST(a_record_no_datagram_holds_goes_as_a_file)
{
	int fd = open_journal();
	_cleanup_buf_ struct buf big = BUF_INIT;
	char *text = xmalloc(8 * 1024 * 1024);
	bool by_file;
	ssize_t n;

	for (int i = 0; i < 400000; i++)
		buf_adds(&big, "0123456789");
	log_open(LOG_JOURNAL, "muster");
	log_info("%s", buf_str(&big));
	n = receive(fd, text, 8 * 1024 * 1024, &by_file);
	CHECK(by_file);
	CHECK(n > 4000000);
	CHECK(HAS("PRIORITY=6\n"));
	CHECK(has(text, n, big.data, big.len));
	free(text);
	close(fd);
}

TEST(a_stuck_journal_holds_nobody_up)
{
	int fd = open_journal(), got = 0, told = 0;
	uint64_t start = clock_boottime_ms(), took;
	static char text[TEXT_MAX];
	bool by_file;
	ssize_t n;

	log_open(LOG_JOURNAL, "muster");
	for (int i = 0; i < 2000; i++)
		log_info("record %d", i);
	took = clock_boottime_ms() - start;
	CHECK_MSG(took >= JOURNAL_WAIT_MS && took < JOURNAL_WAIT_MS + 3000, "took %llu ms",
		  (unsigned long long)took);
	while ((n = receive(fd, text, sizeof(text), &by_file)) > 0)
		got++;
	CHECK_MSG(got > 0 && got < 2000, "%d of 2000 arrived", got);
	log_info("again");
	while ((n = receive(fd, text, sizeof(text), &by_file)) > 0) {
		(void)snprintf(text + n, sizeof(text) - (size_t)n, "%s", "");
		if (strstr(text, "log records were lost")) {
			char want[64];

			(void)snprintf(want, sizeof(want), "=%d log records were lost", 2000 - got);
			CHECK_MSG(strstr(text, want), "%s instead of %s", text, want);
			told++;
		}
	}
	CHECK_INT(told, 1);
	close(fd);
}

static void log_without_journal(void)
{
	journal_use_socket("/no/such/place/journal");
	log_open(LOG_JOURNAL, "m");
	log_info("kept");
}

TEST(without_a_journal_lines_go_to_stderr)
{
	CHECK_STR(stderr_of(log_without_journal), "m: kept\n");
}

TEST(a_closed_pipe_kills_nobody)
{
	int fd = take_stderr();
	sigset_t pending;

	close(fd);
	log_open(LOG_STDERR, "m");
	log_info("to nobody");
	give_stderr_back();
	sigpending(&pending);
	CHECK(!sigismember(&pending, SIGPIPE));
}

TEST(a_full_pipe_holds_nobody_up)
{
	int fd = take_stderr();
	uint64_t start = clock_boottime_ms(), took;
	struct buf all = BUF_INIT;

	log_open(LOG_STDERR, "m");
	for (int i = 0; i < 5000; i++)
		log_info("a line that is long enough to fill a pipe before the last %d", i);
	took = clock_boottime_ms() - start;
	fd_set_nonblock(fd, true);
	for (char chunk[4096]; read(fd, chunk, sizeof(chunk)) > 0;)
		;
	log_info("after");
	give_stderr_back();
	CHECK_INT(fd_read_all(fd, &all, TEXT_MAX), 0);
	CHECK_MSG(took >= 1900 && took < 5000, "took %llu ms", (unsigned long long)took);
	CHECK_MSG(strstr(buf_str(&all), "log records were lost") &&
			  strstr(buf_str(&all), "m: after"),
		  "got %s", buf_str(&all));
	buf_done(&all);
	close(fd);
}

TEST_MAIN
