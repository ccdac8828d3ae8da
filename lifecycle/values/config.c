/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/values/config.h"

#include "lib/base/clock.h"

#define TYPE struct config
#define NAME_MAX_AWS 256

static const char *const interrupted_names[] = { "rerun", "fail", NULL };
static const char *const order_names[] = { "after-scripts", "early", NULL };
static const char *const gate_names[] = { "auto", "readiness", "cordon", "taint", "label", NULL };
static const char *const recovery_names[] = { "Automatic", "None", NULL };
static const char *const node_names[] = { "private-dns", "instance-id", "hyperpod", NULL };
static const char *const abandon_names[] = { "hardware", "any", NULL };
static const char *const api_versions[] = { "muster/v1", NULL };
static const char *const kinds[] = { "Node", NULL };

static const struct field identity_config[] = {
	F_STRING("file", TYPE, identity.file,
		 "A JSON or YAML file that says who this machine is, instead of the EC2 metadata "
		 "service.", .max = 4096),
	F_DURATION("wait", TYPE, identity.wait_ms,
		   "How long the metadata service may take to answer after boot.",
		   .otherwise = "5m"),
	F_END,
};

static const struct field cluster_config[] = {
	F_STRING("name", TYPE, cluster.name, "Name of the EKS cluster; none: standalone.",
		 .max = CLUSTER_NAME_MAX, .pattern = CLUSTER_NAME_PATTERN),
	F_STRING("arn", TYPE, cluster.arn, "ARN of the EKS cluster; gives name and region.",
		 .max = 2048, .pattern = CLUSTER_ARN_PATTERN),
	F_STRING("region", TYPE, cluster.region, "Its region; default: the machine's.", .max = 64),
	F_STRING("endpoint", TYPE, cluster.endpoint,
		 "URL of its API server; asked of EKS when absent.", .max = 2048,
		 .pattern = CLUSTER_ENDPOINT_PATTERN),
	F_STRING("certificateAuthority", TYPE, cluster.ca, "Its CA, PEM in base64.",
		 .max = CLUSTER_CA_MAX),
	F_STRING("serviceCidr", TYPE, cluster.service_cidr, "Its service network.", .max = 64),
	F_STRING("version", TYPE, cluster.version,
		 "Version of the kubelet, when the image does not say.", .max = 32),
	F_END,
};

static const struct field group_config[] = {
	F_STRING("name", TYPE, group.name, "Instance group of the cluster configuration.",
		 .max = NAME_MAX_AWS),
	F_INT("threadsPerCore", TYPE, group.threads_per_core,
	      "1 turns the second hardware thread of each core off; 0 leaves it.", .max = 2),
	F_END,
};

static const struct field lifecycle_config[] = {
	F_STRING("source", TYPE, lifecycle.source,
		 "Bundle of lifecycle scripts: s3://bucket/prefix/, s3://bucket/x.tar.zst, "
		 "file:///dir.", .max = 1024, .pattern = "^(s3|file|https)://"),
	F_STRING("digest", TYPE, lifecycle.digest,
		 "What the bundle must be: sha256-<hex> of its tree; of a local archive also "
		 "its own.", .max = 71,
		 .pattern = "^sha256-[0-9a-f]{64}$"),
	F_STRING("onCreate", TYPE, lifecycle.on_create, "Script to run when the node is created.",
		 .otherwise = "on_create.sh", .max = 128),
	F_STRING("onInitComplete", TYPE, lifecycle.on_init_complete,
		 "Script to run after the image's own initialisation.", .max = 128),
	F_DURATION("timeout", TYPE, lifecycle.timeout_ms, "How long one script may run.",
		   .otherwise = "30m"),
	F_DURATION("grace", TYPE, lifecycle.grace_ms, "Between TERM and KILL.",
		   .otherwise = "10s"),
	F_ENUM("onInterrupted", TYPE, lifecycle.on_interrupted,
	       "What to do with a script that a crash or power cut interrupted.",
	       .names = interrupted_names, .otherwise = "rerun"),
	F_MAP("env", TYPE, lifecycle.env, "Environment of the scripts, added to the contract's."),
	F_SIZE("maxBytes", TYPE, lifecycle.max_bytes, "Bytes of an unpacked bundle.",
	       .otherwise = "4Gi"),
	F_INT("maxEntries", TYPE, lifecycle.max_entries, "Files and folders of a bundle.", .min = 1,
	      .max = 10000000, .otherwise = "100000"),
	F_END,
};

