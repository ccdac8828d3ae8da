/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The one configuration that every room reads. Made by lifecycle/config out of muster.yaml,
 * muster.d, user data, cluster-config.json and resource_config.json; const for
 * everybody else. Times are milliseconds, sizes bytes, shares parts per million. */

#include "lib/doc/schema.h"

enum on_interrupted { INTERRUPTED_RERUN, INTERRUPTED_FAIL };
enum drivers_order { DRIVERS_AFTER_SCRIPTS, DRIVERS_EARLY };
enum gate { GATE_AUTO, GATE_READINESS, GATE_CORDON, GATE_TAINT, GATE_LABEL };
enum recovery { RECOVERY_AUTOMATIC, RECOVERY_NONE };
enum abandon { ABANDON_HARDWARE, ABANDON_ANY };
enum node_name_from { NODE_NAME_PRIVATE_DNS, NODE_NAME_INSTANCE_ID, NODE_NAME_HYPERPOD };

struct config {
	int api_version; /* 0: "muster/v1" */
	int kind;	 /* 0: "Node" */
	struct {
		char *file;	  /* stands in for IMDS */
		uint64_t wait_ms; /* how long IMDS may take to come up */
	} identity;
	struct {
		char *name;	    /* NULL: no cluster, standalone */
		char *arn;
		char *region;	    /* NULL: the identity's */
		char *endpoint;	    /* "https://…" */
		char *ca;	    /* certificateAuthority: base64 of PEM */
		char *service_cidr; /* "10.100.0.0/16" */
		char *version;	    /* kubelet version when it can't be read from the image */
	} cluster;
	struct {
		char *name;	/* cluster-config InstanceGroupName */
		int64_t threads_per_core; /* 0: leave as it is; 1: SMT off; 2 */
	} group;
	struct {
		/* s3://bucket/prefix/, s3://bucket/x.tar.gz, file:///dir; NULL: none */
		char *source;
		char *digest; /* "sha256-<hex>" the bundle must have; NULL: any */
		char *on_create;
		char *on_init_complete;
		uint64_t timeout_ms;	/* of one script */
		uint64_t grace_ms;	/* between TERM and KILL */
		int on_interrupted;	/* enum on_interrupted */
		struct doc *env;	/* object of strings; may be NULL */
		uint64_t max_bytes;	/* unpacked */
		int64_t max_entries;
	} lifecycle;
	struct {
		uint32_t memory_share;	 /* of free memory that is written and verified */
		uint64_t min_memory;	 /* 0: not checked */
		int64_t cpus;		 /* 0: not checked */
		uint64_t min_free_disk;
		uint64_t disk_bytes;	 /* written, synced, read back, compared */
		uint64_t timeout_ms;
	} hostcheck;
	struct {
		char **install;	/* "auto", "none", or installer names in order */
		int order;	/* enum drivers_order */
		char *path;	/* folder of installers; NULL: the installed one */
		uint64_t timeout_ms;
		struct doc *env;
	} drivers;
	struct {
		char **levels; /* "InstanceStress", "InstanceConnectivity", "quick" */
		uint64_t stress_ms; /* of each stress of InstanceStress */
		uint64_t timeout_ms;
	} check;
	struct {
		uint64_t by_ms;	      /* after launch; NO_DEADLINE: everything before the join */
		int node_name;	      /* enum abandon { ABANDON_HARDWARE, ABANDON_ANY };
enum node_name_from */
		char *node_name_override;
		struct doc *labels;   /* object of strings, put on the Node at registration */
		char **taints;	      /* "key=value:Effect" */
		char **kubelet_flags; /* appended after ours */
		struct doc *kubelet_config; /* the user's part, written to config.json.d */
		int64_t max_pods;     /* 0: from the instance type */
		/* started in order; default containerd.service, kubelet.service */
		char **units;
		uint64_t timeout_ms;
	} join;
	struct {
		/* object: resource name -> count, beyond what the hardware says */
		struct doc *expect;
		uint64_t timeout_ms;
	} plugins;
	struct {
		int gate;	      /* enum gate */
		char *label_prefix;   /* "sagemaker.amazonaws.com" */
		bool aliases;	      /* also the keys of the launch post */
		uint64_t timeout_ms;
	} report;
	struct {
		uint64_t total_ms; /* of one bring-up, over all boots */
		int64_t reboots;
		int64_t crashes;   /* starts of the supervisor without progress between them */
	} budget;
	struct {
		char *report; /* s3://bucket/prefix/ of report objects; NULL: none is written */
		char *tag;    /* key of the EC2 tag that says the end; NULL: none is set */
	} last_words;
	struct {
		char *group; /* NULL: the instance's tag, else Auto Scaling is asked */
		char *hook;  /* "auto", or the name of a launch hook; NULL: none is kept */
		uint64_t heartbeat_ms; /* between heartbeats */
		int abandon;	       /* enum abandon: ends that complete the hook with ABANDON */
		bool set_instance_health;
	} autoscaling;
	int recovery;	     /* enum recovery: NodeRecovery */
};

/* Shapes that the documents of others must have, too, wherever they end in one of these. */
#define CLUSTER_NAME_MAX 100
#define CLUSTER_NAME_PATTERN "^[0-9A-Za-z][A-Za-z0-9_-]*$"
#define CLUSTER_ARN_PATTERN \
	"^arn:[a-z0-9-]+:eks:[a-z0-9-]{1,64}:[0-9]*:cluster/[0-9A-Za-z][A-Za-z0-9_-]{0,99}$"
#define CLUSTER_ENDPOINT_PATTERN "^https://"
#define CLUSTER_CA_MAX 65536
#define CHECK_LEVEL_PATTERN "^(quick|InstanceStress|InstanceConnectivity)$"

extern const struct field config_fields[];
void config_done(struct config *c);
#define _cleanup_config_ _cleanup_(config_done)
