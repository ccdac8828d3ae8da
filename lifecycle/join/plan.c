/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/join/plan.h"

#include <ctype.h>
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/parse.h"
#include "lib/base/path.h"
#include "lib/sys/log.h"
#include "lib/sys/spawn.h"
#include "lifecycle/values/instance-types.h"

#define MAX_PODS_GUESS 110   /* the kubelet's own default */
#define ASK_MS	       10000 /* a program that is asked for its version */

static bool number_at(const char **s, unsigned *ret)
{
	size_t n = strspn(*s, "0123456789");
	_cleanup_free_ char *digits = xstrndup(*s, n);
	uint32_t v;

	if (n == 0 || parse_u32(digits, &v) < 0)
		return false;
	*s += n;
	*ret = v;
	return true;
}

bool version_read(const char *text, struct version *ret)
{
	for (const char *s = text; s && *s; s++) {
		const char *p = s;
		struct version v;

		if (s > text && (isalnum((unsigned char)s[-1]) && s[-1] != 'v'))
			continue; /* not in the middle of a word */
		if (number_at(&p, &v.major) && *p++ == '.' && number_at(&p, &v.minor)) {
			*ret = v;
			return true;
		}
	}
	return false;
}

static bool version_from_file(const char *root, const char *path, struct version *ret)
{
	_cleanup_free_ char *rooted = path_rooted(root, path), *line = NULL;

	return file_read_line(rooted, &line) == 0 && version_read(line, ret);
}

/* A program of another root is not run. */
static bool version_from_program(const char *root, const char *name, struct version *ret)
{
	static const char *const folders[] = { "/usr/bin", "/usr/local/bin", "/opt/bin" };
	char *env[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };

	for (size_t i = 0; !*root && i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *path = path_join(folders[i], name), *text = NULL;
		char *argv[] = { path, (char *)"--version", NULL };
		_cleanup_fault_ struct fault *f = NULL;

		if (access(path, X_OK) < 0)
			continue;
		f = run_capture(argv, env, false, 4096, clock_boottime_ms() + ASK_MS, &text);
		if (!f && version_read(text, ret))
			return true;
	}
	return false;
}

static struct fault *kubelet_version(const struct step_context *c, struct version *ret)
{
	if (version_from_file(c->root, "/etc/eks/kubelet-version.txt", ret) ||
	    version_from_program(c->root, "kubelet", ret) ||
	    version_read(c->config->cluster.version, ret))
		return NULL;
	return fault_new("join.kubelet_version", "neither /etc/eks/kubelet-version.txt nor kubelet "
						 "--version nor "
						 "cluster.version says which kubelet this is");
}

static struct version containerd_version(const char *root)
{
	struct version v = { 2, 0 };

	if (!version_from_file(root, "/etc/eks/containerd-version.txt", &v))
		(void)version_from_program(root, "containerd", &v);
	return v;
}

static bool exists(const char *root, const char *path)
{
	_cleanup_free_ char *rooted = path_rooted(root, path);

	return access(rooted, F_OK) == 0;
}

/* Class 0x03: display and 3D controllers; 0x10de: NVIDIA. */
static bool is_nvidia(const char *folder, const char *device)
{
	_cleanup_free_ char *at = path_join(folder, device);
	_cleanup_free_ char *vendor_path = path_join(at, "vendor"), *vendor = NULL;
	_cleanup_free_ char *class_path = path_join(at, "class"), *class = NULL;

	return file_read_line(vendor_path, &vendor) == 0 && streq(vendor, "0x10de") &&
	       file_read_line(class_path, &class) == 0 && str_startswith(class, "0x03");
}

static bool nvidia_on_bus(const char *root)
{
	_cleanup_free_ char *folder = path_rooted(root, "/sys/bus/pci/devices");
	DIR *d = opendir(folder);
	bool found = false;

	for (struct dirent *e; d && !found && (e = readdir(d));)
		found = e->d_name[0] != '.' && is_nvidia(folder, e->d_name);
	if (d)
		closedir(d);
	return found;
}

static void max_pods(const struct identity *id, struct join_plan *p)
{
	p->type_max_pods = instance_type_max_pods(instance_type_find(id->instance_type));
	p->max_pods_guessed = p->type_max_pods < 0;
	if (!p->max_pods_guessed)
		return;
	p->type_max_pods = MAX_PODS_GUESS;
	if (p->config->join.max_pods > 0) {
		p->type_max_pods = p->config->join.max_pods;
		p->max_pods_guessed = false;
		return;
	}
	log_warning("instance type %s is in no table: %d pods assumed; set join.maxPods",
		    id->instance_type ? id->instance_type : "(unknown)", MAX_PODS_GUESS);
}

struct fault *plan_gather(const struct step_context *c, const struct cluster *cluster,
			  const char *node_name, const char *provider_id, struct join_plan *ret)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	*ret = (struct join_plan){ .config = c->config,
				   .identity = c->identity,
				   .cluster = cluster,
				   .node_name = node_name,
				   .provider_id = provider_id };
	TRY(kubelet_version(c, &ret->kubelet));
	ret->containerd = containerd_version(c->root);
	ret->cpus = cpus > 0 ? (unsigned)cpus : 1;
	max_pods(c->identity, ret);
	ret->nvidia_runtime = exists(c->root, "/usr/bin/nvidia-container-runtime");
	ret->nvidia_device = nvidia_on_bus(c->root);
	ret->credential_provider = exists(c->root, PATH_PROVIDER_DIR "/ecr-credential-provider");
	if (!ret->credential_provider)
		log_info("no " PATH_PROVIDER_DIR "/ecr-credential-provider: images are pulled "
			 "without ECR credentials");
	return NULL;
}
