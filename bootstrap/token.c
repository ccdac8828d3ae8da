/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap/token.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bootstrap/globals.h"
#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/path.h"
#include "lib/doc/doc.h"
#include "lib/sys/log.h"
#include "lifecycle/engine/faults.h"
#include "lifecycle/values/clustertoken.h"

#define EXEC_API	  "client.authentication.k8s.io/"
#define EXEC_INFO_MAX	  65536
#define TOKEN_DEADLINE_MS 30000

const struct option_row token_options[] = { O_STRING("cluster", 'c', struct token_options, cluster,
						     "NAME", "name of the EKS cluster"),
					    O_STRING("region", 'r', struct token_options, region,
						     "REGION", "its region (default: AWS_REGION)"),
					    O_END };

static struct fault *wanted_version(const char *exec_info, const char **ret)
{
	static const char *const known[] = { EXEC_API "v1beta1", EXEC_API "v1" };
	_cleanup_doc_ struct doc *d = NULL;
	const char *asked;

	*ret = known[0];
	if (!exec_info || !*exec_info)
		return NULL;
	TRY(fault_as(
		json_parse("KUBERNETES_EXEC_INFO", exec_info, strlen(exec_info), EXEC_INFO_MAX, &d),
		"token.exec_info"));
	asked = doc_str(d, "apiVersion");
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (!asked || streq(asked, known[i])) {
			*ret = known[i];
			return NULL;
		}
	}
	return fault_new("token.exec_info",
			 "the client asks for %s; v1beta1 and v1 are what there is", asked);
}

struct fault *token_credential(const char *exec_info, const char *token, uint64_t expires_ms,
			       struct doc **ret)
{
	_cleanup_doc_ struct doc *d = doc_object();
	struct doc *status = doc_object();
	time_t seconds = (time_t)(expires_ms / 1000);
	const char *version;
	struct tm tm;
	char when[32];

	doc_set_string(d, "kind", "ExecCredential");
	doc_set(d, "apiVersion", doc_string(""));
	doc_set(d, "spec", doc_object());
	doc_set(d, "status", status);
	TRY(wanted_version(exec_info, &version));
	doc_set_string(d, "apiVersion", version);
	if (gmtime_r(&seconds, &tm) && strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm))
		doc_set_string(status, "expirationTimestamp", when);
	doc_set_string(status, "token", token);
	*ret = TAKE_PTR(d);
	return NULL;
}

static struct fault *print_token(const char *run_dir, const char *cluster, const char *region)
{
	_cleanup_cluster_token_ struct cluster_token t = { 0 };
	_cleanup_doc_ struct doc *d = NULL;
	_cleanup_secret_buf_ struct buf text = BUF_INIT;
	int r;

	TRY(cluster_token_get(run_dir, cluster, region, false,
			      clock_boottime_ms() + TOKEN_DEADLINE_MS, &t));
	TRY(token_credential(getenv("KUBERNETES_EXEC_INFO"), t.token, t.expires_ms, &d));
	doc_write(d, DOC_COMPACT, &text);
	buf_addc(&text, '\n');
	r = fd_write_all(STDOUT_FILENO, text.data, text.len);
	return r < 0 ? fault_errno("token.output", r, "cannot write the credential") : NULL;
}

int verb_token(const void *globals, const void *opts, int argc, char **argv)
{
	const struct globals *g = globals;
	const struct token_options *o = opts;
	const char *region = o->region ? o->region : getenv("AWS_REGION");
	_cleanup_free_ char *run_dir = path_rooted(g->root, "/run/muster");
	_cleanup_fault_ struct fault *f = NULL;

	(void)argc;
	(void)argv;
	if (!o->cluster || !region) {
		log_error("token: --cluster NAME and --region REGION (or AWS_REGION) are needed");
		return 2;
	}
	f = print_token(run_dir, o->cluster, region);
	if (!f)
		return 0;
	log_fault(LOG_ERR, NULL, f);
	return fault_class_exit(fault_lookup(f->id)->class);
}
