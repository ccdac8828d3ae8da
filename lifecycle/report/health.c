/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/report/health.h"

#include <ctype.h>
#include <string.h>

#include "lib/base/clock.h"

/* https://kubernetes.io/docs/concepts/overview/working-with-objects/labels */
#define VALUE_MAX   63
#define MESSAGE_MAX 256 /* of one fault in the annotation */
#define FAULTS_MAX  8
#define NOTE_MAX    1024 /* of an Event */

void health_done(struct health *h)
{
	free(h->status);
	free(h->types);
	free(h->reasons);
	doc_free(h->details);
	free(h->reason);
	free(h->message);
	*h = (struct health){ 0 };
}

char *machine_word(const char *id)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	bool upper = true;

	for (; *id && b.len < VALUE_MAX; id++) {
		if (!isalnum((unsigned char)*id)) {
			upper = true;
			continue;
		}
		buf_addc(&b, (char)(upper ? toupper((unsigned char)*id) : *id));
		upper = false;
	}
	return buf_take(&b);
}

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == '_') && (!p[n] || p[n] == '_'))
			return true;
	return false;
}

/* Whole words only, each once: a label value has no room for more and no commas. */
static void add_word(struct buf *b, const char *word)
{
	if (!*word || has_word(buf_str(b), word) || b->len + strlen(word) + 1 > VALUE_MAX)
		return;
	buf_addf(b, "%s%s", b->len ? "_" : "", word);
}

static void add_detail(struct doc *details, const char *type, const char *reason,
		       const char *message)
{
	_cleanup_free_ char *cut = xstrndup(message ? message : "", MESSAGE_MAX);
	struct doc *d = doc_push(details, doc_object());

	doc_set_string(d, "type", type);
	doc_set_string(d, "reason", reason);
	doc_set_string(d, "message", cut);
}

