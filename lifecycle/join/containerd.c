/* SPDX-License-Identifier: Apache-2.0 */
/* containerd's configuration: version 3 for containerd 2, version 2 for what came before. */

#include "lifecycle/join/plan.h"

#define SANDBOX_IMAGE "localhost/kubernetes/pause"

struct words {
	const char *runtime;
	const char *binary;
	const char *cdi;
};

static void make_v3(const struct words *w, struct buf *out)
{
#define IMAGES	"plugins.'io.containerd.cri.v1.images'"
#define RUNTIME "plugins.'io.containerd.cri.v1.runtime'"
	buf_adds(out, "version = 3\n"
		      "root = '/var/lib/containerd'\n"
		      "state = '/run/containerd'\n\n"
		      "[grpc]\n"
		      "address = '/run/containerd/containerd.sock'\n\n"
		      "[" IMAGES "]\n"
		      "discard_unpacked_layers = true\n\n"
		      "[" IMAGES ".pinned_images]\n"
		      "sandbox = '" SANDBOX_IMAGE "'\n\n"
		      "[" IMAGES ".registry]\n"
		      "config_path = '/etc/containerd/certs.d:/etc/docker/certs.d'\n\n");
	buf_addf(out,
		 "[" RUNTIME "]\n"
		 "enable_cdi = %s\n\n"
		 "[" RUNTIME ".cni]\n"
		 "bin_dir = '/opt/cni/bin'\n"
		 "conf_dir = '/etc/cni/net.d'\n\n"
		 "[" RUNTIME ".containerd]\n"
		 "default_runtime_name = '%s'\n\n",
		 w->cdi, w->runtime);
	buf_addf(out,
		 "[" RUNTIME ".containerd.runtimes.%s]\n"
		 "base_runtime_spec = '" PATH_RUNTIME_SPEC "'\n"
		 "runtime_type = 'io.containerd.runc.v2'\n\n"
		 "[" RUNTIME ".containerd.runtimes.%s.options]\n"
		 "BinaryName = '%s'\n"
		 "SystemdCgroup = true\n",
		 w->runtime, w->runtime, w->binary);
#undef IMAGES
#undef RUNTIME
}

static void make_v2(const struct words *w, bool knows_cdi, struct buf *out)
{
#define CRI "plugins.'io.containerd.grpc.v1.cri'"
	buf_adds(out, "version = 2\n"
		      "root = '/var/lib/containerd'\n"
		      "state = '/run/containerd'\n\n"
		      "[grpc]\n"
		      "address = '/run/containerd/containerd.sock'\n\n"
		      "[" CRI "]\n"
		      "sandbox_image = '" SANDBOX_IMAGE "'\n");
	if (knows_cdi)
		buf_addf(out, "enable_cdi = %s\n", w->cdi);
	buf_addf(out,
		 "\n[" CRI ".cni]\n"
		 "bin_dir = '/opt/cni/bin'\n"
		 "conf_dir = '/etc/cni/net.d'\n\n"
		 "[" CRI ".containerd]\n"
		 "default_runtime_name = '%s'\n"
		 "discard_unpacked_layers = true\n\n",
		 w->runtime);
	buf_addf(out,
		 "[" CRI ".containerd.runtimes.%s]\n"
		 "base_runtime_spec = '" PATH_RUNTIME_SPEC "'\n"
		 "runtime_type = 'io.containerd.runc.v2'\n\n"
		 "[" CRI ".containerd.runtimes.%s.options]\n"
		 "BinaryName = '%s'\n"
		 "SystemdCgroup = true\n\n"
		 "[" CRI ".registry]\n"
		 "config_path = '/etc/containerd/certs.d:/etc/docker/certs.d'\n",
		 w->runtime, w->runtime, w->binary);
#undef CRI
}

struct fault *make_containerd(const struct join_plan *p, struct buf *out)
{
	struct words w = { "runc", "/usr/sbin/runc", "false" };

	if (p->nvidia_runtime) {
		w.runtime = "nvidia";
		w.binary = "/usr/bin/nvidia-container-runtime";
	}
	if (version_is(p->kubelet, 1, 32))
		w.cdi = "true";
	if (version_is(p->containerd, 2, 0))
		make_v3(&w, out);
	else
		make_v2(&w, version_is(p->containerd, 1, 7), out);
	return NULL;
}
