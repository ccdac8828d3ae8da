/* SPDX-License-Identifier: Apache-2.0 */
/* User data: a muster document as it is, or as a part of a MIME multi-part (RFC 2046), which is
 * what Karpenter and managed node groups make of several. */
#include <string.h>
#include <strings.h>

#include "lib/base/hash.h"
#include "lifecycle/config/config.h"

#define MUSTER_PART "application/vnd.muster.node"
#define BOUNDARY_MAX 70 /* RFC 2046, 5.1.1 */
#define USER_DATA_MAX (64 * 1024) /* EC2 allows 16 KiB before base64 */

struct span {
	const char *at, *end;
};

static struct span next_line(struct span *rest)
{
	const char *nl = memchr(rest->at, '\n', (size_t)(rest->end - rest->at));
	struct span line = { rest->at, nl ? nl : rest->end };

	rest->at = nl ? nl + 1 : rest->end;
	if (line.end > line.at && line.end[-1] == '\r')
		line.end--;
	return line;
}

/* Value of a header in the block that ends at the first empty line; owned, NULL when absent.
 * Continuation lines are joined. rest is moved behind the block. */
static char *header(struct span *rest, const char *name, char **ret_second, const char *second)
{
	_cleanup_buf_ struct buf current = BUF_INIT;
	char *found = NULL;

	while (rest->at < rest->end) {
		struct span line = next_line(rest);
		char **to = NULL;

		if (line.at == line.end)
			break;
		if (*line.at != ' ' && *line.at != '\t')
			buf_reset(&current);
		buf_add(&current, line.at, (size_t)(line.end - line.at));
		if (strncasecmp(buf_str(&current), name, strlen(name)) == 0)
			to = &found;
		else if (ret_second && strncasecmp(buf_str(&current), second, strlen(second)) == 0)
			to = ret_second;
		if (!to)
			continue;
		free(*to);
		*to = xstrdup(buf_str(&current) + strlen(to == &found ? name : second));
	}
	return found;
}

static char *boundary_of(const char *content_type)
{
	const char *at = content_type ? strcasestr(content_type, "boundary=") : NULL;
	size_t len;

	if (!at || !strcasestr(content_type, "multipart/"))
		return NULL;
	at += strlen("boundary=");
	len = *at == '"' ? strcspn(++at, "\"") : strcspn(at, "; \t");
	return len && len <= BOUNDARY_MAX ? xstrndup(at, len) : NULL;
}

static bool is_delimiter(struct span line, const char *boundary)
{
	size_t len = strlen(boundary);

	return (size_t)(line.end - line.at) >= len + 2 && memcmp(line.at, "--", 2) == 0 &&
	       memcmp(line.at + 2, boundary, len) == 0;
}

/* The next part, between two delimiter lines. */
static bool next_part(struct span *rest, const char *boundary, struct span *part)
{
	struct span look = *rest;

	part->at = look.at;
	while (look.at < look.end) {
		struct span line = next_line(&look);

		if (!is_delimiter(line, boundary))
			continue;
		part->end = line.at;
		*rest = look;
		return true;
	}
	return false;
}

static struct fault *parse_part(struct span part, struct doc **ret)
{
	_cleanup_free_ char *encoding = NULL;
	_cleanup_free_ char *type =
		header(&part, "Content-Type:", &encoding, "Content-Transfer-Encoding:");
	_cleanup_free_ uint8_t *raw = NULL;
	size_t len;

	if (!type || !strcasestr(type, MUSTER_PART))
		return NULL;
	/* "Later part wins": what an earlier one said is replaced as a whole. */
	doc_free(*ret);
	*ret = NULL;
	if (!encoding || !strcasestr(encoding, "base64"))
		return doc_parse("user data", part.at, (size_t)(part.end - part.at), 0, ret);
	raw = base64_decode(part.at, (size_t)(part.end - part.at), &len);
	if (!raw)
		return fault_new("config.user_data",
				 "the part " MUSTER_PART " says base64 and is not");
	return doc_parse("user data", (const char *)raw, len, 0, ret);
}

static struct fault *parse_multipart(struct span rest, const char *boundary, struct doc **ret)
{
	struct span part;

	if (!next_part(&rest, boundary, &part)) /* the preamble */
		return NULL;
	while (next_part(&rest, boundary, &part))
		TRY(parse_part(part, ret));
	return NULL;
}

static bool looks_like_ours(struct span text)
{
	static const char mark[] = "muster/v1";

	return memmem(text.at, (size_t)(text.end - text.at), mark, strlen(mark)) != NULL;
}

struct fault *user_data_document(const char *text, size_t len, struct doc **ret)
{
	struct span all = { text, text + len }, head = all;
	_cleanup_free_ char *type = header(&head, "Content-Type:", NULL, NULL);
	_cleanup_free_ char *boundary = boundary_of(type);

	*ret = NULL;
	if (len > USER_DATA_MAX)
		return fault_new("config.user_data",
				 "user data: expected at most %d bytes, found %zu", USER_DATA_MAX,
				 len);
	if (boundary)
		return parse_multipart(head, boundary, ret);
	/* Anything else that is no document of ours (a shell script, cloud-init's) is not for
	 * us. */
	if (!looks_like_ours(all) || (len > 1 && memcmp(text, "#!", 2) == 0))
		return NULL;
	return doc_parse("user data", text, len, 0, ret);
}
