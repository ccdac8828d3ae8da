/* SPDX-License-Identifier: Apache-2.0 */
/* Which patch for which verdict and which Node: a table, and what follows from applying it. */
#include "tests/unit/test.h"

#include "lifecycle/report/health.h"

#define L   "sagemaker.amazonaws.com/"
#define NOW 1700000000000ull

static struct config config;
static struct identity identity = { .instance_id = (char *)"i-1" };

static struct doc *parsed(const char *text)
{
	struct doc *d = NULL;

	CHECK_OK(json_parse("test", text, strlen(text), 0, &d));
	return d;
}

static struct doc *patch_for(enum gate gate, const char *verdict, const struct doc *node)
{
	_cleanup_doc_ struct doc *v = parsed(verdict);
	_cleanup_health_ struct health h = { 0 };

	config = (struct config){ .report.gate = gate };
	CHECK_OK(health_of(v, &h));
	return health_patch(&config, &identity, &h, node, NOW);
}

/* RFC 7396, as far as these patches go. */
static void merge(struct doc *into, const struct doc *patch)
{
	for (size_t i = 0; patch && i < patch->n_items; i++) {
		const struct doc *p = patch->items[i];

		if (p->type == DOC_NULL)
			doc_remove(into, p->key);
		else
			doc_set(into, p->key, doc_copy(p));
	}
}

static void apply(struct doc *node, const struct doc *patch)
{
	const struct doc *cordon = doc_at(patch, "/body/spec/unschedulable");

	merge(doc_get_mut(node, "labels"), doc_at(patch, "/body/metadata/labels"));
	merge(doc_get_mut(node, "annotations"), doc_at(patch, "/body/metadata/annotations"));
	if (cordon)
		doc_set_bool(node, "unschedulable", cordon->type == DOC_BOOL && cordon->boolean);
}

#define GOOD "{\"state\":\"Schedulable\",\"exit\":0,\"faults\":[]}"
#define FAULTY(state, id, class, step)                                                             \
	"{\"state\":\"" state "\",\"exit\":80,\"faults\":[{\"id\":\"" id                           \
	"\",\"class\":\"" class "\",\"step\":\"" step "\",\"message\":\"words\"}]}"
#define REPLACE FAULTY("UnschedulablePendingReplacement", "gpu.count", "hardware-replace", "check")
#define REBOOT	FAULTY("UnschedulablePendingReboot", "check.xid", "hardware-reboot", "check")
#define PLUGIN	FAULTY("Unschedulable", "plugins.missing", "service", "plugins")

#define NODE(labels, annotations, more)                                                            \
	"{\"name\":\"n\",\"resourceVersion\":\"7\",\"labels\":{" labels                            \
	"},\"annotations\":{" annotations "}" more "}"
#define BORN                                                                                       \
	"\"" L "node-health-status\":\"Unschedulable\",\"" L "deep-health-check-status\":"         \
							     "\"InProgress\""
#define OURS   "\"muster/cordoned\":\"i-1\""
#define CORDON ",\"unschedulable\":true"
#define TAINT  ",\"taints\":[{\"key\":\"readiness.k8s.io/muster\",\"effect\":\"NoSchedule\"}]"

