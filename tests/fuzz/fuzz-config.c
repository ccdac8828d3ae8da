/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever the rows of configuration take is the same when it is shown and read again, and what the
 * documents of others are made into is always a configuration. */
#include "lifecycle/config/config.h"
#include "lifecycle/identify/identify.h"
#include "lifecycle/values/identity.h"
#include "tests/fuzz/fuzz.h"

static void read_own(const struct doc *d)
{
	_cleanup_config_ struct config c = { .recovery = 0 }, again = { .recovery = 0 };
	_cleanup_doc_ struct doc *shown = NULL, *shown_again = NULL;
	struct fault *f = schema_decode(config_fields, "in", d, SCHEMA_STRICT, &c);

	if (f) {
		check_fault(f);
		return;
	}
	shown = schema_encode(config_fields, &c);
	f = schema_decode(config_fields, "shown", shown, SCHEMA_STRICT, &again);
	MUST(!f);
	shown_again = schema_encode(config_fields, &again);
	MUST(doc_equal(shown, shown_again));
}

static void check_mapped(struct fault *f, const struct doc *mapped)
{
	MUST(!f == !!mapped);
	check_fault(f);
	if (!mapped)
		return;
	f = schema_check(config_fields, "mapped", mapped, SCHEMA_STRICT);
	MUST(!f);
}

static void read_foreign(const struct doc *d)
{
	_cleanup_doc_ struct doc *cluster = NULL, *named = NULL, *resource = NULL;
	struct fault *f = cluster_config_map("in", d, NULL, false, &cluster);

	check_mapped(f, cluster);
	f = cluster_config_map("in", d, "w", true, &named);
	check_mapped(f, named);
	f = resource_config_map("in", d, &resource);
	check_mapped(f, resource);
}

static void read_identity(const struct doc *d)
{
	_cleanup_identity_ struct identity id = { 0 }, again = { 0 };
	_cleanup_doc_ struct doc *encoded = NULL, *result = doc_object();
	struct fault *f = identity_decode("in", d, &id);

	if (!f) {
		encoded = schema_encode(identity_fields, &id);
		f = identity_decode("encoded", encoded, &again);
		MUST(!f);
	}
	check_fault(f);
	check_fault(identify_from_imds(d, result));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_doc_ struct doc *d = NULL;
	struct fault *f = doc_parse("in", (const char *)data, size, 0, &d);

	check_fault(f);
	if (!d)
		return 0;
	read_own(d);
	read_foreign(d);
	read_identity(d);
	return 0;
}
