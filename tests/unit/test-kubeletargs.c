/* SPDX-License-Identifier: Apache-2.0 */
/* The kubelet's flags: their order, labels, and the taints that gates make of them. */
#include "tests/unit/join.h"

#include "lib/base/strv.h"

static char *args_of(const struct join_plan *p)
{
	_cleanup_strv_ char **args = NULL;

	CHECK_OK(kubelet_args(p, &args));
	return strv_join(args, " ");
}

TEST(flags_are_in_a_fixed_order)
{
	struct join_plan p = plan_of(35);
	char *flags[] = { (char *)"--v=4", (char *)"--node-labels=team=a", NULL };
	_cleanup_doc_ struct doc *labels = parsed("{\"a\":\"1\",\"example.com/b\":\"\"}");
	_cleanup_doc_ struct doc *users = parsed("{\"maxPods\":9}");
	_cleanup_free_ char *got = NULL;

	config.join.kubelet_flags = flags;
	config.join.labels = labels;
	config.join.kubelet_config = users;
	p.nvidia_device = true;
	got = args_of(&p);
	CHECK_STR(got, "--cloud-provider=external "
		       "--hostname-override=ip-172-16-34-43.ec2.internal --node-ip=172.16.34.43 "
		       "--config=/etc/kubernetes/kubelet/config.json "
		       "--config-dir=/etc/kubernetes/kubelet/config.json.d "
		       "--kubeconfig=/var/lib/kubelet/kubeconfig "
		       "--runtime-cgroups=/runtime.slice/containerd.service "
		       "--image-credential-provider-bin-dir=/etc/eks/image-credential-provider "
		       "--image-credential-provider-config="
		       "/etc/eks/image-credential-provider/config.json "
		       "--node-labels=a=1,example.com/b=,"
		       "sagemaker.amazonaws.com/node-health-status=Unschedulable,"
		       "sagemaker.amazonaws.com/deep-health-check-status=InProgress,"
		       "nvidia.com/gpu.present=true --v=4 --node-labels=team=a");
}

TEST(nvidia_label_comes_with_1_35)
{
	struct join_plan p = plan_of(34);
	_cleanup_free_ char *got = NULL;

	p.nvidia_device = true;
	got = args_of(&p);
	CHECK(!strstr(got, "nvidia.com/gpu.present"));
	CHECK(!strstr(got, "--register-with-taints"));
}

TEST(a_taint_gate_gathers_all_taints)
{
	struct join_plan p = plan_of(35);
	char *flags[] = { (char *)"--register-with-taints=\"a=1:NoExecute,b=2:NoSchedule\"",
			  (char *)"--v=2", NULL };
	char *taints[] = { (char *)"c=3:NoSchedule", (char *)"a=1:NoExecute", NULL };
	_cleanup_doc_ struct doc *users = parsed("{\"registerWithTaints\":[{\"key\":\"d\","
						 "\"effect\":\"NoSchedule\"}]}");
	_cleanup_free_ char *got = NULL;

	config.join.kubelet_flags = flags;
	config.join.taints = taints;
	config.join.kubelet_config = users;
	config.report.gate = GATE_READINESS;
	got = args_of(&p);
	CHECK(strstr(got, " --register-with-taints=d=:NoSchedule,a=1:NoExecute,b=2:NoSchedule,"
			  "c=3:NoSchedule,readiness.k8s.io/muster=pending:NoSchedule --v=2"));
	CHECK(str_endswith(got, "--v=2"));
}

TEST(gates_leave_registration_clean_unless_taints)
{
	static const struct {
		enum gate gate;
		const char *taint;
	} rows[] = { { GATE_CORDON, NULL },
		     { GATE_LABEL, NULL },
		     { GATE_AUTO, NULL },
		     { GATE_READINESS, "readiness.k8s.io/muster=pending:NoSchedule" },
		     { GATE_TAINT, "sagemaker.amazonaws.com/"
				   "node-health-status=Unschedulable:NoSchedule" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct join_plan p = plan_of(35);
		_cleanup_free_ char *got = NULL;
		const char *at;

		config.report.gate = rows[i].gate;
		got = args_of(&p);
		at = strstr(got, "--register-with-taints=");
		CHECK_STR(at ? at + strlen("--register-with-taints=") : NULL, rows[i].taint);
	}
}

TEST(karpenter_means_readiness)
{
	char *flags[] = { (char *)"--node-labels=\"karpenter.sh/nodepool=p\"", NULL };
	char *taints[] = { (char *)"karpenter.sh/unregistered:NoExecute", NULL };
	_cleanup_doc_ struct doc *users = parsed("{\"registerWithTaints\":[{\"key\":"
						 "\"karpenter.sh/unregistered\",\"effect\":"
						 "\"NoExecute\"}]}");

	(void)plan_of(35);
	config.report.gate = GATE_AUTO;
	CHECK_INT(gate_of(&config), GATE_CORDON);
	config.join.kubelet_flags = flags;
	CHECK_INT(gate_of(&config), GATE_READINESS);
	config.join.kubelet_flags = NULL;
	config.join.taints = taints;
	CHECK_INT(gate_of(&config), GATE_READINESS);
	config.join.taints = NULL;
	config.join.kubelet_config = users;
	CHECK_INT(gate_of(&config), GATE_READINESS);
	config.report.gate = GATE_LABEL;
	CHECK_INT(gate_of(&config), GATE_LABEL);
}

TEST(labels_of_the_cluster_are_refused)
{
	static const struct {
		const char *key;
		bool allowed;
	} rows[] = { { "kubernetes.io/role", false },
		     { "node-role.kubernetes.io/worker", false },
		     { "x.k8s.io/a", false },
		     { "kubernetes.io/hostname", true },
		     { "node.kubernetes.io/lifecycle", true },
		     { "a.node.kubernetes.io/b", true },
		     { "kubelet.kubernetes.io/b", true },
		     { "topology.kubernetes.io/zone", true },
		     { "topology.kubernetes.io/rack", false },
		     { "notkubernetes.io/a", true },
		     { "sagemaker.amazonaws.com/a", true },
		     { "plain", true } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_MSG(label_is_allowed(rows[i].key) == rows[i].allowed, "%s", rows[i].key);
}

TEST(bad_labels_and_flags_are_named)
{
	static const char *const bad[] = { "{\"kubernetes.io/x\":\"1\"}", "{\"a b\":\"1\"}",
					   "{\"a\":\"has space\"}",	  "{\"a\":\"-x\"}",
					   "{\"example.com/\":\"1\"}",	  "{\"a\":1}" };
	char *flags[] = { (char *)"--v=2\nEXTRA=1", NULL };
	struct join_plan p = plan_of(35);
	char **args = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_doc_ struct doc *labels = parsed(bad[i]);

		config.join.labels = labels;
		CHECK_FAULT(kubelet_args(&p, &args), "join.label");
	}
	config.join.labels = NULL;
	config.report.label_prefix = (char *)"muster.kubernetes.io";
	CHECK_FAULT(kubelet_args(&p, &args), "join.label");
	config.report.label_prefix = NULL;
	config.join.kubelet_flags = flags;
	CHECK_FAULT(kubelet_args(&p, &args), "join.flag");
}

TEST_MAIN
