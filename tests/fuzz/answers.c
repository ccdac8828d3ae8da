/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/answers.h"

#include <ctype.h>
#include <limits.h>

#include "lib/base/clock.h"
#include "lib/base/parse.h"
#include "lib/base/strv.h"
#include "lib/net/http.h"

#define RS 0x1e
#define US 0x1f
#define HEADERS_MAX 128	 /* as the client has it */
#define PIECE 61	 /* bytes that arrive at a time */
#define ASK_MS 50
#define SILENCE_MS 2000	 /* asking where nobody answers any more */
#define BEGIN_MS 1000000
#define DEADLINE_MS (BEGIN_MS + 60000)

struct net_sink answers_sink;

static const uint8_t *at, *end; /* what is left of the input */
static uint64_t now_ms;
static struct doc *result;

struct http {
	bool open;
};

struct http_stream {
	int status;
	char **headers;
	const uint8_t *body;
	size_t len, given;
	bool breaks;
};

/* Time and chance, by --wrap. */
uint64_t __wrap_clock_boottime_ms(void);
uint64_t __wrap_clock_boottime_ms(void)
{
	return now_ms;
}

int __wrap_clock_left(uint64_t deadline_ms);
int __wrap_clock_left(uint64_t deadline_ms)
{
	return deadline_ms <= now_ms ? 0 : (int)MIN(deadline_ms - now_ms, (uint64_t)INT_MAX);
}

void __wrap_clock_sleep_ms(uint64_t ms);
void __wrap_clock_sleep_ms(uint64_t ms)
{
	MUST(ms < 3600000);
	now_ms += ms;
}

uint64_t __wrap_random_u64(void);
uint64_t __wrap_random_u64(void)
{
	return UINT64_C(0x5555555555555555);
}

uint64_t __wrap_random_below(uint64_t n);
uint64_t __wrap_random_below(uint64_t n)
{
	return n / 2;
}

/* Frames. */
struct fault *__wrap_net_send_result(struct net_server *s, const struct doc *d);
struct fault *__wrap_net_send_result(struct net_server *s, const struct doc *d)
{
	(void)s;
	MUST(!result && d && d->type == DOC_OBJECT);
	result = doc_copy(d);
	return NULL;
}

struct fault *__wrap_net_send_entry(struct net_server *s, const struct doc *entry);
struct fault *__wrap_net_send_entry(struct net_server *s, const struct doc *entry)
{
	(void)s;
	return answers_sink.entry ? answers_sink.entry(answers_sink.arg, entry) : NULL;
}

struct fault *__wrap_net_send_bytes(struct net_server *s, const void *data, size_t len);
struct fault *__wrap_net_send_bytes(struct net_server *s, const void *data, size_t len)
{
	(void)s;
	return answers_sink.bytes ? answers_sink.bytes(answers_sink.arg, data, len) : NULL;
}

/* Whatever servers say must not end in a request that says more than one thing. */
static void check_request(const struct http_request *r)
{
	for (const char *s = r->url; *s; s++)
		MUST(*s > ' ' && *s < 0x7f);
	for (char *const *h = r->headers; h && *h; h++) {
		MUST(strchr(*h, ':'));
		for (const char *s = *h; *s; s++)
			MUST(*s == '\t' || ((unsigned char)*s >= ' ' && *s != 0x7f));
	}
}

struct http *http_new(void)
{
	return NEW(struct http, 1);
}

void http_free(struct http *h)
{
	if (h)
		MUST(!h->open);
	free(h);
}

static struct fault *no_connection(char why)
{
	static const char *const ids[] = { "net.connect", "net.dns", "net.tls", "net.timeout",
					   "net.stalled", "net.closed", "net.ca" };

	return fault_new(ids[(unsigned char)why % ARRAY_SIZE(ids)], "nobody answers");
}

static char *take_line(const uint8_t **p, const uint8_t *stop)
{
	const uint8_t *nl = memchr(*p, '\n', (size_t)(stop - *p)), *last = nl ? nl : stop;
	char *line = xstrndup((const char *)*p, (size_t)(last - *p));

	*p = nl ? nl + 1 : stop;
	return line;
}

/* As the client hands them on: names in lower case, what has no colon left out. */
static void take_headers(struct http_stream *s, const uint8_t **p, const uint8_t *stop)
{
	while (*p < stop) {
		_cleanup_free_ char *line = take_line(p, stop);
		char *colon = strchr(line, ':');

		line[strcspn(line, "\r")] = '\0';
		if (!line[0])
			return;
		for (char *c = line; colon && c < colon; c++)
			*c = (char)tolower((unsigned char)*c);
		if (colon && colon > line && strv_len(s->headers) < HEADERS_MAX)
			strv_add(&s->headers, line);
	}
}

struct fault *http_open(struct http *h, const struct http_request *r, struct http_stream **ret)
{
	const uint8_t *stop = memchr(at, RS, (size_t)(end - at));
	_cleanup_free_ char *line = NULL;
	struct http_stream *s;
	int status;

	MUST(h && r->url && r->deadline_ms);
	check_request(r);
	now_ms += at < end ? ASK_MS : SILENCE_MS;
	if (at == end)
		return no_connection(0);
	if (!stop)
		stop = end;
	line = take_line(&at, stop);
	if (parse_int(line, &status) < 0 || status < 200 || status > 599) {
		at = stop + (stop < end);
		return no_connection(line[0]);
	}
	s = NEW(struct http_stream, 1);
	s->status = status;
	take_headers(s, &at, stop);
	s->body = at;
	s->len = (size_t)(stop - at);
	s->breaks = s->len > 0 && s->body[s->len - 1] == US;
	s->len -= s->breaks;
	at = stop + (stop < end);
	*ret = s;
	return NULL;
}

struct fault *http_head(struct http_stream *s, int *ret_status, char *const **ret_headers)
{
	*ret_status = s->status;
	if (ret_headers)
		*ret_headers = s->headers;
	return NULL;
}

struct fault *http_read(struct http_stream *s, const void **ret, size_t *ret_len)
{
	*ret = s->body + s->given;
	*ret_len = MIN(s->len - s->given, (size_t)PIECE);
	s->given += *ret_len;
	return *ret_len == 0 && s->breaks ? no_connection(5) : NULL;
}

uint64_t http_retry_after_ms(struct http_stream *s)
{
	const char *text = http_header(s->headers, "retry-after");
	uint32_t seconds;

	return text && parse_u32(text, &seconds) == 0 ? (uint64_t)seconds * 1000 : 0;
}

void http_close(struct http_stream *s)
{
	if (!s)
		return;
	strv_free(s->headers);
	free(s);
}

struct doc *answers_to(struct fault *(*op)(struct net_server *, const struct doc *),
		       const char *request, const uint8_t *data, size_t size)
{
	struct net_server server = { .fd = -1, .deadline_ms = DEADLINE_MS };
	_cleanup_doc_ struct doc *d = NULL;
	struct fault *f = json_parse("request", request, strlen(request), 0, &d);

	MUST(!f);
	at = data;
	end = data + size;
	now_ms = BEGIN_MS;
	f = op(&server, d);
	MUST(!f == !!result);
	/* a request and a pause may be under way when the time is up */
	MUST(now_ms < DEADLINE_MS + 30000);
	fault_free(f);
	return TAKE_PTR(result);
}