static const struct field hostcheck_config[] = {
	F_PERCENT("memoryShare", TYPE, hostcheck.memory_share,
		  "Share of free memory that is written and verified.", .otherwise = "1%"),
	F_SIZE("minMemory", TYPE, hostcheck.min_memory, "Memory that must be there; 0: any."),
	F_INT("cpus", TYPE, hostcheck.cpus, "Processors that must be there; 0: any.",
	      .max = 1000000),
	F_SIZE("minFreeDisk", TYPE, hostcheck.min_free_disk,
	       "Free space that the state folder's disk must have.", .otherwise = "256Mi"),
	F_SIZE("diskBytes", TYPE, hostcheck.disk_bytes,
	       "Bytes that are written, synced, read back and compared.", .otherwise = "4Mi"),
	F_DURATION("timeout", TYPE, hostcheck.timeout_ms, "Deadline.", .otherwise = "2m"),
	F_END,
};

static const struct field drivers_config[] = {
	F_STRINGS("install", TYPE, drivers.install,
		  "auto (by hardware), none, or installers by name, in order.",
		  .otherwise = "auto"),
	F_ENUM("order", TYPE, drivers.order, "After the lifecycle scripts, or beside them.",
	       .names = order_names, .otherwise = "after-scripts"),
	F_STRING("path", TYPE, drivers.path, "Folder of installers.", .max = 4096),
	F_DURATION("timeout", TYPE, drivers.timeout_ms, "Deadline.", .otherwise = "20m"),
	F_MAP("env", TYPE, drivers.env, "Environment of the installers."),
	F_END,
};

static const struct field check_config[] = {
	F_STRINGS("levels", TYPE, check.levels,
		  "Deep health checks at creation: quick, InstanceStress, InstanceConnectivity.",
		  .otherwise = "quick", .pattern = CHECK_LEVEL_PATTERN),
	F_DURATION("stress", TYPE, check.stress_ms,
		   "How long InstanceStress tests memory at most, and then the processors.",
		   .otherwise = "60s"),
	F_DURATION("timeout", TYPE, check.timeout_ms,
		   "Deadline; of what is left for behind the gate once more.", .otherwise = "30m"),
	F_END,
};

static const struct field join_config[] = {
	F_DURATION("by", TYPE, join.by_ms,
		   "When to join at the latest after launch (or a later boot): checks that would "
		   "take longer go on behind the gate; none: after all checks.",
		   .otherwise = "10m"),
	F_ENUM("nodeName", TYPE, join.node_name, "What the Node is named after.",
	       .names = node_names, .otherwise = "private-dns"),
	F_STRING("nodeNameOverride", TYPE, join.node_name_override, "Name of the Node, literally.",
		 .max = 253),
	F_MAP("labels", TYPE, join.labels, "Labels that the kubelet registers."),
	F_STRINGS("taints", TYPE, join.taints, "Taints that it registers, key=value:Effect.",
		  .pattern = "^[^=:]+(=[^=:]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$"),
	F_STRINGS("kubeletFlags", TYPE, join.kubelet_flags, "Flags appended to the kubelet's."),
	F_TREE("kubeletConfig", TYPE, join.kubelet_config,
	       "KubeletConfiguration of yours, written beside the generated one."),
	F_INT("maxPods", TYPE, join.max_pods, "0: from the instance type.", .max = 10000),
	F_STRINGS("units", TYPE, join.units,
		  "Units to start, in order; default: containerd.service "
		  "and kubelet.service."),
	F_DURATION("timeout", TYPE, join.timeout_ms, "Deadline.", .otherwise = "15m"),
	F_END,
};

static const struct field plugins_config[] = {
	F_COUNTS("expect", TYPE, plugins.expect,
		 "Allocatable resources to wait for (resource: count), beyond the hardware's."),
	F_DURATION("timeout", TYPE, plugins.timeout_ms, "Deadline.", .otherwise = "15m"),
	F_END,
};

static const struct field report_config[] = {
	F_ENUM("gate", TYPE, report.gate, "What keeps pods away until the node is verified.",
	       .names = gate_names, .otherwise = "auto"),
	F_STRING("labelPrefix", TYPE, report.label_prefix, "Prefix of the health labels.",
		 .otherwise = "sagemaker.amazonaws.com", .max = 253),
	F_BOOL("aliases", TYPE, report.aliases, "Also the label that the launch post names."),
	F_DURATION("timeout", TYPE, report.timeout_ms, "Deadline.", .otherwise = "15m"),
	F_END,
};

