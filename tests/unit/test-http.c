/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "tests/unit/test.h"

/* What a real server does not do on demand: close early, be busy, lie about lengths, say nothing.
 * A child of this program plays it on loopback; the path says how. */

static pid_t server;
static int port;
static struct {
	unsigned requests;
	char last[2048];
} *seen; /* shared with the child */

static void say(int fd, const char *text)
{
	(void)fd_write_all(fd, text, strlen(text));
}

static void big_body(int fd)
{
	static char block[65536];

	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 6553600\r\n\r\n");
	for (int i = 0; i < 100; i++)
		if (fd_write_all(fd, block, sizeof(block)) < 0)
			return;
}

static void serve(int fd, const char *path)
{
	if (streq(path, "/ok"))
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Amz-Thing:  v \r\n\r\nhello");
	else if (streq(path, "/redirect"))
		say(fd, "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n");
	else if (streq(path, "/short"))
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
	else if (streq(path, "/busy") && seen->requests < 3)
		say(fd, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n");
	else if (streq(path, "/busy-for-long"))
		say(fd, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: 30\r\n\r\n");
	else if (streq(path, "/busy"))
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfree");
	else if (streq(path, "/always-busy"))
		say(fd, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
	else if (streq(path, "/big"))
		big_body(fd);
	else if (streq(path, "/silent"))
		sleep(20);
}

static void handle(int fd)
{
	char text[2048] = "", *path, *end;
	size_t n = 0;

	while (n + 1 < sizeof(text)) {
		ssize_t r = read(fd, text + n, sizeof(text) - 1 - n);

		if (r <= 0)
			return;
		n += (size_t)r;
		text[n] = '\0';
		if (strstr(text, "\r\n\r\n"))
			break;
	}
	seen->requests++;
	memcpy(seen->last, text, n + 1);
	path = strchr(text, ' ');
	end = path ? strchr(path + 1, ' ') : NULL;
	if (!end)
		return;
	*end = '\0';
	serve(fd, path + 1);
}

static void run_server(int listener)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0)
			handle(fd);
		fd_close(fd);
	}
}

static void start(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) < 0 || listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		abort();
	port = ntohs(a.sin_port);
	server = fork();
	if (server == 0)
		run_server(fd);
	fd_close(fd);
}

static char *url_of(const char *path)
{
	return xasprintf("http://127.0.0.1:%d%s", port, path);
}

static struct fault *get(const char *path, uint64_t ms, size_t max, struct http_response *r)
{
	_cleanup_http_ struct http *h = http_new();
	_cleanup_free_ char *url = url_of(path);

	return http_do(h, &(struct http_request){ .url = url, .max_body = max,
						  .deadline_ms = clock_boottime_ms() + ms }, r);
}

TEST(an_answer_with_its_headers)
{
	_cleanup_response_ struct http_response r = { 0 };

	CHECK_OK(get("/ok", 5000, 0, &r));
	CHECK_INT(r.status, 200);
	CHECK_STR(buf_str(&r.body), "hello");
	CHECK(str_startswith(http_header(r.headers, "x-amz-thing"), "v"));
	CHECK(!http_header(r.headers, "x-amz"));
	CHECK(strstr(seen->last, "\r\nUser-Agent: muster/"));
	CHECK(!strstr(seen->last, "Accept-Encoding"));
}

TEST(redirects_are_not_followed)
{
	_cleanup_response_ struct http_response r = { 0 };

	seen->requests = 0;
	CHECK_OK(get("/redirect", 5000, 0, &r));
	CHECK_INT(r.status, 302);
	CHECK_INT(seen->requests, 1);
}

TEST(bodies_have_a_cap)
{
	_cleanup_response_ struct http_response r = { 0 };

	CHECK_FAULT(get("/big", 5000, 100000, &r), "net.too_large");
	CHECK(r.body.len <= 100000);
}

TEST(ends_that_come_too_early)
{
	_cleanup_response_ struct http_response r = { 0 };

	CHECK_FAULT(get("/short", 5000, 0, &r), "net.closed");
	CHECK_FAULT(get("/nothing", 5000, 0, &r), "net.closed");
}

TEST(a_silent_server_meets_the_deadline)
{
	_cleanup_response_ struct http_response r = { 0 };
	uint64_t began = clock_boottime_ms();

	struct fault *f = get("/silent", 400, 0, &r);
	uint64_t took = clock_boottime_ms() - began;

	kill(server, SIGKILL); /* it sleeps, and what comes next must not find it so */
	waitpid(server, NULL, 0);
	start();
	CHECK_FAULT(f, "net.timeout");
	CHECK(took < 15000);
}