/* What the Node is after the patch. cordon: -1 untouched, else what it becomes. */
static const struct row {
	const char *name;
	enum gate gate;
	const char *verdict, *node;
	const char *status, *deep, *types, *reasons;
	int cordon;
	bool annotated; /* by us, as the one who cordoned */
} rows[] = {
	{ "ours is opened", GATE_CORDON, GOOD, NODE(BORN, OURS, CORDON), "Schedulable", "Passed",
	  NULL, NULL, 0, false },
	{ "a person's cordon stays", GATE_CORDON, GOOD, NODE(BORN, "", CORDON), "Schedulable",
	  "Passed", NULL, NULL, -1, false },
	{ "a person cordoned over ours", GATE_CORDON, GOOD,
	  NODE(BORN, OURS, CORDON ",\"cordonedBy\":[\"kubectl-cordon\"]"), "Schedulable", "Passed",
	  NULL, NULL, -1, true },
	{ "managed fields say muster", GATE_CORDON, GOOD,
	  NODE(BORN, OURS, CORDON ",\"cordonedBy\":[\"muster-net\"]"), "Schedulable", "Passed",
	  NULL, NULL, 0, false },
	{ "label opens by label", GATE_LABEL, GOOD, NODE(BORN, "", ""), "Schedulable", "Passed",
	  NULL, NULL, -1, false },
	{ "label never cordons", GATE_LABEL, REPLACE, NODE(BORN, "", ""),
	  "UnschedulablePendingReplacement", "Failed", "HardwareReplace", "GpuCount", -1, false },
	{ "closed stays closed", GATE_CORDON, REPLACE, NODE(BORN, OURS, CORDON),
	  "UnschedulablePendingReplacement", "Failed", "HardwareReplace", "GpuCount", -1, true },
	{ "open is closed", GATE_CORDON, REBOOT,
	  NODE("\"" L "node-health-status\":\"Schedulable\"", "", ""), "UnschedulablePendingReboot",
	  "Failed", "HardwareReboot", "CheckXid", 1, true },
	{ "a taint holds", GATE_READINESS, PLUGIN, NODE(BORN, "", TAINT), "Unschedulable", "Passed",
	  "Service", "PluginsMissing", -1, false },
	{ "a taint is gone", GATE_READINESS, PLUGIN, NODE(BORN, "", ""), "Unschedulable", "Passed",
	  "Service", "PluginsMissing", 1, true },
	{ "a person's cordon is not claimed", GATE_CORDON, REBOOT, NODE(BORN, "", CORDON),
	  "UnschedulablePendingReboot", "Failed", "HardwareReboot", "CheckXid", -1, false },
	{ "old faults go", GATE_CORDON, GOOD,
	  NODE(BORN ",\"" L "fault-types\":\"A\",\"" L "fault-reasons\":\"B\"",
	       OURS ",\"" L "fault-details\":\"[]\"", CORDON),
	  "Schedulable", "Passed", NULL, NULL, 0, false },
};

static const char *annotation(const struct doc *node, const char *key)
{
	return doc_str(doc_get(node, "annotations"), key);
}

static void check_row(const struct row *r)
{
	_cleanup_doc_ struct doc *node = parsed(r->node),
				 *patch = patch_for(r->gate, r->verdict, node);
	_cleanup_doc_ struct doc *again = NULL;
	const struct doc *cordon = patch ? doc_at(patch, "/body/spec/unschedulable") : NULL;
	const char *details;

	CHECK_MSG(patch, "%s: no patch", r->name);
	CHECK_STR(doc_str(patch, "type"), "merge");
	CHECK_MSG((cordon ? cordon->type == DOC_BOOL : -1) == r->cordon, "%s: cordon", r->name);
	CHECK_MSG(!cordon ||
			  streq(doc_str(doc_at(patch, "/body/metadata"), "resourceVersion"), "7"),
		  "%s: a cordon must name what it was decided on", r->name);
	apply(node, patch);
	CHECK_STR(node_label(node, L "node-health-status"), r->status);
	CHECK_STR(node_label(node, L "deep-health-check-status"), r->deep);
	CHECK_STR(node_label(node, L "fault-types"), r->types);
	CHECK_STR(node_label(node, L "fault-reasons"), r->reasons);
	CHECK_MSG(!annotation(node, CORDON_ANNOTATION) == !r->annotated, "%s: annotation", r->name);
	details = annotation(node, L "fault-details");
	CHECK_MSG(!details == !r->types, "%s: details", r->name);
	again = patch_for(r->gate, r->verdict, node);
	CHECK_MSG(!again, "%s: a second report patches again", r->name);
}

TEST(patches_for_verdicts_and_nodes)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
}

TEST(labels_of_others_are_not_touched)
{
	_cleanup_doc_ struct doc *node = parsed(NODE(BORN ",\"team\":\"a\"", "\"x\":\"y\"", ""));
	_cleanup_doc_ struct doc *patch = patch_for(GATE_LABEL, GOOD, node);

	CHECK_INT(doc_at(patch, "/body/metadata/labels")->n_items, 2);
	CHECK_INT(doc_at(patch, "/body/metadata/annotations")->n_items, 0);
	CHECK(!doc_at(patch, "/body/spec"));
}

TEST(aliases_are_added_when_asked_for)
{
	_cleanup_doc_ struct doc *node = parsed(NODE(BORN, "", "")), *v = parsed(GOOD),
				 *patch = NULL;
	_cleanup_health_ struct health h = { 0 };

	config = (struct config){ .report = { .gate = GATE_LABEL,
					      .aliases = true,
					      .label_prefix = (char *)"example.com" } };
	CHECK_OK(health_of(v, &h));
	patch = health_patch(&config, &identity, &h, node, NOW);
	CHECK_STR(doc_str(doc_at(patch, "/body/metadata/labels"), "example.com/deep-health-check"),
		  "Passed");
	CHECK_STR(doc_str(doc_at(patch, "/body/metadata/labels"), "example.com/node-health-status"),
		  "Schedulable");
}

