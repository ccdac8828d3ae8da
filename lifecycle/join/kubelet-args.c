/* SPDX-License-Identifier: Apache-2.0 */
/* The kubelet's flags. A kubelet adds up --node-labels that it is given several times, but of
 * several --register-with-taints the last one wins, also over its configuration: where the gate
 * is a taint, all taints are gathered into one flag, or the user's would open the gate. */

#include <string.h>

#include "lib/base/strv.h"
#include "lifecycle/join/plan.h"

#define TAINTS_FLAG "--register-with-taints="
#define LABELS_FLAG "--node-labels="

/* https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction */
bool label_is_allowed(const char *key)
{
	static const char *const ours[] = {
		"kubernetes.io/hostname",
		"kubernetes.io/arch",
		"kubernetes.io/os",
		"beta.kubernetes.io/instance-type",
		"beta.kubernetes.io/arch",
		"beta.kubernetes.io/os",
		"node.kubernetes.io/instance-type",
		"topology.kubernetes.io/region",
		"topology.kubernetes.io/zone",
		"failure-domain.beta.kubernetes.io/region",
		"failure-domain.beta.kubernetes.io/zone",
	};
	const char *slash = strchr(key, '/');
	_cleanup_free_ char *domain = slash ? xstrndup(key, (size_t)(slash - key)) : xstrdup("");

	if (!streq(domain, "kubernetes.io") && !str_endswith(domain, ".kubernetes.io") &&
	    !streq(domain, "k8s.io") && !str_endswith(domain, ".k8s.io"))
		return true;
	if (streq(domain, "kubelet.kubernetes.io") ||
	    str_endswith(domain, ".kubelet.kubernetes.io") || streq(domain, "node.kubernetes.io") ||
	    str_endswith(domain, ".node.kubernetes.io"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (streq(key, ours[i]))
			return true;
	return false;
}

/* [A-Za-z0-9] at both ends, those and "-_." between, at most 63. */
static bool is_name(const char *s, size_t n)
{
	static const char edge[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

	if (n == 0 || n > 63 || !strchr(edge, s[0]) || !strchr(edge, s[n - 1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!strchr(edge, s[i]) && !strchr("-_.", s[i]))
			return false;
	return true;
}

static struct fault *add_label(struct buf *out, const char *key, const char *value)
{
	const char *slash = strchr(key, '/'), *name = slash ? slash + 1 : key;

	if (!is_name(name, strlen(name)) || (*value && !is_name(value, strlen(value))))
		return fault_new("join.label", "%s=%s cannot be a label", key, value);
	if (!label_is_allowed(key))
		return fault_new("join.label",
				 "label %s: a node may not give itself labels of "
				 "kubernetes.io or k8s.io",
				 key);
	buf_addf(out, "%s%s=%s", out->len ? "," : "", key, value);
	return NULL;
}

static struct fault *add_own_labels(const struct join_plan *p, struct buf *out)
{
	_cleanup_free_ char *status = health_key(p->config, KEY_STATUS);
	_cleanup_free_ char *deep = health_key(p->config, KEY_DEEP);

	TRY(fault_wrap(add_label(out, status, HEALTH_UNSCHEDULABLE), "report.labelPrefix"));
	TRY(add_label(out, deep, "InProgress"));
	if (p->max_pods_guessed)
		TRY(add_label(out, MAX_PODS_LABEL, "guessed"));
	if (p->nvidia_device && version_is(p->kubelet, 1, 35))
		TRY(add_label(out, "nvidia.com/gpu.present", "true"));
	return NULL;
}

static struct fault *label_flag(const struct join_plan *p, char ***args)
{
	const struct doc *labels = p->config->join.labels;
	_cleanup_buf_ struct buf b = BUF_INIT;

	for (size_t i = 0; labels && i < labels->n_items; i++) {
		const struct doc *l = labels->items[i];

		if (l->type != DOC_STRING)
			return fault_new("join.label", "label %s has no text", l->key);
		TRY(fault_wrap(add_label(&b, l->key, l->string), "join.labels"));
	}
	TRY(add_own_labels(p, &b));
	strv_addf(args, LABELS_FLAG "%s", buf_str(&b));
	return NULL;
}

/* The text of a flag's value, without the quotes that a systemd environment file may have. */
static char *unquoted(const char *s)
{
	size_t n = strlen(s);

	if (n >= 2 && (*s == '"' || *s == '\'') && s[n - 1] == *s)
		return xstrndup(s + 1, n - 2);
	return xstrdup(s);
}

static void add_taints(char ***all, const char *list)
{
	_cleanup_free_ char *plain = unquoted(list);
	_cleanup_strv_ char **parts = strv_split(plain, ",");

	for (char **t = parts; *t; t++)
		if (!strv_contains(*all, *t))
			strv_add(all, *t);
}

static void add_config_taints(char ***all, const struct doc *kubelet_config)
{
	const struct doc *list =
		kubelet_config ? doc_get(kubelet_config, "registerWithTaints") : NULL;

	for (size_t i = 0; list && list->type == DOC_ARRAY && i < list->n_items; i++) {
		const char *key = doc_str(list->items[i], "key"), *value;
		const char *effect = doc_str(list->items[i], "effect");
		_cleanup_free_ char *t = NULL;

		if (!key || !effect)
			continue; /* the kubelet refuses it with better words */
		value = doc_str(list->items[i], "value");
		t = xasprintf("%s=%s:%s", key, value ? value : "", effect);
		add_taints(all, t);
	}
}

/* Nothing where neither configuration nor the gate asks: then the user's words stay as they are. */
static char *taint_flag(const struct join_plan *p)
{
	_cleanup_free_ char *gate = gate_taint(p->config), *joined = NULL;
	_cleanup_strv_ char **all = NULL;

	if (!gate && strv_len(p->config->join.taints) == 0)
		return NULL;
	add_config_taints(&all, p->config->join.kubelet_config);
	for (char **f = p->config->join.kubelet_flags; f && *f; f++)
		if (str_startswith(*f, TAINTS_FLAG))
			add_taints(&all, *f + strlen(TAINTS_FLAG));
	for (char **t = p->config->join.taints; t && *t; t++)
		add_taints(&all, *t);
	if (gate)
		add_taints(&all, gate);
	joined = strv_join(all, ",");
	return xasprintf(TAINTS_FLAG "%s", joined);
}

static struct fault *add_users(const struct join_plan *p, bool with_taints, char ***args)
{
	for (char **f = p->config->join.kubelet_flags; f && *f; f++) {
		for (const char *s = *f; *s; s++)
			if ((unsigned char)*s < 0x20 || *s == 0x7f)
				return fault_new("join.flag",
						 "kubelet flag \"%.40s\" has a control "
						 "character in it",
						 *f);
		if (with_taints || !str_startswith(*f, TAINTS_FLAG))
			strv_add(args, *f);
	}
	return NULL;
}

struct fault *kubelet_args(const struct join_plan *p, char ***ret)
{
	_cleanup_strv_ char **args = NULL;
	_cleanup_free_ char *taints = taint_flag(p);
	const struct doc *users = p->config->join.kubelet_config;

	strv_add(&args, "--cloud-provider=external");
	strv_addf(&args, "--hostname-override=%s", p->node_name);
	if (p->identity->private_ip && *p->identity->private_ip)
		strv_addf(&args, "--node-ip=%s", p->identity->private_ip);
	strv_add(&args, "--config=" PATH_KUBELET_CONFIG);
	if (users && users->n_items)
		strv_add(&args, "--config-dir=" PATH_KUBELET_DROPINS);
	strv_add(&args, "--kubeconfig=" PATH_KUBECONFIG);
	strv_add(&args, "--runtime-cgroups=/runtime.slice/containerd.service");
	if (p->credential_provider) {
		strv_add(&args, "--image-credential-provider-bin-dir=" PATH_PROVIDER_DIR);
		strv_add(&args, "--image-credential-provider-config=" PATH_PROVIDER_CONFIG);
	}
	TRY(label_flag(p, &args));
	if (taints)
		strv_add(&args, taints);
	TRY(add_users(p, !taints, &args));
	*ret = TAKE_PTR(args);
	return NULL;
}

struct fault *make_kubelet_environment(const struct join_plan *p, struct buf *out)
{
	_cleanup_strv_ char **args = NULL;
	_cleanup_free_ char *line = NULL;

	TRY(kubelet_args(p, &args));
	line = strv_join(args, " ");
	buf_addf(out, "NODEADM_KUBELET_ARGS=%s\n", line);
	return NULL;
}
