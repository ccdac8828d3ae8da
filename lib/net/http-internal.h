/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the files of the HTTP client share. Internal to lib/net. */

#include <curl/curl.h>

#include "lib/net/http.h"

struct http {
	CURLM *multi;
};

struct http_stream {
	struct http *http;
	CURL *easy;
	struct curl_slist *list;
	char *what;	    /* "GET https://host/path", for messages */
	struct buf in;	    /* arrived, not yet read */
	size_t given;	    /* bytes of `in` handed out by the last read */
	char **headers;
	uint64_t deadline_ms;
	bool head;	    /* all headers of the final answer are here */
	bool paused;
	bool done;
	CURLcode code;	    /* once done */
	char words[CURL_ERROR_SIZE];
};

/* The fault of a transfer that ended with a code other than CURLE_OK. */
struct fault *http_transport_fault(const struct http_stream *s) _must_check_;
/* Sets the options of a transfer. */
struct fault *http_configure(struct http_stream *s, const struct http_request *r) _must_check_;
