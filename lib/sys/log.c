/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/sys/log.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/sys/journal.h"

#define CONTEXT_MAX 16
#define STDERR_WAIT_MS 2000

static struct {
	enum log_target target; /* never LOG_AUTO after log_open */
	int max_priority;
	char *identifier;
	struct context {
		char *name;
		char *value;
	} context[CONTEXT_MAX];
	bool stderr_stuck;
	unsigned long lost;
} state = { .target = LOG_STDERR, .max_priority = LOG_INFO };

void log_open(enum log_target target, const char *identifier)
{
	if (target == LOG_AUTO)
		target = journal_owns_stderr() ? LOG_JOURNAL : LOG_STDERR;
	state.target = target;
	free(state.identifier);
	state.identifier = xstrdup(identifier);
	if (streq(getenv("MUSTER_LOG"), "debug"))
		state.max_priority = LOG_DEBUG;
}

void log_level(int max_priority)
{
	state.max_priority = max_priority;
}

bool log_is_journal(void)
{
	return state.target == LOG_JOURNAL;
}

/* The slot that holds the field, else (with free_too) a free one. */
static struct context *find_context(const char *field, bool free_too)
{
	struct context *vacant = NULL;

	for (size_t i = 0; i < CONTEXT_MAX; i++) {
		if (streq(state.context[i].name, field))
			return &state.context[i];
		if (!vacant && !state.context[i].name)
			vacant = &state.context[i];
	}
	return free_too ? vacant : NULL;
}

void log_context(const char *field, const char *value)
{
	struct context *c = find_context(field, value != NULL);

	if (!c)
		return;
	free(c->name);
	free(c->value);
	c->name = value ? xstrdup(field) : NULL;
	c->value = xstrdup(value);
}

/* Length of the well-formed UTF-8 sequence at s that is no control character; 0 when there is
 * none. Overlong forms and surrogates are none. */
static size_t printable_sequence(const unsigned char *s)
{
	size_t len = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;

	if (s[0] < 0x20 || (s[0] >= 0x7f && s[0] < 0xc2) || s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xc2 && s[1] < 0xa0) || (s[0] == 0xe0 && s[1] < 0xa0) ||
	    (s[0] == 0xed && s[1] >= 0xa0) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] >= 0x90))
		return 0;
	return len;
}

static void add_sanitised(struct buf *line, const char *text)
{
	size_t left = strlen(text);

	while (left > 0 && text[left - 1] == '\n')
		left--;
	while (left > 0) {
		size_t n = printable_sequence((const unsigned char *)text);

		if (*text == '\n')
			buf_adds(line, "\n    ");
		else if (*text == '\t')
			buf_addc(line, '\t');
		else if (n > 0 && n <= left)
			buf_add(line, text, n);
		else
			buf_addf(line, "\\x%02x", (unsigned int)(unsigned char)*text);
		n = n > 0 && n <= left ? n : 1;
		text += n;
		left -= n;
	}
}

/* Writes what the reader takes in time: at most PIPE_BUF at once, which a pipe that polls writable
 * always has room for. */
static bool write_bounded(const char *data, size_t len)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	while (len > 0) {
		int r = poll(&p, 1, state.stderr_stuck ? 0 : STDERR_WAIT_MS);
		ssize_t n;

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		n = write(STDERR_FILENO, data, MIN(len, (size_t)PIPE_BUF));
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return true; /* nobody will ever read it: not worth counting */
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return true;
}

/* SIGPIPE is held back for the write and taken away again, unless it was pending before. */
static void write_line(const struct buf *line)
{
	const struct timespec now = { 0 };
	sigset_t pipe_only, old, pending;
	bool had;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigpending(&pending);
	had = sigismember(&pending, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_only, &old);
	state.stderr_stuck = !write_bounded(line->data, line->len);
	state.lost += state.stderr_stuck;
	if (!had)
		while (sigtimedwait(&pipe_only, NULL, &now) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void to_stderr(const char *message)
{
	const struct context *step = find_context("MUSTER_STEP", false);
	const char *prefix = step ? step->value : state.identifier;
	_cleanup_buf_ struct buf line = BUF_INIT;

	if (prefix) {
		add_sanitised(&line, prefix);
		buf_adds(&line, ": ");
	}
	add_sanitised(&line, message);
	buf_addc(&line, '\n');
	write_line(&line);
}

static int to_journal(int priority, const char *message_id, const struct log_field *fields,
		      const char *message)
{
	_cleanup_buf_ struct buf record = BUF_INIT;
	char digit[2] = { (char)('0' + (priority & LOG_PRIMASK)), '\0' };

	journal_field(&record, "MESSAGE", message);
	journal_field(&record, "PRIORITY", digit);
	if (state.identifier)
		journal_field(&record, "SYSLOG_IDENTIFIER", state.identifier);
	if (message_id)
		journal_field(&record, "MESSAGE_ID", message_id);
	for (size_t i = 0; i < CONTEXT_MAX; i++)
		if (state.context[i].name)
			journal_field(&record, state.context[i].name, state.context[i].value);
	for (const struct log_field *f = fields; f && f->name; f++)
		if (f->value)
			journal_field(&record, f->name, f->value);
	return journal_send(&record);
}

static void deliver(int priority, const char *message_id, const struct log_field *fields,
		    const char *message)
{
	int r;

	if (state.target != LOG_JOURNAL) {
		to_stderr(message);
		return;
	}
	r = to_journal(priority, message_id, fields, message);
	if (r == -EAGAIN)
		state.lost++;
	else if (r < 0)
		to_stderr(message);
}

static void report_lost(void)
{
	unsigned long lost = state.lost;
	char text[96];

	if (lost == 0)
		return;
	state.lost = 0;
	(void)snprintf(text, sizeof(text), "%lu log records were lost: nobody read them", lost);
	deliver(LOG_WARNING, NULL, NULL, text);
	if (state.lost > 0)
		state.lost = lost;
}

void log_record(int priority, const char *message_id, const struct log_field *fields,
		const char *fmt, ...)
{
	_cleanup_buf_ struct buf message = BUF_INIT;
	int saved = errno;
	va_list ap;

	if (state.target == LOG_NULL || (priority & LOG_PRIMASK) > state.max_priority)
		return;
	va_start(ap, fmt);
	buf_vaddf(&message, fmt, ap);
	va_end(ap);
	report_lost();
	deliver(priority, message_id, fields, buf_str(&message));
	errno = saved;
}

void log_fault(int priority, const char *message_id, const struct fault *f)
{
	const struct log_field fields[] = { { "MUSTER_FAULT", f ? f->id : NULL }, { NULL, NULL } };
	const char *line = f ? f->evidence : NULL;

	if (!f)
		return;
	log_record(priority, message_id, fields, "%s [%s]", f->message, f->id);
	while (line && *line) {
		size_t len = strcspn(line, "\n");

		if (len > 0)
			log_record(priority, NULL, fields, "| %.*s", (int)len, line);
		line += len + (line[len] == '\n');
	}
}
