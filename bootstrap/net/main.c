/* SPDX-License-Identifier: Apache-2.0 */
/* muster-net: one request on descriptor 3, one answer, the end. Confined before it reads a byte
 * that another machine wrote. */

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "bootstrap/net/ops.h"
#include "lib/aws/find.h"
#include "lib/base/fd.h"
#include "lib/base/strv.h"
#include "lib/box/box.h"
#include "lib/net/operations.h"

#define REQUEST_FD 3
#define EXIT_BUG 70

static const struct operation {
	const char *name;
	struct fault *(*run)(struct net_server *server, const struct doc *request);
} operations[] = {
	{ NET_IDENTITY, op_identity },	     { NET_CREDENTIALS, op_credentials },
	{ NET_EKS_CLUSTER, op_eks_cluster }, { NET_BUNDLE, op_bundle },
	{ NET_UNPACK, op_unpack },	     { NET_NODE_GET, op_node_get },
	{ NET_NODE_PATCH, op_node_patch },   { NET_NODE_AWAIT, op_node_await },
	{ NET_EVENT_CREATE, op_event_create },
	{ NET_OBJECT_PUT, op_object_put },
	{ NET_INSTANCE_TAG, op_instance_tag },
	{ NET_INSTANCE_HEALTH, op_instance_health },
	{ NET_HOOK_LIST, op_hook_list },
	{ NET_HOOK_HEARTBEAT, op_hook_heartbeat },
	{ NET_HOOK_COMPLETE, op_hook_complete },
};

/* What name lookups, TLS and the AWS settings of the environment read. */
static char **read_paths(void)
{
	static const char *const always[] = {
		"/etc/hosts",
		"/etc/host.conf",
		"/etc/resolv.conf",
		"/etc/nsswitch.conf",
		"/etc/gai.conf",
		"/etc/services",
		"/run/systemd/resolve",
		"/lib",
		"/lib64",
		"/usr/lib",
		"/usr/lib64",
		"/etc/ld.so.cache",
		"/etc/ssl",
		"/etc/pki",
		"/etc/crypto-policies",
		"/usr/share/ca-certificates",
		"/usr/share/crypto-policies",
		"/usr/share/zoneinfo",
		"/etc/localtime",
		"/dev/urandom",
	};
	static const char *const named[] = { "AWS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR",
					     "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" };
	_cleanup_free_ char *credentials = aws_creds_file();
	char **paths = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		strv_add(&paths, always[i]);
	for (size_t i = 0; i < ARRAY_SIZE(named); i++)
		if (getenv(named[i]) && getenv(named[i])[0])
			strv_add(&paths, getenv(named[i]));
	if (credentials)
		strv_add(&paths, credentials);
	return paths;
}

static struct fault *confine(void)
{
	_cleanup_strv_ char **paths = read_paths();
	const char *missing = NULL;

	TRY(box_confine_client((const char *const *)paths, &missing));
	if (missing)
		fprintf(stderr, "muster-net: this kernel has no %s\n", missing);
	return NULL;
}

static struct fault *dispatch(struct net_server *server)
{
	_cleanup_doc_ struct doc *request = NULL;
	_cleanup_free_ char *name = NULL;

	TRY(net_receive(server, &name, &request));
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		if (streq(operations[i].name, name))
			return operations[i].run(server, request);
	return fault_new("net.request", "there is no operation \"%s\"", name);
}

int main(void)
{
	struct net_server server = { .fd = REQUEST_FD };
	_cleanup_fault_ struct fault *f = NULL, *lost = NULL;

	if (fd_fill_std() < 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return EXIT_BUG;
	f = confine();
	if (!f)
		f = dispatch(&server);
	if (f)
		lost = net_send_fault(&server, f);
	if (lost) {
		fprintf(stderr, "muster-net: %s\n", f->message);
		return EXIT_BUG;
	}
	return 0;
}
