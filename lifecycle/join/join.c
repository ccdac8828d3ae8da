/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/join/join.h"

#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/path.h"
#include "lib/sys/log.h"
#include "lifecycle/join/plan.h"
#include "lifecycle/join/register.h"

const char *join_skip(const struct config *c)
{
	return c->cluster.name && *c->cluster.name ? NULL : "no cluster configured";
}

uint64_t join_timeout(const struct config *c)
{
	return c->join.timeout_ms;
}

static void note_cluster(struct doc *result, const struct cluster *cl)
{
	struct doc *d = doc_set(result, "cluster", doc_object());

	doc_set_string(d, "endpoint", cl->endpoint);
	doc_set_string(d, "certificateAuthority", cl->ca);
	doc_set_string(d, "serviceCidr", cl->service_cidr);
}

static void note_plan(struct doc *result, const struct join_plan *p)
{
	_cleanup_free_ char *kubelet = xasprintf("%u.%u", p->kubelet.major, p->kubelet.minor);
	int64_t wanted = p->config->join.max_pods;

	doc_set_string(result, "node", p->node_name);
	doc_set_string(result, "providerID", p->provider_id);
	doc_set_string(result, "gate", gate_name(gate_of(p->config)));
	doc_set_string(result, "kubelet", kubelet);
	doc_set_int(result, "maxPods", wanted > 0 ? wanted : p->type_max_pods);
	note_cluster(result, p->cluster);
}

/* A run that is cut off between its files and its units leaves this mark: the next one finds no
 * file changed, yet the kubelet that runs may have read the old ones. */
static struct fault *write_files(const struct step_context *c, const struct join_plan *p,
				 const char *mark, struct doc **ret_changed)
{
	bool cut_off = access(mark, F_OK) == 0;

	TRY(file_write_volatile(mark, "", 0, 0600));
	TRY(files_write(p, c->root, ret_changed));
	if (cut_off) {
		doc_push(*ret_changed, doc_string(PATH_CONTAINERD));
		doc_push(*ret_changed, doc_string(PATH_KUBELET_ENV));
	}
	return NULL;
}

struct start {
	const struct step_context *context;
	const struct doc *changed; /* files that are not as they were */
	const char *mark, *words;
};

static struct fault *start(void *arg)
{
	struct start *s = arg;

	TRY(units_start(s->context, s->changed, &s->words));
	(void)unlink(s->mark);
	return NULL;
}

static struct fault *bring_up(const struct step_context *c, const struct join_plan *p,
			      struct node_client *n, struct doc *result, struct doc **ret_node)
{
	_cleanup_free_ char *mark = path_join(c->run_dir, "join-pending");
	_cleanup_doc_ struct doc *changed = NULL;
	struct start s = { .context = c, .mark = mark };
	struct registration r = { .start = start, .arg = &s };

	TRY(write_files(c, p, mark, &changed));
	s.changed = changed;
	TRY(node_withdraw(n));
	TRY(node_register(n, &r));
	*ret_node = r.node;
	doc_set(result, "files", TAKE_PTR(changed));
	doc_set_string(result, "units", s.words);
	doc_set_bool(result, "wasOpen", r.was_open);
	if (r.was_open)
		log_warning("Node %s was open for a moment before its cordon: a pod may have been "
			    "bound to it. Gate readiness has no such moment.", n->node_name);
	return NULL;
}

struct fault *step_join(const struct step_context *c, struct doc *result)
{
	_cleanup_node_client_ struct node_client n = { 0 };
	_cleanup_doc_ struct doc *node = NULL;
	const char *closed = NULL;
	struct join_plan p;

	TRY(node_client_open(c, &n));
	TRY(plan_gather(c, &n.cluster, n.node_name, n.provider_id, &p));
	note_plan(result, &p);
	TRY(bring_up(c, &p, &n, result, &node));
	TRY(node_close(&n, node, &closed));
	doc_set_string(result, "closed", closed);
	log_info("Node %s is registered, its gate is closed by %s", n.node_name, closed);
	return NULL;
}
