/* SPDX-License-Identifier: Apache-2.0 */
/* What needs no transfer to be known. */
#include <string.h>

#include "lib/base/strv.h"
#include "lib/net/http.h"

void http_response_done(struct http_response *r)
{
	strv_free(r->headers);
	buf_done(&r->body);
	*r = (struct http_response){ 0 };
}

const char *http_header(char *const *headers, const char *name)
{
	size_t n = strlen(name);

	for (; headers && *headers; headers++)
		if (strncmp(*headers, name, n) == 0 && (*headers)[n] == ':')
			return *headers + n + 1 + strspn(*headers + n + 1, " \t");
	return NULL;
}

struct fault *http_host(const char *url, char **ret)
{
	_cleanup_free_ char *host = NULL;
	const char *start = strstr(url, "://"), *standard;
	size_t n;

	if (!start || !(str_startswith(url, "https://") || str_startswith(url, "http://")))
		return fault_new("net.url", "\"%s\" is no http or https URL", url);
	standard = str_startswith(url, "https://") ? ":443" : ":80";
	start += 3;
	n = strcspn(start, "/?#");
	if (n == 0 || memchr(start, '@', n))
		return fault_new("net.url", "\"%s\" has no plain host", url);
	host = xstrndup(start, n);
	if (str_endswith(host, standard))
		host[n - strlen(standard)] = '\0';
	*ret = TAKE_PTR(host);
	return NULL;
}

bool http_fault_is_transient(const struct fault *f)
{
	static const char *const which[] = { "net.dns", "net.connect", "net.stalled", "net.closed",
					     "net.proxy", "net.transport" };

	for (size_t i = 0; i < ARRAY_SIZE(which); i++)
		if (fault_is(f, which[i]))
			return true;
	return false;
}