TEST(details_say_when_what_and_why)
{
	_cleanup_doc_ struct doc *node = parsed(NODE("", "", "")), *d = NULL;
	_cleanup_doc_ struct doc *patch = patch_for(GATE_CORDON, REPLACE, node);
	const char *text = doc_str(doc_at(patch, "/body/metadata/annotations"), L "fault-details");

	CHECK_OK(json_parse("details", text, strlen(text), 0, &d));
	CHECK_INT(d->n_items, 1);
	CHECK_STR(doc_str(d->items[0], "timestamp"), "2023-11-14T22:13:20.000Z");
	CHECK_STR(doc_str(d->items[0], "type"), "HardwareReplace");
	CHECK_STR(doc_str(d->items[0], "reason"), "GpuCount");
	CHECK_STR(doc_str(d->items[0], "message"), "words");
}

TEST(machine_words_are_label_values)
{
	static const char *const words[][2] = { { "kubelet.failed", "KubeletFailed" },
						{ "xid.hardware_failure-2", "XidHardwareFailure2" },
						{ "hardware-replace", "HardwareReplace" },
						{ "..", "" } };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		_cleanup_free_ char *got = machine_word(words[i][0]);

		CHECK_STR(got, words[i][1]);
	}
}

TEST(many_faults_fit_a_label)
{
	_cleanup_doc_ struct doc *v = parsed("{\"state\":\"Unschedulable\"}");
	_cleanup_health_ struct health h = { 0 };
	struct doc *faults = doc_set(v, "faults", doc_array());

	for (int i = 0; i < 12; i++) {
		_cleanup_free_ char *id = xasprintf("some.quite_long_fault_%c", 'a' + i);
		struct doc *f = doc_push(faults, doc_object());

		doc_set_string(f, "id", id);
		doc_set_string(f, "class", "service");
		doc_set_string(f, "message", "m");
	}
	CHECK_OK(health_of(v, &h));
	CHECK(strlen(h.reasons) <= 63);
	CHECK_STR(h.reasons, "SomeQuiteLongFaultA_SomeQuiteLongFaultB_SomeQuiteLongFaultC");
	CHECK_STR(h.types, "Service");
	CHECK_INT(h.details->n_items, 8);
	CHECK_STR(h.deep, "Passed");
}

TEST(unknown_verdicts_are_refused)
{
	static const char *const bad[] = { "{}", "{\"state\":\"Fine\"}", "{\"state\":1}" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_doc_ struct doc *v = parsed(bad[i]);
		_cleanup_health_ struct health h = { 0 };

		CHECK_FAULT(health_of(v, &h), "report.verdict");
	}
	CHECK_FAULT(health_of(NULL, &(struct health){ 0 }), "report.verdict");
}

static struct doc *condition_after(const char *conditions, bool healthy, uint64_t now)
{
	_cleanup_free_ char *text = xasprintf("{\"conditions\":[%s]}", conditions);
	_cleanup_doc_ struct doc *node = parsed(text);

	return condition_patch(node, healthy, "R", "m", now);
}

TEST(condition_changes_only_when_it_changes)
{
	_cleanup_doc_ struct doc *fresh = condition_after("", true, NOW);
	_cleanup_doc_ struct doc *same = condition_after("{\"type\":\"DeepHealthCheck\",\"status\":"
							 "\"True\",\"reason\":\"R\",\"message\":"
							 "\"m\"}",
							 true, NOW);
	_cleanup_doc_ struct doc *words = condition_after("{\"type\":\"DeepHealthCheck\","
							  "\"status\":"
							  "\"True\",\"reason\":\"Q\",\"message\":"
							  "\"m\"}",
							  true, NOW);
	_cleanup_doc_ struct doc *turned = condition_after("{\"type\":\"DeepHealthCheck\","
							   "\"status\":"
							   "\"True\",\"reason\":\"R\",\"message\":"
							   "\"m\"}",
							   false, NOW);

	CHECK_STR(doc_str(fresh, "subresource"), "status");
	CHECK_STR(doc_str(doc_at(fresh, "/body/status/conditions/0"), "lastTransitionTime"),
		  "2023-11-14T22:13:20.000Z");
	CHECK(!same);
	CHECK(!doc_str(doc_at(words, "/body/status/conditions/0"), "lastTransitionTime"));
	CHECK_STR(doc_str(doc_at(turned, "/body/status/conditions/0"), "status"), "False");
	CHECK(doc_str(doc_at(turned, "/body/status/conditions/0"), "lastTransitionTime"));
}

