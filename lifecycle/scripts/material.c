/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/scripts/material.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/file.h"
#include "lib/base/path.h"
#include "lib/box/tree.h"
#include "lifecycle/values/identity.h"

#define PARAMETERS "provisioning_parameters.json"
#define FILE_MAX (1024 * 1024)

static struct fault *failed(int r, const char *what, const char *path)
{
	return fault_errno(r == -ENOSPC || r == -EDQUOT ? "host.disk_full" : "script.bundle", r,
			   "%s %s", what, path);
}

/* An empty state/work, whatever an earlier attempt left in it. */
static int make_work(const char *state_dir)
{
	_cleanup_fd_ int state = -1;
	int r = path_mkdirs(state_dir, 0700);

	if (r < 0)
		return r;
	state = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state < 0)
		return -errno;
	r = path_remove_tree(state, "work");
	if (r < 0)
		return r;
	if (mkdirat(state, "work", 0700) < 0)
		return -errno;
	return path_open_beneath(state, "work", O_RDONLY | O_DIRECTORY, 0);
}

struct fault *material_copy(const struct step_context *c, char **ret)
{
	const struct doc *fetched = doc_get(c->results, "fetch");
	const char *from = doc_str(fetched, "path"), *digest = doc_str(fetched, "digest");
	_cleanup_fd_ int fd = -1, work = -1;
	_cleanup_tree_ struct tree *t = NULL;
	char copied[TREE_DIGEST_MAX];

	if (!from || !digest)
		return fault_new("script.bundle", "no bundle was fetched");
	fd = open(from, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return failed(-errno, "cannot open the bundle", from);
	work = make_work(c->state_dir);
	if (work < 0)
		return failed(work, "cannot make a working copy below", c->state_dir);
	t = tree_new(work, &(struct tree_limits){ 0 });
	TRY(tree_add_copy(t, fd));
	TRY(tree_end(t, copied));
	if (!streq(copied, digest))
		return fault_new("script.bundle", "%s was changed: its digest is %s now, it was "
				 "published as %s", from, copied, digest);
	*ret = path_join(c->state_dir, "work");
	return NULL;
}

static void add_cluster(const struct config *c, struct doc *d)
{
	struct doc *k;

	if (!c->cluster.name)
		return;
	k = doc_set(d, "KubernetesConfig", doc_object());
	doc_set_string(k, "EksClusterName", c->cluster.name);
	doc_set_string(k, "EksClusterEndpoint", c->cluster.endpoint);
	doc_set_string(k, "EksClusterCertificateAuthority", c->cluster.ca);
	doc_set_string(k, "EksServiceIpv4Cidr", c->cluster.service_cidr);
}

struct doc *material_resource_config(const struct config *c, const struct identity *id)
{
	struct doc *d = doc_object();
	struct doc *group, *instance;

	doc_set_string(d, "ClusterType", "Kubernetes");
	add_cluster(c, d);
	group = doc_push(doc_set(d, "InstanceGroups", doc_array()), doc_object());
	doc_set_string(group, "Name", c->group.name ? c->group.name : "default");
	doc_set_string(group, "InstanceType", id->instance_type);
	instance = doc_push(doc_set(group, "Instances", doc_array()), doc_object());
	doc_set_string(instance, "InstanceName",
		       id->instance_name ? id->instance_name : id->instance_id);
	doc_set_string(instance, "InstanceId", id->instance_id);
	doc_set_string(instance, "CustomerIpAddress", id->private_ip);
	doc_set_string(instance, "AgentIpAddress", id->private_ip);
	doc_set_string(d, "writtenBy", "muster");
	return d;
}

/* Somebody else's is left alone, even one that cannot be read. */
static bool may_write(const char *path)
{
	_cleanup_doc_ struct doc *d = NULL;
	struct fault *f;

	if (access(path, F_OK) < 0)
		return errno == ENOENT;
	f = doc_read_file(path, FILE_MAX, &d);
	fault_free(f);
	return !f && streq(doc_str(d, "writtenBy"), "muster");
}

static struct fault *place_resource_config(const struct step_context *c)
{
	_cleanup_free_ char *path = path_rooted(c->root, MATERIAL_RESOURCE), *text = NULL;
	_cleanup_doc_ struct doc *d = NULL;

	if (!c->identity || !may_write(path))
		return NULL;
	d = material_resource_config(c->config, c->identity);
	text = doc_to_string(d, DOC_PRETTY);
	return fault_as(file_write_atomic(path, text, strlen(text), 0644), "script.material");
}

struct fault *material_place(const struct step_context *c, const char *work)
{
	_cleanup_free_ char *from = path_join(work, PARAMETERS);
	_cleanup_free_ char *to = path_rooted(c->root, MATERIAL_CONFIG "/" PARAMETERS);
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct fault *f;

	TRY(place_resource_config(c));
	if (access(from, F_OK) < 0)
		return NULL;
	f = file_read(from, FILE_MAX, &text);
	if (!f)
		f = file_write_atomic(to, buf_str(&text), text.len, 0644);
	return fault_as(f, "script.material");
}
