/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "bootstrap/net/ops.h"
#include "lib/aws/imds.h"
#include "lib/base/hash.h"

#define DOCUMENT_MAX (64u * 1024)
#define TAGS_MAX 64 /* EC2 has 50 an instance */
#define TAG_MAX 4096
#define USER_DATA_MAX (64u * 1024)

#define DOCUMENT "/latest/dynamic/instance-identity/document"
#define TAGS "/latest/meta-data/tags/instance"

static struct fault *get_document(struct imds *i, struct doc *result)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct doc *d = NULL;
	struct fault *f;
	bool found;

	TRY(imds_get(i, DOCUMENT, DOCUMENT_MAX, &text, &found));
	if (!found)
		return fault_new("imds.invalid", "there is no identity document");
	f = json_parse("identity document", buf_str(&text), text.len, 0, &d);
	if (f)
		return fault_as(f, "imds.invalid");
	doc_set(result, "document", d);
	if (!doc_str(d, "instanceId"))
		return fault_new("imds.invalid", "the identity document has no instanceId");
	return NULL;
}

static struct fault *get_lines(struct imds *i, struct doc *result)
{
	static const char *const lines[][2] = {
		{ "privateDnsName", "/latest/meta-data/local-hostname" },
		{ "privateIp", "/latest/meta-data/local-ipv4" },
		{ "lifeCycle", "/latest/meta-data/instance-life-cycle" },
	};

	for (size_t n = 0; n < ARRAY_SIZE(lines); n++) {
		_cleanup_free_ char *line = NULL;

		TRY(imds_line(i, lines[n][1], &line));
		if (line)
			line[strcspn(line, " \t")] = '\0'; /* one name for each domain of the VPC */
		doc_set_string(result, lines[n][0], line);
	}
	return NULL;
}

/* Keys of tags that IMDS shows have letters, digits and a few signs, so they are parts of a path as
 * they are; a key that would be more than that is left out.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-tags-in-IMDS.html */
static bool is_tag_key(const char *key)
{
	for (const char *s = key; *s; s++)
		if (*s <= ' ' || *s >= 0x7f || strchr("/?#%", *s))
			return false;
	return key[0] && !streq(key, ".") && !streq(key, "..");
}

static struct fault *get_tag(struct imds *i, const char *key, struct doc *tags)
{
	_cleanup_free_ char *path = xasprintf(TAGS "/%s", key);
	_cleanup_buf_ struct buf value = BUF_INIT;
	bool found;

	TRY(imds_get(i, path, TAG_MAX, &value, &found));
	if (found && !memchr(buf_str(&value), '\0', value.len))
		doc_set_string(tags, key, buf_str(&value));
	return NULL;
}

static struct fault *get_tags(struct imds *i, struct doc *result)
{
	_cleanup_buf_ struct buf keys = BUF_INIT;
	struct doc *tags;
	bool found;
	char *next;

	TRY(imds_get(i, TAGS, DOCUMENT_MAX, &keys, &found));
	tags = doc_set(result, "tags", found ? doc_object() : doc_new(DOC_NULL));
	next = found ? keys.data : NULL;
	for (size_t n = 0; next && n < TAGS_MAX; n++) {
		const char *key = strsep(&next, "\n");

		if (is_tag_key(key))
			TRY(get_tag(i, key, tags));
	}
	return NULL;
}

static struct fault *get_user_data(struct imds *i, struct doc *result)
{
	_cleanup_buf_ struct buf data = BUF_INIT;
	_cleanup_free_ char *text = NULL;
	bool found;

	TRY(imds_get(i, "/latest/user-data", USER_DATA_MAX, &data, &found));
	text = found ? base64_encode(buf_str(&data), data.len) : NULL;
	doc_set(result, "userData", doc_string(text));
	return NULL;
}

struct fault *op_identity(struct net_server *server, const struct doc *request)
{
	static struct fault *(*const parts[])(struct imds *, struct doc *) = {
		get_document, get_lines, get_tags, get_user_data
	};
	_cleanup_http_ struct http *h = http_new();
	_cleanup_doc_ struct doc *result = doc_object();
	_cleanup_imds_ struct imds i = { 0 };

	TRY(imds_open(h, request_wait_ms(request), server->deadline_ms, &i));
	for (size_t n = 0; n < ARRAY_SIZE(parts); n++)
		TRY(parts[n](&i, result));
	return net_send_result(server, result);
}