TEST(the_event_has_what_the_api_asks_for)
{
	_cleanup_doc_ struct doc *v = parsed(REBOOT), *e = NULL;
	_cleanup_doc_ struct doc *node = parsed("{\"name\":\"n\",\"uid\":\"u-1\"}");
	_cleanup_health_ struct health h = { 0 };

	CHECK_OK(health_of(v, &h));
	e = health_event(&h, node, NOW + 7);
	CHECK_STR(doc_str(e, "eventTime"), "2023-11-14T22:13:20.007000Z");
	CHECK_STR(doc_str(e, "type"), "Warning");
	CHECK_STR(doc_str(e, "reason"), "CheckXid");
	CHECK_STR(doc_str(e, "note"), "words");
	CHECK_STR(doc_str(doc_get(e, "metadata"), "generateName"), "n-");
	CHECK_STR(doc_str(doc_get(e, "regarding"), "uid"), "u-1");
}

/* join's half: what it makes of a Node that is there. */
static struct doc *closing(enum gate gate, const char *node_text)
{
	_cleanup_doc_ struct doc *node = parsed(node_text);

	config = (struct config){ .report.gate = gate };
	return gate_close(&config, &identity, node, NOW);
}

TEST(a_new_node_is_cordoned_once)
{
	_cleanup_doc_ struct doc *a = closing(GATE_CORDON, NODE(BORN, "", ""));
	_cleanup_doc_ struct doc *b = closing(GATE_CORDON, NODE(BORN, OURS, CORDON));

	CHECK_INT(a->n_items, 1);
	CHECK(doc_at(a, "/0/body/spec/unschedulable")->boolean);
	CHECK_STR(doc_str(doc_at(a, "/0/body/metadata/annotations"), CORDON_ANNOTATION), "i-1");
	CHECK_STR(doc_str(doc_at(a, "/0/body/metadata"), "resourceVersion"), "7");
	CHECK_INT(doc_at(a, "/0/body/metadata/labels")->n_items, 0);
	CHECK_INT(b->n_items, 0);
}

TEST(an_old_label_is_withdrawn_and_the_gate_closed)
{
	static const char *const old =
		NODE("\"" L "node-health-status\":\"Schedulable\",\"" L "deep-health-check-"
									"status\":\"Passed\"",
		     "", ",\"conditions\":[{\"type\":\"DeepHealthCheck\",\"status\":\"True\"}]");
	static const struct {
		enum gate gate;
		bool cordons;
	} gates[] = { { GATE_CORDON, true },
		      { GATE_LABEL, false },
		      { GATE_READINESS, true },
		      { GATE_TAINT, true } };

	for (size_t i = 0; i < ARRAY_SIZE(gates); i++) {
		_cleanup_doc_ struct doc *p = closing(gates[i].gate, old);
		const struct doc *labels = doc_at(p, "/0/body/metadata/labels");

		CHECK_INT(p->n_items, 2);
		CHECK_STR(doc_str(labels, L "node-health-status"), "Unschedulable");
		CHECK_STR(doc_str(labels, L "deep-health-check-status"), "InProgress");
		CHECK_INT(doc_at(p, "/0/body/spec") != NULL, gates[i].cordons);
		CHECK_STR(doc_str(doc_at(p, "/1/body/status/conditions/0"), "status"), "False");
	}
}

TEST(a_persons_cordon_is_left_to_the_person)
{
	_cleanup_doc_ struct doc *p = closing(GATE_CORDON, NODE("", "", CORDON));

	CHECK_INT(p->n_items, 1);
	CHECK(!doc_at(p, "/0/body/spec"));
	CHECK(!doc_at(p, "/0/body/metadata/annotations"));
}

TEST(a_registration_taint_needs_no_cordon)
{
	_cleanup_doc_ struct doc *p = closing(GATE_READINESS, NODE(BORN, "", TAINT));

	CHECK_INT(p->n_items, 0);
}

TEST_MAIN
