/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/identify/identify.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/parse.h"
#include "lib/base/path.h"
#include "lib/net/call.h"
#include "lib/net/operations.h"
#include "lifecycle/values/identity.h"

#define FILE_MAX (1024 * 1024)
#define USER_DATA_MAX (64 * 1024)
#define ANSWER_MS 15000	 /* for the requests themselves, once IMDS is there */
#define MARGIN_MS 15000

/* What IMDS gives, under the names that it has there. */
struct answer {
	struct doc *document; /* object */
	struct doc *tags;     /* object of strings or NULL */
	char *private_dns_name;
	char *private_ip;
	char *user_data; /* base64 */
};

static const struct field answer_fields[] = {
	F_ANY("document", struct answer, document, "Instance identity document",
	      .required = true),
	F_MAP("tags", struct answer, tags, "Instance tags"),
	F_STRING("privateDnsName", struct answer, private_dns_name, "Private DNS name",
		 .max = 253),
	F_STRING("privateIp", struct answer, private_ip, "Private IP address", .max = 64),
	F_STRING("userData", struct answer, user_data, "User data, base64",
		 .max = USER_DATA_MAX * 4 / 3 + 4),
	F_END,
};

static void answer_done(struct answer *a)
{
	schema_free(answer_fields, a);
}

const char *identify_skip(const struct config *c)
{
	(void)c;
	return NULL;
}

uint64_t identify_timeout(const struct config *c)
{
	return c->identity.wait_ms == NO_DEADLINE ? NO_DEADLINE
						  : c->identity.wait_ms + ANSWER_MS + MARGIN_MS;
}

/* A text that would not come
 * back as the same bytes from JSON is no text. */
static bool is_text(const uint8_t *data, size_t len)
{
	_cleanup_doc_ struct doc *d = NULL, *back = NULL;
	_cleanup_free_ char *text = xstrndup((const char *)data, len), *json = NULL;
	struct fault *f;
	bool same;

	if (strlen(text) != len)
		return false;
	d = doc_array();
	doc_push(d, doc_string(text));
	json = doc_to_string(d, DOC_COMPACT);
	f = json_parse("user data", json, strlen(json), 0, &back);
	same = !f && doc_equal(d, back) && back->n_items == 1 &&
	       streq(back->items[0]->string, text);
	fault_free(f);
	return same;
}

static struct fault *set_user_data(struct doc *result, const char *base64)
{
	_cleanup_free_ uint8_t *data = NULL;
	size_t len = 0;

	if (!base64)
		return NULL;
	data = base64_decode(base64, strlen(base64), &len);
	if (!data)
		return fault_new("identity.invalid", "user data is not base64");
	if (is_text(data, len))
		doc_set_string(result, "userData", (const char *)data);
	else
		doc_set_string(result, "userDataBase64", base64);
	return NULL;
}

static const char *first(const char *a, const char *b)
{
	return a && a[0] ? a : b;
}

struct fault *identify_from_imds(const struct doc *answer, struct doc *result)
{
	static const char *const same[] = { "instanceId", "instanceType", "region",
					    "availabilityZone", "accountId", "imageId" };
	_cleanup_(answer_done) struct answer a = { 0 };
	struct fault *f = schema_decode(answer_fields, "IMDS", answer, 0, &a);
	uint64_t launched;

	if (f)
		return fault_as(f, "identity.invalid");
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		doc_set_string(result, same[i], doc_str(a.document, same[i]));
	/* Malformed it only means that muster does not know. */
	if (parse_time(doc_str(a.document, "pendingTime"), &launched) == 0)
		doc_set_string(result, "launchTime", doc_str(a.document, "pendingTime"));
	doc_set_string(result, "privateDnsName", first(a.private_dns_name, NULL));
	doc_set_string(result, "privateIp",
		       first(a.private_ip, doc_str(a.document, "privateIp")));
	doc_set_string(result, "source", "imds");
	if (a.tags) {
		doc_set(result, "tags", doc_copy(a.tags));
		doc_set_string(result, "instanceName", doc_str(a.tags, "Name"));
		doc_set_string(result, "replaces", doc_str(a.tags, "muster:replaces"));
	}
	return set_user_data(result, a.user_data);
}

static struct fault *ask_imds(const struct step_context *c, struct doc *result)
{
	uint64_t wait = c->config->identity.wait_ms;
	_cleanup_doc_ struct doc *request = doc_object(), *answer = NULL;
	uint64_t deadline = c->deadline_ms;
	struct fault *f;

	if (wait != NO_DEADLINE) {
		doc_set_int(request, "waitMs", (int64_t)wait);
		deadline = MIN(deadline, clock_boottime_ms() + wait + ANSWER_MS);
	} else {
		doc_set_int(request, "waitMs", clock_left(deadline));
	}
	f = net_call(NET_IDENTITY, request, deadline, NULL, &answer);
	if (fault_is(f, "imds.unreachable"))
		return fault_as(f, "identity.unreachable");
	if (f)
		return f;
	return identify_from_imds(answer, result);
}

/* Only what an identity has, and user data, are taken from a file. */
static struct fault *take_file(const char *path, const struct doc *d, struct doc *result)
{
	const char *text = doc_str(d, "userData"), *base64 = doc_str(d, "userDataBase64");

	if (d->type != DOC_OBJECT)
		return fault_new("identity.file", "%s: is no object", path);
	for (const struct field *f = identity_fields; f->kind != FIELD_END; f++)
		if (doc_get(d, f->name))
			doc_set(result, f->name, doc_copy(doc_get(d, f->name)));
	doc_set_string(result, "source", path);
	doc_set_string(result, "userData", text);
	return text ? NULL : set_user_data(result, base64);
}

static struct fault *read_file(const struct step_context *c, struct doc *result)
{
	_cleanup_free_ char *path = path_rooted(c->root, c->config->identity.file);
	_cleanup_doc_ struct doc *d = NULL;
	struct fault *f = doc_read_file(path, FILE_MAX, &d);

	if (!f)
		f = take_file(path, d, result);
	return fault_as(f, "identity.file");
}

/* What the rest of muster will read back must be readable; plain YAML scalars become strings. */
static struct fault *settle(const char *source, bool file, struct doc *result)
{
	_cleanup_identity_ struct identity id = { 0 };
	_cleanup_doc_ struct doc *encoded = NULL;
	struct fault *f = identity_decode(source, result, &id);

	if (f)
		return fault_as(f, file ? "identity.file" : "identity.invalid");
	encoded = schema_encode(identity_fields, &id);
	for (size_t i = 0; i < encoded->n_items; i++) {
		if (encoded->items[i]->type == DOC_NULL)
			doc_remove(result, encoded->items[i]->key);
		else
			doc_set(result, encoded->items[i]->key, doc_copy(encoded->items[i]));
	}
	return NULL;
}

struct fault *step_identify(const struct step_context *c, struct doc *result)
{
	bool file = c->config->identity.file;

	TRY(file ? read_file(c, result) : ask_imds(c, result));
	if (!doc_str(result, "hardware")) {
		_cleanup_free_ char *hardware = identify_hardware(c->root);

		doc_set_string(result, "hardware", hardware);
	}
	return settle(file ? c->config->identity.file : "IMDS", file, result);
}