static bool is_of_the_check(const struct doc *fault)
{
	static const char *const steps[] = { "hostcheck", "check", "soak" };
	const char *class = doc_str(fault, "class"), *step = doc_str(fault, "step");

	if (class && str_startswith(class, "hardware-"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		if (streq(step, steps[i]))
			return true;
	return false;
}

static void read_faults(const struct doc *faults, struct health *h)
{
	_cleanup_buf_ struct buf types = BUF_INIT, reasons = BUF_INIT;

	h->deep = "Passed";
	for (size_t i = 0; faults && i < faults->n_items && i < FAULTS_MAX; i++) {
		const struct doc *f = faults->items[i];
		const char *id = doc_str(f, "id"), *class = doc_str(f, "class");
		_cleanup_free_ char *type = machine_word(class ? class : "bug");
		_cleanup_free_ char *reason = machine_word(id ? id : "muster.bug");

		if (is_of_the_check(f))
			h->deep = "Failed";
		add_word(&types, type);
		add_word(&reasons, reason);
		if (!h->details)
			h->details = doc_array();
		add_detail(h->details, type, reason, doc_str(f, "message"));
	}
	h->types = types.len ? buf_take(&types) : NULL;
	h->reasons = reasons.len ? buf_take(&reasons) : NULL;
}

struct fault *health_of(const struct doc *verdict, struct health *ret)
{
	static const char *const states[] = { HEALTH_SCHEDULABLE, HEALTH_UNSCHEDULABLE,
					      "UnschedulablePendingReboot",
					      "UnschedulablePendingReplacement" };
	const char *state = verdict ? doc_str(verdict, "state") : NULL;
	const struct doc *faults = verdict ? doc_get(verdict, "faults") : NULL, *first;

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (streq(state, states[i]))
			ret->status = xstrdup(state);
	if (!ret->status)
		return fault_new("report.verdict", "\"%s\" is no verdict", state ? state : "");
	ret->schedulable = streq(state, HEALTH_SCHEDULABLE);
	read_faults(faults && faults->type == DOC_ARRAY ? faults : NULL, ret);
	first = ret->details ? ret->details->items[0] : NULL;
	ret->reason = xstrdup(ret->schedulable || !first ? state : doc_str(first, "reason"));
	ret->message = xstrdup(ret->schedulable ? "everything that was asked for has passed"
			       : first		? doc_str(first, "message")
						: "the node is not to be scheduled on");
	return NULL;
}

/* Sets key to value, or takes it away where value is NULL, unless the Node has it so. */
static void want(struct doc *patch, const struct doc *have, const char *key, const char *value)
{
	const char *old = have ? doc_str(have, key) : NULL;

	if (streq(old, value))
		return;
	doc_set(patch, key, doc_string(value));
}

/* The annotation's text; that of the Node where it says the same but for the time. */
static char *details_text(const struct health *h, const char *old, uint64_t now_ms)
{
	_cleanup_doc_ struct doc *now = NULL, *before = NULL;
	_cleanup_fault_ struct fault *f = NULL;
	char when[RFC3339_MAX];

	if (!h->details)
		return NULL;
	f = old ? json_parse(KEY_DETAILS, old, strlen(old), 65536, &before) : NULL;
	for (size_t i = 0; before && before->type == DOC_ARRAY && i < before->n_items; i++)
		if (before->items[i]->type == DOC_OBJECT)
			doc_remove(before->items[i], "timestamp");
	if (before && doc_equal(before, h->details))
		return xstrdup(old);
	now = doc_copy(h->details);
	clock_rfc3339(now_ms, when);
	for (size_t i = 0; i < now->n_items; i++)
		doc_set_string(now->items[i], "timestamp", when);
	return doc_to_string(now, DOC_COMPACT);
}

static void want_labels(const struct config *c, const struct health *h, const struct doc *node,
			struct doc *patch)
{
	const struct doc *have = doc_get(node, "labels");
	const struct {
		const char *name, *value;
	} rows[] = {
		{ KEY_STATUS, h->status },
		{ KEY_DEEP, h->deep },
		{ c->report.aliases ? KEY_ALIAS : NULL, h->deep },
		{ KEY_TYPES, h->types },
		{ KEY_REASONS, h->reasons },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *key = rows[i].name ? health_key(c, rows[i].name) : NULL;

		if (key)
			want(patch, have, key, rows[i].value);
	}
}

static void set_cordon(struct doc *body, struct doc *meta, struct doc *annotations,
		       const struct doc *node, const char *by)
{
	doc_set_string(meta, "resourceVersion", doc_str(node, "resourceVersion"));
	doc_set(annotations, CORDON_ANNOTATION, doc_string(by));
	doc_set(doc_set(body, "spec", doc_object()), "unschedulable",
		by ? doc_bool(true) : doc_string(NULL));
}

struct doc *health_patch(const struct config *c, const struct identity *id, const struct health *h,
			 const struct doc *node, uint64_t now_ms)
{
	_cleanup_free_ char *key = health_key(c, KEY_DETAILS), *text = NULL;
	_cleanup_doc_ struct doc *body = doc_object();
	struct doc *meta = doc_set(body, "metadata", doc_object());
	struct doc *labels = doc_set(meta, "labels", doc_object());
	struct doc *annotations = doc_set(meta, "annotations", doc_object());
	const struct doc *have = doc_get(node, "annotations");

	want_labels(c, h, node, labels);
	text = details_text(h, have ? doc_str(have, key) : NULL, now_ms);
	want(annotations, have, key, text);
	if (h->schedulable && node_cordoned_by_us(node))
		set_cordon(body, meta, annotations, node, NULL);
	else if (!h->schedulable && gate_is_open(c, node))
		set_cordon(body, meta, annotations, node, id->instance_id);
	if (labels->n_items == 0 && annotations->n_items == 0)
		return NULL;
	return patch_of("merge", NULL, TAKE_PTR(body));
}

struct doc *health_event(const struct health *h, const struct doc *node, uint64_t now_ms)
{
	const char *name = doc_str(node, "name");
	_cleanup_free_ char *prefix = xasprintf("%s-", name),
			    *note = xstrndup(h->message, NOTE_MAX);
	struct doc *e = doc_object(), *meta = doc_set(e, "metadata", doc_object()), *about;
	char when[RFC3339_MAX];
	_cleanup_free_ char *micro = NULL;

	/* MicroTime wants six digits, and the milliseconds end with a Z. */
	clock_rfc3339(now_ms, when);
	micro = xasprintf("%.*s000Z", (int)strcspn(when, "Z"), when);
	doc_set_string(e, "apiVersion", "events.k8s.io/v1");
	doc_set_string(e, "kind", "Event");
	doc_set_string(meta, "generateName", prefix);
	doc_set_string(meta, "namespace", "default");
	doc_set_string(e, "eventTime", micro);
	doc_set_string(e, "reportingController", "muster");
	doc_set_string(e, "reportingInstance", name);
	doc_set_string(e, "action", "Report");
	doc_set_string(e, "reason", h->reason);
	doc_set_string(e, "note", note);
	doc_set_string(e, "type", h->schedulable ? "Normal" : "Warning");
	about = doc_set(e, "regarding", doc_object());
	doc_set_string(about, "apiVersion", "v1");
	doc_set_string(about, "kind", "Node");
	doc_set_string(about, "name", name);
	doc_set_string(about, "uid", doc_str(node, "uid"));
	return e;
}