TEST(nobody_listens_and_no_such_name)
{
	_cleanup_http_ struct http *h = http_new();
	_cleanup_response_ struct http_response r = { 0 };
	uint64_t until = clock_boottime_ms() + 5000;

	CHECK_FAULT(http_do(h, &(struct http_request){ .url = "http://127.0.0.1:1/",
						       .deadline_ms = until }, &r), "net.connect");
	CHECK_FAULT(http_do(h, &(struct http_request){ .url = "http://nowhere.invalid/",
						       .deadline_ms = until }, &r), "net.dns");
	CHECK_FAULT(http_do(h, &(struct http_request){ .url = "file:///etc/passwd",
						       .deadline_ms = until }, &r), "net.url");
	CHECK_FAULT(http_do(h, &(struct http_request){ .url = "http://127.0.0.1:1/",
						       .deadline_ms = 1 }, &r), "net.timeout");
}

static struct fault *build(void *arg, struct http_request *r)
{
	r->url = arg;
	return NULL;
}

static struct fault *repeat(const char *path, uint64_t ms, struct http_response *r)
{
	_cleanup_http_ struct http *h = http_new();
	_cleanup_free_ char *url = url_of(path);

	seen->requests = 0;
	return http_repeat(h, &(struct http_repeat){ .build = build, .arg = url,
						     .deadline_ms = clock_boottime_ms() + ms }, r);
}

TEST(busy_servers_are_asked_again_after_the_time_they_name)
{
	_cleanup_response_ struct http_response r = { 0 };
	uint64_t began = clock_boottime_ms();

	CHECK_OK(repeat("/busy", 10000, &r));
	CHECK_STR(buf_str(&r.body), "free");
	CHECK_INT(seen->requests, 3);
	CHECK(clock_boottime_ms() - began >= 2000);
}

TEST(attempts_are_counted)
{
	_cleanup_response_ struct http_response r = { 0 };

	CHECK_OK(repeat("/always-busy", 20000, &r));
	CHECK_INT(r.status, 500);
	CHECK_INT(seen->requests, 4);
	setenv("AWS_MAX_ATTEMPTS", "2", 1);
	CHECK_OK(repeat("/always-busy", 20000, &r));
	CHECK_INT(seen->requests, 2);
	CHECK_FAULT(repeat("/short", 20000, &r), "net.closed");
	CHECK_INT(seen->requests, 2);
	unsetenv("AWS_MAX_ATTEMPTS");
}

TEST(a_wait_that_does_not_fit_the_deadline_is_not_begun)
{
	_cleanup_response_ struct http_response r = { 0 };
	uint64_t began = clock_boottime_ms();

	CHECK_OK(repeat("/busy-for-long", 20000, &r));
	CHECK_INT(r.status, 503);
	CHECK(clock_boottime_ms() - began < 20000);
}

TEST(a_long_stream_is_paused_and_loses_nothing)
{
	_cleanup_http_ struct http *h = http_new();
	_cleanup_stream_ struct http_stream *a = NULL, *b = NULL;
	_cleanup_free_ char *big = url_of("/big"), *small = url_of("/ok");
	uint64_t until = clock_boottime_ms() + 10000;
	size_t len = 1, total = 0;
	const void *data;
	int status;

	CHECK_OK(http_open(h, &(struct http_request){ .url = big, .deadline_ms = until }, &a));
	CHECK_OK(http_head(a, &status, NULL));
	while (len > 0) { /* paused and resumed many times: nothing is lost */
		CHECK_OK(http_read(a, &data, &len));
		total += len;
	}
	CHECK_INT(total, 6553600);
	CHECK_OK(http_open(h, &(struct http_request){ .url = small, .deadline_ms = until }, &b));
	CHECK_OK(http_read(b, &data, &len));
	CHECK_INT(len, 5);
	CHECK_OK(http_read(b, &data, &len));
	CHECK_INT(len, 0);
	CHECK_OK(http_read(a, &data, &len));
	CHECK_INT(len, 0);
}

TEST(host_headers)
{
	static const char *const good[][2] = { { "https://a.example/x", "a.example" },
					       { "https://a.example:443/", "a.example" },
					       { "http://a.example:80", "a.example" },
					       { "http://a.example:8080?q", "a.example:8080" },
					       { "http://[::1]:9/", "[::1]:9" } };
	static const char *const bad[] = { "ftp://a/", "a", "https:///x", "http://u@h/", "" };
	char *host;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		CHECK_OK(http_host(good[i][0], &host));
		CHECK_STR(host, good[i][1]);
		free(host);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_FAULT(http_host(bad[i], &host), "net.url");
}

int main(int argc, char **argv)
{
	int failed;

	setenv("NO_PROXY", "*", 1);
	start();
	failed = test_main(argc, argv);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	return failed;
}
