/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lifecycle/join/plan.h"

#define KUBELET_API "kubelet.config.k8s.io/v1beta1"

unsigned reserved_millicpus(unsigned cpus)
{
	static const struct {
		unsigned from, to, per_myriad;
	} ranges[] = { { 0, 1, 600 }, { 1, 2, 100 }, { 2, 4, 50 }, { 4, 1u << 16, 25 } };
	unsigned millis = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (cpus > ranges[i].from)
			millis += (MIN(cpus, ranges[i].to) - ranges[i].from) * 1000 *
				  ranges[i].per_myriad / 10000;
	return millis;
}

int64_t reserved_mebibytes(int64_t max_pods)
{
	return 11 * max_pods + 255;
}

char *cluster_dns(const char *service_cidr)
{
	size_t n = strcspn(service_cidr, "/");
	const char *dot = memrchr(service_cidr, '.', n);

	if (dot)
		return xasprintf("%.*s10", (int)(dot + 1 - service_cidr), service_cidr);
	if (n && memchr(service_cidr, ':', n))
		return xasprintf("%.*sa", (int)n, service_cidr);
	return NULL;
}

static struct doc *object_in(struct doc *parent, const char *key)
{
	return doc_set(parent, key, doc_object());
}

static void add_authentication(struct doc *d)
{
	struct doc *a = object_in(d, "authentication"), *webhook, *z;

	doc_set_bool(object_in(a, "anonymous"), "enabled", false);
	webhook = object_in(a, "webhook");
	doc_set_string(webhook, "cacheTTL", "2m0s");
	doc_set_bool(webhook, "enabled", true);
	doc_set_string(object_in(a, "x509"), "clientCAFile", PATH_CA);
	z = object_in(d, "authorization");
	doc_set_string(z, "mode", "Webhook");
	webhook = object_in(z, "webhook");
	doc_set_string(webhook, "cacheAuthorizedTTL", "5m0s");
	doc_set_string(webhook, "cacheUnauthorizedTTL", "30s");
}

static void add_ciphers(struct doc *d)
{
	static const char *const suites[] = {
		"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
		"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
		"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
		"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
		"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
		"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
		"TLS_RSA_WITH_AES_128_GCM_SHA256",
		"TLS_RSA_WITH_AES_256_GCM_SHA384",
	};
	struct doc *a = doc_set(d, "tlsCipherSuites", doc_array());

	for (size_t i = 0; i < ARRAY_SIZE(suites); i++)
		doc_push(a, doc_string(suites[i]));
}

static void add_feature_gates(struct doc *d, struct version v)
{
	struct doc *gates = object_in(d, "featureGates");

	if (version_is(v, 1, 33))
		doc_set_bool(gates, "DynamicResourceAllocation", true);
	if (version_is(v, 1, 34))
		doc_set_bool(gates, "MutableCSINodeAllocatableCount", true);
	doc_set_bool(gates, "RotateKubeletServerCertificate", true);
}

static void add_resources(struct doc *d, const struct join_plan *p)
{
	_cleanup_free_ char *cpu = xasprintf("%um", reserved_millicpus(p->cpus));
	_cleanup_free_ char *memory =
		xasprintf("%lldMi", (long long)reserved_mebibytes(p->type_max_pods));
	struct doc *eviction = object_in(d, "evictionHard"), *kube;
	int64_t wanted = p->config->join.max_pods;

	doc_set_string(eviction, "memory.available", "100Mi");
	doc_set_string(eviction, "nodefs.available", "10%");
	doc_set_string(eviction, "nodefs.inodesFree", "5%");
	kube = object_in(d, "kubeReserved");
	doc_set_string(kube, "cpu", cpu);
	doc_set_string(kube, "ephemeral-storage", "1Gi");
	doc_set_string(kube, "memory", memory);
	doc_set_string(d, "kubeReservedCgroup", "/runtime");
	doc_set_int(d, "maxPods", wanted > 0 ? wanted : p->type_max_pods);
	doc_set_string(d, "systemReservedCgroup", "/system");
}

static struct fault *add_dns(struct doc *d, const struct join_plan *p)
{
	_cleanup_free_ char *dns = NULL;

	if (!*p->cluster->service_cidr)
		return NULL; /* the user's part says it */
	dns = cluster_dns(p->cluster->service_cidr);
	if (!dns)
		return fault_new("cluster.incomplete", "service CIDR \"%s\" is no network",
				 p->cluster->service_cidr);
	doc_push(doc_set(d, "clusterDNS", doc_array()), doc_string(dns));
	return NULL;
}

static void add_runtime(struct doc *d, const struct join_plan *p)
{
	doc_set_string(d, "containerRuntimeEndpoint", "unix:///run/containerd/containerd.sock");
	add_feature_gates(d, p->kubelet);
	doc_set_string(d, "hairpinMode", "hairpin-veth");
	doc_set_int(object_in(d, "logging"), "verbosity", 2);
	doc_set_bool(d, "protectKernelDefaults", true);
	doc_set_string(d, "providerID", p->provider_id);
	doc_set_int(d, "readOnlyPort", 0);
	doc_set_bool(d, "serializeImagePulls", false);
	doc_set_bool(d, "serverTLSBootstrap", true);
	if (version_is(p->kubelet, 1, 34)) {
		/* EC2 gives a stopping instance about three minutes. */
		doc_set_string(d, "shutdownGracePeriod", "2m30s");
		doc_set_string(d, "shutdownGracePeriodCriticalPods", "30s");
	}
}

struct fault *make_kubelet_config(const struct join_plan *p, struct buf *out)
{
	_cleanup_doc_ struct doc *d = doc_object();

	doc_set_string(d, "kind", "KubeletConfiguration");
	doc_set_string(d, "apiVersion", KUBELET_API);
	doc_set_string(d, "address", "0.0.0.0");
	add_authentication(d);
	doc_set_string(d, "cgroupDriver", "systemd");
	doc_set_string(d, "cgroupRoot", "/");
	TRY(add_dns(d, p));
	doc_set_string(d, "clusterDomain", "cluster.local");
	add_runtime(d, p);
	add_resources(d, p);
	add_ciphers(d);
	doc_write(d, DOC_PRETTY, out);
	return NULL;
}

struct fault *make_kubelet_dropin(const struct join_plan *p, struct buf *out)
{
	const struct doc *users = p->config->join.kubelet_config;
	_cleanup_doc_ struct doc *d = NULL;

	if (!users || users->type != DOC_OBJECT || users->n_items == 0)
		return NULL;
	d = doc_object();
	doc_set_string(d, "kind", "KubeletConfiguration");
	doc_set_string(d, "apiVersion", KUBELET_API);
	doc_merge(d, users);
	doc_write(d, DOC_PRETTY, out);
	return NULL;
}
