/* SPDX-License-Identifier: Apache-2.0 */
/* User data: a muster document as it is, or as a part of a MIME multi-part (RFC 2046), which is
 * what Karpenter and managed node groups make of several. */
#include <string.h>
#include <strings.h>

#include "lib/base/hash.h"
#include "lib/net/words.h"
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

/* "--boundary--": after it comes nothing that counts. */
static bool is_last(struct span line, const char *boundary)
{
	size_t len = strlen(boundary) + 2;

	return (size_t)(line.end - line.at) >= len + 2 && memcmp(line.at + len, "--", 2) == 0;
}

/* Everything up to the next delimiter line, or to the end where none comes any more: what was cut
 * off at its end is parsed all the same, for a part that is passed over would be settings that
 * silently do not hold. */
static struct span next_part(struct span *rest, const char *boundary)
{
	struct span part = { rest->at, rest->end };

	while (rest->at < rest->end) {
		struct span line = next_line(rest);

		if (!is_delimiter(line, boundary))
			continue;
		part.end = line.at;
		if (is_last(line, boundary))
			rest->at = rest->end;
		break;
	}
	return part;
}

static uint8_t *copy_bytes(struct span part, size_t *ret_len)
{
	uint8_t *copy;

	*ret_len = (size_t)(part.end - part.at);
	copy = xcalloc(1, *ret_len + 1);
	memcpy(copy, part.at, *ret_len);
	return copy;
}

/* As it lies there (RFC 2045, 6.2), or in base64. */
static struct fault *decode_part(struct span part, const char *encoding, uint8_t **ret,
				 size_t *ret_len)
{
	static const char *const plain[] = { "7bit", "8bit", "binary" };
	_cleanup_free_ char *word = words_clean(encoding, strlen(encoding), 24);

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (strcasecmp(word, plain[i]) == 0) {
			*ret = copy_bytes(part, ret_len);
			return NULL;
		}
	if (strcasecmp(word, "base64") != 0)
		return fault_new("config.user_data",
				 "user data: part " MUSTER_PART ": expected the encoding 7bit, "
				 "8bit, binary or base64, found \"%s\"", word);
	*ret = base64_decode(part.at, (size_t)(part.end - part.at), ret_len);
	if (*ret)
		return NULL;
	return fault_new("config.user_data",
			 "user data: part " MUSTER_PART ": expected base64, as it says, found "
			 "something else");
}

static struct fault *parse_part(struct span part, struct doc **ret)
{
	_cleanup_free_ char *encoding = NULL;
	_cleanup_free_ char *type =
		header(&part, "Content-Type:", &encoding, "Content-Transfer-Encoding:");
	_cleanup_free_ uint8_t *raw = NULL;
	size_t len = 0;

	if (!type || !strcasestr(type, MUSTER_PART))
		return NULL;
	/* "Later part wins": what an earlier one said is replaced as a whole. */
	doc_free(*ret);
	*ret = NULL;
	TRY(decode_part(part, encoding ? encoding : "8bit", &raw, &len));
	return doc_parse("user data", (const char *)raw, len, 0, ret);
}

static struct fault *parse_multipart(struct span rest, const char *boundary, struct doc **ret)
{
	(void)next_part(&rest, boundary); /* the preamble */
	while (rest.at < rest.end)
		TRY(parse_part(next_part(&rest, boundary), ret));
	return NULL;
}

/* Of a text that is one document: it says so itself, and does not begin as what cloud-init reads.
 * https://cloudinit.readthedocs.io/en/latest/explanation/format.html */
static bool looks_like_ours(struct span text)
{
	static const char *const others[] = { "#!", "#cloud-", "#include", "#part-handler",
					      "## template:" };
	static const char mark[] = "muster/v1";
	size_t len = (size_t)(text.end - text.at);

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (len >= strlen(others[i]) && memcmp(text.at, others[i], strlen(others[i])) == 0)
			return false;
	return memmem(text.at, len, mark, strlen(mark)) != NULL;
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
	if (!looks_like_ours(all))
		return NULL;
	return doc_parse("user data", text, len, 0, ret);
}
