/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/aws/find.h"

static char *trimmed(const char *s, size_t len)
{
	while (len > 0 && strchr(" \t\r", s[0])) {
		s++;
		len--;
	}
	while (len > 0 && strchr(" \t\r", s[len - 1]))
		len--;
	return xstrndup(s, len);
}

/* "[name]" or "[profile name]" */
static bool is_section(const char *line, const char *profile)
{
	_cleanup_free_ char *name = NULL;
	const char *end = strchr(line, ']');

	if (!end)
		return false;
	name = trimmed(line + 1, (size_t)(end - line) - 1);
	if (streq(name, profile))
		return true;
	return str_startswith(name, "profile ") && streq(name + 8 + strspn(name + 8, " "), profile);
}

static void take_line(const char *line, struct doc *out)
{
	static const char *const names[][2] = { { "aws_access_key_id", "accessKeyId" },
						{ "aws_secret_access_key", "secretAccessKey" },
						{ "aws_session_token", "sessionToken" } };
	const char *eq = strchr(line, '=');
	_cleanup_free_ char *key = eq ? trimmed(line, (size_t)(eq - line)) : NULL;

	for (size_t i = 0; key && i < ARRAY_SIZE(names); i++) {
		if (strcasecmp(key, names[i][0]) == 0) {
			_cleanup_free_ char *value = trimmed(eq + 1, strlen(eq + 1));

			doc_set_string(out, names[i][1], value);
			explicit_bzero(value, strlen(value));
		}
	}
}

struct fault *aws_creds_read_profile(const char *source, const char *text, const char *profile,
				     struct aws_creds *ret, bool *ret_found)
{
	_cleanup_doc_ struct doc *d = doc_object();
	bool inside = false;

	*ret_found = false;
	while (*text) {
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *line = trimmed(text, n);

		if (line[0] == '[')
			inside = is_section(line, profile);
		else if (inside && line[0] != '#' && line[0] != ';')
			take_line(line, d);
		*ret_found |= inside;
		explicit_bzero(line, strlen(line));
		text += n + (text[n] == '\n');
	}
	if (!*ret_found || !doc_get(d, "accessKeyId")) {
		*ret_found = false;
		return NULL;
	}
	doc_set_string(d, "source", "file");
	return aws_creds_decode(source, d, ret);
}
