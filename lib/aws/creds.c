/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/creds.h"

#include <string.h>

struct names {
	const char *id, *secret, *token, *expiration;
};

static const struct names ours = { "accessKeyId", "secretAccessKey", "sessionToken", "expiration" };
static const struct names theirs = { "AccessKeyId", "SecretAccessKey", "Token", "Expiration" };

static char *copy(const struct doc *d, const char *key)
{
	const char *s = doc_str(d, key);

	return s && s[0] ? xstrdup(s) : NULL;
}

static bool fits_a_header(const char *s)
{
	for (; s && *s; s++)
		if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7f)
			return false;
	return true;
}

static struct fault *check(const char *source, const struct names *n, const struct aws_creds *c)
{
	const struct {
		const char *name, *value;
	} all[] = { { n->id, c->access_key_id },
		    { n->secret, c->secret_access_key },
		    { n->token, c->session_token } };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (!all[i].value && i < 2)
			return fault_new("creds.invalid", "%s: %s is missing", source, all[i].name);
		if (!fits_a_header(all[i].value))
			return fault_new("creds.invalid", "%s: %s has characters that no key has",
					 source, all[i].name);
	}
	return NULL;
}

static struct fault *decode(const char *source, const struct names *n, const struct doc *d,
			    struct aws_creds *ret)
{
	*ret = (struct aws_creds){
		.access_key_id = copy(d, n->id),
		.secret_access_key = copy(d, n->secret),
		.session_token = copy(d, n->token),
		.expiration = copy(d, n->expiration),
		.source = copy(d, "source"),
		.role = copy(d, "role"),
	};
	return check(source, n, ret);
}

struct fault *aws_creds_decode(const char *source, const struct doc *d, struct aws_creds *ret)
{
	return decode(source, &ours, d, ret);
}

struct fault *aws_creds_decode_endpoint(const char *source, const struct doc *d,
					struct aws_creds *ret)
{
	return decode(source, &theirs, d, ret);
}

struct doc *aws_creds_encode(const struct aws_creds *c)
{
	struct doc *d = doc_object();

	doc_set_string(d, ours.id, c->access_key_id);
	doc_set_string(d, ours.secret, c->secret_access_key);
	doc_set_string(d, ours.token, c->session_token);
	doc_set_string(d, ours.expiration, c->expiration);
	doc_set_string(d, "source", c->source);
	doc_set_string(d, "role", c->role);
	return d;
}

void aws_creds_copy(const struct aws_creds *c, struct aws_creds *ret)
{
	*ret = (struct aws_creds){
		.access_key_id = xstrdup(c->access_key_id),
		.secret_access_key = xstrdup(c->secret_access_key),
		.session_token = xstrdup(c->session_token),
		.expiration = xstrdup(c->expiration),
		.source = xstrdup(c->source),
		.role = xstrdup(c->role),
	};
}

char *aws_creds_describe(const struct aws_creds *c)
{
	return xasprintf("access key %s%s%s%s%s%s",
			 c->access_key_id ? c->access_key_id : "(none)", c->role ? " of role " : "",
			 c->role ? c->role : "", c->source ? " (" : "", c->source ? c->source : "",
			 c->source ? ")" : "");
}

static void erase(char *s)
{
	if (s)
		explicit_bzero(s, strlen(s));
	free(s);
}

void aws_creds_done(struct aws_creds *c)
{
	erase(c->access_key_id);
	erase(c->secret_access_key);
	erase(c->session_token);
	free(c->expiration);
	free(c->source);
	free(c->role);
	*c = (struct aws_creds){ 0 };
}
