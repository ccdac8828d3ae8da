/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/plugins/plugins.h"

#include "lib/base/clock.h"
#include "lib/base/parse.h"
#include "lib/sys/log.h"
#include "lifecycle/values/nodeclient.h"

#define LAST_WORDS_MS 3000 /* kept of the deadline, to ask what there is and say what is missing */

const char *plugins_skip(const struct config *c)
{
	return c->cluster.name && *c->cluster.name ? NULL : "no cluster configured";
}

uint64_t plugins_timeout(const struct config *c)
{
	return c->plugins.timeout_ms;
}

struct fault *plugins_expected(const struct step_context *c, struct doc **ret)
{
	_cleanup_doc_ struct doc *expected = doc_object();
	const struct doc *all = c->config->plugins.expect;

	for (size_t i = 0; all && i < all->n_items; i++) {
		const char *resource = all->items[i]->key;
		int64_t n = doc_integer(all, resource, -1);
		uint64_t spelled;

		if (n < 0 && all->items[i]->type == DOC_STRING &&
		    parse_u64(all->items[i]->string, &spelled) == 0 && spelled <= INT32_MAX)
			n = (int64_t)spelled;
		if (n < 0)
			return fault_new("plugins.expect", "plugins.expect: %s has no count",
					 resource);
		if (n > 0)
			doc_set_int(expected, resource, n);
	}
	*ret = TAKE_PTR(expected);
	return NULL;
}

char *plugins_missing(const struct doc *expected, const struct doc *node)
{
	const struct doc *have = node ? doc_get(node, "allocatable") : NULL;
	_cleanup_buf_ struct buf b = BUF_INIT;

	for (size_t i = 0; i < expected->n_items; i++) {
		const char *resource = expected->items[i]->key;
		const char *text = have ? doc_str(have, resource) : NULL;
		int64_t want = expected->items[i]->integer, n = 0;

		if (text && parse_i64(text, &n) == 0 && n >= want)
			continue;
		buf_addf(&b, "%s%s: %s of %lld", b.len ? ", " : "", resource, text ? text : "none",
			 (long long)want);
	}
	return b.len ? buf_take(&b) : NULL;
}

static struct fault *not_there(struct node_client *n, const struct doc *expected, struct fault *f)
{
	_cleanup_doc_ struct doc *node = NULL;
	_cleanup_free_ char *missing = NULL;

	fault_free(f);
	TRY(node_client_get(n, &node));
	missing = plugins_missing(expected, node);
	return fault_new("plugins.missing", "Node %s does not offer what it should: %s",
			 n->node_name, missing ? missing : "it came too late");
}

static void note_have(struct doc *result, const struct doc *expected, const struct doc *node)
{
	const struct doc *have = doc_get(node, "allocatable");
	struct doc *out = doc_set(result, "have", doc_object());

	for (size_t i = 0; have && i < expected->n_items; i++)
		doc_set_string(out, expected->items[i]->key,
			       doc_str(have, expected->items[i]->key));
}

static struct fault *await(const struct step_context *c, const struct doc *expected,
			   struct doc *result)
{
	_cleanup_node_client_ struct node_client n = { 0 };
	_cleanup_doc_ struct doc *node = NULL;
	struct doc *until = doc_object();
	uint64_t end = c->deadline_ms;
	struct fault *f;

	doc_set(until, "exists", doc_bool(true));
	doc_set(until, "allocatable", doc_copy(expected));
	f = node_client_open(c, &n);
	if (f) {
		doc_free(until);
		return f;
	}
	if (end != NO_DEADLINE && end > LAST_WORDS_MS)
		end -= LAST_WORDS_MS;
	f = node_client_await(&n, until, end, &node);
	if (fault_is(f, "kube.await_timeout"))
		return not_there(&n, expected, f);
	if (!f && node)
		note_have(result, expected, node);
	return f;
}

struct fault *step_plugins(const struct step_context *c, struct doc *result)
{
	struct doc *expected = NULL;

	TRY(plugins_expected(c, &expected));
	doc_set(result, "awaited", expected);
	if (expected->n_items == 0)
		return NULL;
	log_info("waiting for %zu device resources", expected->n_items);
	return await(c, expected, result);
}
