/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Everything the files are made of, gathered before the first is written; the makers of files
 * below are pure: the same plan gives the same bytes. */

#include "lib/doc/doc.h"
#include "lifecycle/values/cluster.h"
#include "lifecycle/values/gate.h"

struct version {
	unsigned major, minor;
};

struct join_plan {
	const struct config *config;	 /* borrowed, as the two below */
	const struct identity *identity;
	const struct cluster *cluster;
	const char *node_name;
	const char *provider_id;
	struct version kubelet;
	struct version containerd;
	unsigned cpus;
	int64_t type_max_pods; /* by the instance type: what is reserved is reckoned from it */
	bool max_pods_guessed; /* the type is in no table */
	bool nvidia_runtime;   /* nvidia-container-runtime is installed */
	bool nvidia_device;    /* an NVIDIA display or 3D controller is on the bus */
	bool credential_provider; /* the kubelet refuses to start when the plugin is not there */
};

/* Fault join.kubelet_version where neither image, kubelet nor configuration says it. */
struct fault *plan_gather(const struct step_context *c, const struct cluster *cluster,
			  const char *node_name, const char *provider_id, struct join_plan *ret)
	_must_check_;
/* First "N.N" in a text like "Kubernetes v1.35.4" or "containerd.io 2.1.0"; false without one. */
bool version_read(const char *text, struct version *ret);
static inline bool version_is(struct version v, unsigned major, unsigned minor)
{
	return v.major > major || (v.major == major && v.minor >= minor);
}

#define PATH_KUBELET_CONFIG  "/etc/kubernetes/kubelet/config.json"
#define PATH_KUBELET_DROPIN  "/etc/kubernetes/kubelet/config.json.d/40-nodeadm.conf"
#define PATH_KUBELET_DROPINS "/etc/kubernetes/kubelet/config.json.d"
#define PATH_KUBECONFIG	     "/var/lib/kubelet/kubeconfig"
#define PATH_CA		     "/etc/kubernetes/pki/ca.crt"
#define PATH_PROVIDER_CONFIG "/etc/eks/image-credential-provider/config.json"
#define PATH_PROVIDER_DIR    "/etc/eks/image-credential-provider"
#define PATH_KUBELET_ENV     "/etc/eks/kubelet/environment"
#define PATH_CONTAINERD	     "/etc/containerd/config.toml"
#define PATH_RUNTIME_SPEC    "/etc/containerd/base-runtime-spec.json"

/* Each appends one file's text. A text that is empty means that the file is not to be there. */
typedef struct fault *(*join_maker)(const struct join_plan *p, struct buf *out);
struct fault *make_kubelet_config(const struct join_plan *p, struct buf *out) _must_check_;
struct fault *make_kubelet_dropin(const struct join_plan *p, struct buf *out) _must_check_;
struct fault *make_kubelet_environment(const struct join_plan *p, struct buf *out) _must_check_;
struct fault *make_kubeconfig(const struct join_plan *p, struct buf *out) _must_check_;
struct fault *make_ca(const struct join_plan *p, struct buf *out) _must_check_;
struct fault *make_provider_config(const struct join_plan *p, struct buf *out) _must_check_;
struct fault *make_containerd(const struct join_plan *p, struct buf *out) _must_check_;
struct fault *make_runtime_spec(const struct join_plan *p, struct buf *out) _must_check_;

/* Milli-CPUs kept for the system: 6 % of the first core, 1 % of the second, 0.5 % of the third and
 * fourth, 0.25 % of the rest. */
unsigned reserved_millicpus(unsigned cpus);
/* Mebibytes kept: 11 per pod and 255. */
int64_t reserved_mebibytes(int64_t max_pods);
/* The tenth address of the service network, "10.100.0.10", "fd00::a"; NULL when it is none. */
char *cluster_dns(const char *service_cidr);
/* The kubelet's flags in their order; owned strv. Faults: join.label, join.flag. */
struct fault *kubelet_args(const struct join_plan *p, char ***ret) _must_check_;
/* Whether a kubelet may give itself this label: outside kubernetes.io and k8s.io, or one of those
 * that NodeRestriction lets through. */
bool label_is_allowed(const char *key);

/* Writes all in a fixed order, only what differs; *ret is an array of the paths that changed. */
struct fault *files_write(const struct join_plan *p, const char *root, struct doc **ret)
	_must_check_;