static const struct field budget_config[] = {
	F_DURATION("total", TYPE, budget.total_ms,
		   "Time of one bring-up, over all its boots; an exhausted budget is a verdict.",
		   .otherwise = "2h"),
	F_INT("reboots", TYPE, budget.reboots, "Reboots that one bring-up may ask for.",
	      .otherwise = "3", .max = 100),
	F_INT("crashes", TYPE, budget.crashes, "Starts of muster without progress between them.",
	      .otherwise = "20", .max = 10000),
	F_END,
};

static const struct field last_words_config[] = {
	F_STRING("report", TYPE, last_words.report,
		 "Where a report of a run that fails is put: s3://bucket/prefix/, below it "
		 "INSTANCE/BOOT.json; none: nowhere.",
		 .max = 512, .pattern = "^s3://[A-Za-z0-9._-]+(/[^?#]*)?$"),
	F_STRING("tag", TYPE, last_words.tag,
		 "Key of the EC2 tag of the instance that says how the run ended; none: no tag.",
		 .max = 127, .pattern = "^[A-Za-z0-9 +=._:/@-]+$"),
	F_END,
};

static const struct field autoscaling_config[] = {
	F_STRING("group", TYPE, autoscaling.group,
		 "Auto Scaling group; default: the tag aws:autoscaling:groupName where IMDS shows "
		 "tags, else Auto Scaling is asked.", .max = 255),
	F_STRING("hook", TYPE, autoscaling.hook,
		 "Launch lifecycle hook that waits for this machine: its name, or auto for all of "
		 "the group's; kept by heartbeats, completed at the end; none: no hook.",
		 .max = 255, .pattern = "^[A-Za-z0-9_/-]+$"),
	F_DURATION("heartbeat", TYPE, autoscaling.heartbeat_ms,
		   "Between heartbeats; with auto never more than a third of the hook's timeout.",
		   .otherwise = "5m"),
	F_ENUM("abandon", TYPE, autoscaling.abandon,
	       "Ends that complete the hook with ABANDON: hardware that wants replacement, or any "
	       "failure. Of the others the hook's own timeout decides.",
	       .names = abandon_names, .otherwise = "hardware"),
	F_BOOL("setInstanceHealth", TYPE, autoscaling.set_instance_health,
	       "Hardware that wants replacement is reported Unhealthy to Auto Scaling."),
	F_END,
};

const struct field config_fields[] = {
	F_ENUM("apiVersion", TYPE, api_version, "Version of this document.",
	       .names = api_versions, .otherwise = "muster/v1"),
	F_ENUM("kind", TYPE, kind, "Kind of this document.", .names = kinds, .otherwise = "Node"),
	{ .name = "identity", .kind = FIELD_OBJECT, .help = "Who this machine is.",
	  .fields = identity_config },
	{ .name = "cluster", .kind = FIELD_OBJECT, .help = "The cluster to join.",
	  .fields = cluster_config },
	{ .name = "group", .kind = FIELD_OBJECT, .help = "The instance group.",
	  .fields = group_config },
	{ .name = "lifecycle", .kind = FIELD_OBJECT, .help = "Lifecycle scripts.",
	  .fields = lifecycle_config },
	{ .name = "hostcheck", .kind = FIELD_OBJECT, .help = "Checks of the machine itself.",
	  .fields = hostcheck_config },
	{ .name = "drivers", .kind = FIELD_OBJECT, .help = "Drivers.", .fields = drivers_config },
	{ .name = "check", .kind = FIELD_OBJECT, .help = "Deep health checks.",
	  .fields = check_config },
	{ .name = "join", .kind = FIELD_OBJECT, .help = "Registration of the Node.",
	  .fields = join_config },
	{ .name = "plugins", .kind = FIELD_OBJECT, .help = "Device plugins.",
	  .fields = plugins_config },
	{ .name = "report", .kind = FIELD_OBJECT, .help = "Health labels and the gate.",
	  .fields = report_config },
	{ .name = "budget", .kind = FIELD_OBJECT, .help = "Bounds of one bring-up.",
	  .fields = budget_config },
	{ .name = "lastWords", .kind = FIELD_OBJECT,
	  .help = "What a run that fails leaves outside of the machine.",
	  .fields = last_words_config },
	{ .name = "autoscaling", .kind = FIELD_OBJECT,
	  .help = "What an EC2 Auto Scaling group is told.", .fields = autoscaling_config },
	F_ENUM("recovery", TYPE, recovery,
	       "Automatic: muster reboots when a verdict asks for it; None: it only says so.",
	       .names = recovery_names, .otherwise = "Automatic"),
	F_END,
};

void config_done(struct config *c)
{
	schema_free(config_fields, c);
}
