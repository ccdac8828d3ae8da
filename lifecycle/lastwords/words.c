/* SPDX-License-Identifier: Apache-2.0 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "lifecycle/lastwords/words.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/strv.h"
#include "lib/net/words.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

struct redactor *words_redactor(const struct config *c)
{
	static const char *const own[] = { "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
					   "AWS_CONTAINER_AUTHORIZATION_TOKEN" };
	struct redactor *r = redactor_new();

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		redactor_add(r, getenv(own[i]));
	if (c) {
		redactor_add_map(r, c->lifecycle.env);
		redactor_add_map(r, c->drivers.env);
	}
	return r;
}

static struct doc *identity_doc(const struct identity *id)
{
	struct doc *d = doc_object();

	doc_set_string(d, "instanceId", id->instance_id);
	doc_set_string(d, "instanceType", id->instance_type);
	doc_set_string(d, "region", id->region);
	doc_set_string(d, "availabilityZone", id->availability_zone);
	doc_set_string(d, "accountId", id->account_id);
	doc_set_string(d, "imageId", id->image_id);
	doc_set_string(d, "privateDnsName", id->private_dns_name);
	doc_set_string(d, "privateIp", id->private_ip);
	doc_set_string(d, "hardware", id->hardware);
	return d;
}

static struct doc *journal_doc(char *const *lines, struct redactor *r)
{
	size_t n = strv_len(lines), first = n > WORDS_LINES ? n - WORDS_LINES : 0;
	struct doc *list = doc_array();

	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *clean = redact(r, lines[i]), *words = NULL;

		words = words_clean(clean, strlen(clean), WORDS_LINE_MAX);
		if (i >= first)
			doc_push(list, doc_string(words));
	}
	return list;
}

static struct doc *redacted(const struct doc *d, struct redactor *r)
{
	struct doc *copy = doc_copy(d);

	redact_doc(r, copy);
	return copy;
}

struct doc *words_report(const struct words_facts *f, struct redactor *r)
{
	struct doc *d = doc_object();
	char when[RFC3339_MAX];

	doc_set_string(d, "apiVersion", "muster/v1");
	doc_set_string(d, "kind", "LastWords");
	doc_set_string(d, "version", PACKAGE_VERSION);
	doc_set_string(d, "instance", f->identity->instance_id);
	doc_set_string(d, "boot", f->boot);
	doc_set_string(d, "time", clock_rfc3339(f->now_ms, when));
	doc_set(d, "identity", identity_doc(f->identity));
	doc_set(d, "status", redacted(f->status, r));
	if (f->records)
		doc_set(d, "history", redacted(f->records, r));
	doc_set(d, "journal", journal_doc(f->journal, r));
	doc_set_string(d, "journalFault", f->journal_fault);
	return d;
}
