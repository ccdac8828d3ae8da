/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/fetch/fetch.h"

#include <string.h>

#include "lib/net/operations.h"
#include "lifecycle/fetch/local.h"
#include "lifecycle/fetch/staging.h"
#include "lifecycle/values/identity.h"

#define TIMEOUT_MS (15 * 60 * 1000) /* thousands of nodes at once are throttled by S3 */

#define ROLE_WAIT_MS 10000 /* for a role that was attached a moment ago */

const char *fetch_skip(const struct config *c)
{
	return c->lifecycle.source ? NULL : "no lifecycle.source is configured";
}

uint64_t fetch_timeout(const struct config *c)
{
	(void)c;
	return TIMEOUT_MS;
}

static struct doc *make_request(const struct step_context *c)
{
	struct doc *r = doc_object();
	const struct config *cfg = c->config;
	const char *region = cfg->cluster.region;

	if (!region && c->identity)
		region = c->identity->region;
	doc_set_string(r, "source", cfg->lifecycle.source);
	doc_set_string(r, "region", region);
	doc_set_int(r, "waitMs", (int64_t)MIN(cfg->identity.wait_ms, (uint64_t)ROLE_WAIT_MS));
	if (cfg->lifecycle.max_bytes > 0 && cfg->lifecycle.max_bytes <= INT64_MAX)
		doc_set_int(r, "maxBytes", (int64_t)cfg->lifecycle.max_bytes);
	if (cfg->lifecycle.max_entries > 0)
		doc_set_int(r, "maxEntries", cfg->lifecycle.max_entries);
	return r;
}

/* What the child says of the source is kept for people; nothing is decided by it. */
static void keep_claims(const struct doc *answer, struct doc *result)
{
	const char *digest = doc_str(answer, "digest");
	bool prefix = streq(doc_str(answer, "format"), "prefix");

	doc_set_string(result, "format", prefix ? "prefix" : "archive");
	if (!prefix && digest && strlen(digest) < TREE_DIGEST_MAX)
		doc_set_string(result, "archiveDigest", digest);
}

static struct fault *from_network(const struct step_context *c, struct tree *t, struct doc *result)
{
	const struct net_sink sink = { fetch_take_entry, fetch_take_bytes, t };
	_cleanup_doc_ struct doc *request = make_request(c), *answer = NULL;

	TRY(net_call(NET_BUNDLE, request, c->deadline_ms, &sink, &answer));
	keep_claims(answer, result);
	return NULL;
}

static struct fault *obtain(const struct step_context *c, struct tree *t, struct doc *result)
{
	const char *source = c->config->lifecycle.source;

	if (str_startswith(source, "file:///"))
		return local_fetch(c, t, result);
	if (str_startswith(source, "s3://") || str_startswith(source, "https://"))
		return from_network(c, t, result);
	return fault_new("fetch.source",
			 "lifecycle.source \"%s\": neither s3://, https:// nor file:///", source);
}

/* Only what root has computed itself counts as proof. */
static struct fault *check_pin(const struct config *c, const char *digest,
			       const struct doc *result)
{
	const char *pin = c->lifecycle.digest, *archive = doc_str(result, "archiveDigest");
	bool local = str_startswith(c->lifecycle.source, "file:");

	if (!pin || streq(pin, digest) || (local && streq(pin, archive)))
		return NULL;
	return fault_new("fetch.digest",
			 "the bundle's digest is %s%s%s%s, lifecycle.digest wants %s", digest,
			 archive ? " (the archive's " : "", archive ? archive : "",
			 archive ? ")" : "", pin);
}

static struct fault *fill(const struct step_context *c, struct staging *s, struct doc *result)
{
	const struct tree_limits limits = { c->config->lifecycle.max_bytes,
					    c->config->lifecycle.max_entries };
	_cleanup_tree_ struct tree *t = tree_new(s->fd, &limits);
	_cleanup_free_ char *path = NULL;
	char digest[TREE_DIGEST_MAX];

	TRY(obtain(c, t, result));
	TRY(tree_end(t, digest));
	if (tree_entries(t) == 0)
		return fault_new("fetch.empty", "there is nothing in %s",
				 c->config->lifecycle.source);
	TRY(check_pin(c->config, digest, result));
	TRY(staging_publish(s, digest, &path));
	doc_set_string(result, "path", path);
	doc_set_string(result, "digest", digest);
	doc_set_int(result, "entries", tree_entries(t));
	doc_set_int(result, "bytes", (int64_t)tree_bytes(t));
	doc_set_string(result, "source", c->config->lifecycle.source);
	return NULL;
}

struct fault *step_fetch(const struct step_context *c, struct doc *result)
{
	_cleanup_(staging_done) struct staging s = { .bundles = -1, .fd = -1 };

	TRY(staging_open(c->state_dir, c->run_id, &s));
	return fill(c, &s, result);
}
