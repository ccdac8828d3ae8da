/* SPDX-License-Identifier: Apache-2.0 */
/* How the kubelet speaks to the API: kubeconfig, CA, and how it pulls from ECR. */

#include <string.h>

#include "lib/base/hash.h"
#include "lifecycle/join/plan.h"

#ifndef MUSTER_BINDIR
#define MUSTER_BINDIR "/usr/local/bin"
#endif

static struct doc *named(struct doc *parent, const char *list, const char *name, const char *key)
{
	struct doc *item = doc_push(doc_set(parent, list, doc_array()), doc_object());

	doc_set_string(item, "name", name);
	return doc_set(item, key, doc_object());
}

static void add_exec(struct doc *user, const struct cluster *cl)
{
	const char *args[] = { "token", "--cluster", cl->name, "--region", cl->region };
	struct doc *exec = doc_set(user, "exec", doc_object()), *list;

	doc_set_string(exec, "apiVersion", "client.authentication.k8s.io/v1beta1");
	doc_set_string(exec, "command", MUSTER_BINDIR "/muster");
	list = doc_set(exec, "args", doc_array());
	for (size_t i = 0; i < ARRAY_SIZE(args); i++)
		doc_push(list, doc_string(args[i]));
}

struct fault *make_kubeconfig(const struct join_plan *p, struct buf *out)
{
	_cleanup_doc_ struct doc *d = doc_object();
	struct doc *x;

	doc_set_string(d, "apiVersion", "v1");
	doc_set_string(d, "kind", "Config");
	x = named(d, "clusters", "kubernetes", "cluster");
	doc_set_string(x, "certificate-authority", PATH_CA);
	doc_set_string(x, "server", p->cluster->endpoint);
	doc_set_string(d, "current-context", "kubelet");
	x = named(d, "contexts", "kubelet", "context");
	doc_set_string(x, "cluster", "kubernetes");
	doc_set_string(x, "user", "kubelet");
	add_exec(named(d, "users", "kubelet", "user"), p->cluster);
	doc_write_yaml(d, out);
	return NULL;
}

struct fault *make_ca(const struct join_plan *p, struct buf *out)
{
	const char *text = p->cluster->ca;
	size_t n = 0;
	_cleanup_free_ uint8_t *pem = base64_decode(text, strlen(text), &n);

	if (!pem || n == 0)
		return fault_new("cluster.incomplete",
				 "cluster %s: certificateAuthority is not base64",
				 p->cluster->name);
	buf_add(out, pem, n);
	return NULL;
}

struct fault *make_provider_config(const struct join_plan *p, struct buf *out)
{
	static const char *const images[] = {
		"*.dkr.ecr.*.amazonaws.com",	  "*.dkr-ecr.*.on.aws",
		"*.dkr.ecr.*.amazonaws.com.cn",	  "*.dkr-ecr.*.on.amazonwebservices.com.cn",
		"*.dkr.ecr-fips.*.amazonaws.com", "*.dkr-ecr-fips.*.on.aws",
		"*.dkr.ecr.*.c2s.ic.gov",	  "*.dkr.ecr.*.sc2s.sgov.gov",
		"*.dkr.ecr.*.cloud.adc-e.uk",	  "*.dkr.ecr.*.csp.hci.ic.gov",
		"*.dkr.ecr.*.amazonaws.eu",	  "public.ecr.aws",
	};
	_cleanup_doc_ struct doc *d = doc_object();
	struct doc *provider, *list;

	doc_set_string(d, "apiVersion", "kubelet.config.k8s.io/v1");
	doc_set_string(d, "kind", "CredentialProviderConfig");
	provider = doc_push(doc_set(d, "providers", doc_array()), doc_object());
	doc_set_string(provider, "name", "ecr-credential-provider");
	list = doc_set(provider, "matchImages", doc_array());
	for (size_t i = 0; i < ARRAY_SIZE(images); i++)
		doc_push(list, doc_string(images[i]));
	if (version_is(p->kubelet, 1, 32))
		doc_push(list, doc_string("ecr-public.aws.com"));
	doc_set_string(provider, "defaultCacheDuration", "12h0m0s");
	doc_set_string(provider, "apiVersion", "credentialprovider.kubelet.k8s.io/v1");
	doc_write(d, DOC_PRETTY, out);
	return NULL;
}
