/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What muster-net can be asked (see lib/net/call.h for how). Each operation: the fields of its
 * request, the fields of its result. A field in [brackets] may be absent; the caller decodes every
 * result with a schema, as untrusted input. Times are milliseconds, sizes bytes. The deadline of
 * net_call travels with the request: the child gives up by itself shortly before it, with a fault
 * that says what it was waiting for.
 *
 * Environment that reaches the child: AWS_*, HTTP_PROXY, HTTPS_PROXY, NO_PROXY, ALL_PROXY (either
 * case), SSL_CERT_FILE, SSL_CERT_DIR, HOME. Nothing else.
 *
 * CREDS below is an object {accessKeyId, secretAccessKey, [sessionToken], [expiration: RFC 3339],
 * source: "environment" | "file" | "container" | "imds", [role]}.
 */

/* Who am I, from IMDSv2 alone.
 *	request	{[waitMs: how long IMDS may take to come up; default 0: no second try]}
 *	result	{document: object, the instance identity document as it is (instanceId,
 *		 instanceType, region, availabilityZone, accountId, imageId, privateIp, pendingTime,
 *		 architecture, …: strings; others may be null or arrays),
 *		 [privateDnsName: first word of meta-data/local-hostname],
 *		 [privateIp: meta-data/local-ipv4],
 *		 tags: object of strings | null where instance tags are not enabled in IMDS,
 *		 userData: base64 of the raw bytes (at most 64 KiB) | null,
 *		 [lifeCycle: "on-demand" | "spot" | …]}
 *	faults	imds.unreachable, imds.v1_only, imds.forbidden, imds.invalid */
#define NET_IDENTITY "identity"

/* AWS credentials by the order of the AWS SDKs: environment, shared file, container, IMDS role.
 *	request	{[waitMs]}
 *	result	CREDS
 *	faults	creds.none, creds.invalid, creds.unreadable, imds.* */
#define NET_CREDENTIALS "credentials"

/* Streams a bundle out of S3: s3://bucket/prefix/ (every object below it), or one archive
 * s3://bucket/key.tar.gz | .tgz | .tar.zst | .tar.xz | .tar | .zip.
 * https://bucket.s3.REGION.amazonaws.com/… means the same.
 *	request	{source, [region], [digest: "sha256-<hex>" it must have],
 *		 [maxBytes: unpacked, default 1 GiB], [maxEntries: default 20000], [waitMs: IMDS],
 *		 [credentials: CREDS; else found as for "credentials"]}
 *	entries	{path, type: "file" | "dir" | "symlink", mode, [size], [target]}
 *		path is relative, without "", "." and ".." components, unique, ≤ 1024 bytes, UTF-8
 *		without control characters; every parent folder had an entry of type dir before;
 *		mode is permission bits alone (objects of a prefix: 0755, S3 keeps no modes; folders
 *		that no entry names: 0755); size: what the archive says, absent where it says
 *		nothing (then the bytes frames until the next entry count); target: of a symlink,
 *		relative, inside the bundle by a rule that needs no look at the disk: leading ".."
 *		no more than the link is deep, none later. Entries come in archive order; a prefix
 *		in key order.
 *	result	{source, format: "prefix" | "archive", entries, bytes,
 *		 digest: "sha256-<hex>" of the archive as it lies in S3; for a prefix of its
 *		 manifest: for each file in key order PATH NUL SIZE NUL SHA256-HEX LF,
 *		 [etag], [versionId]}
 *	The digest is known only when everything has been streamed: nothing may be published before
 *	the result. A digest that differs is fault bundle.digest.
 *	faults	bundle.* (source, digest, archive, hostile, too_large,
 *		too_many, empty), s3.*, creds.*,
 *		imds.*, net.* */
#define NET_BUNDLE "bundle"

/* The same for a local archive, whose bytes the child reads from descriptor 4: the caller opens
 * the file and uses net_call_with_fd. (A local folder needs no muster-net.)
 *	request	{source: name for messages, [digest], [maxBytes], [maxEntries]}
 *	result	as for "bundle", format "archive" */
#define NET_UNPACK "unpack"

/* EKS DescribeCluster.
 *	request	{name, region, [credentials], [waitMs]}
 *	result	{name, status, [arn], [version], [endpoint], [certificateAuthority: base64 of PEM],
 *		 [serviceCidr], [ipFamily]}
 *	faults	eks.not_found, eks.forbidden, eks.throttled, eks.invalid, creds.*, imds.*, net.* */
#define NET_EKS_CLUSTER "eks.cluster"

/* Writes one document as JSON to S3.
 *	request	{bucket, key, region, body: object, [credentials], [waitMs]}
 *	result	{bytes}
 *	faults	s3.*, creds.*, imds.*, net.* */
#define NET_OBJECT_PUT "object.put"

/* The next five ask EC2 or Auto Scaling about an instance, or for something. Every one has
 * {instance, region, [credentials], [waitMs]}.
 *	faults	aws.*, creds.*, imds.*, net.* */

/* EC2 CreateTags.
 *	request	{key, value}
 *	result	{} */
#define NET_INSTANCE_TAG "instance.tag"

/* Auto Scaling SetInstanceHealth.
 *	request	{status: "Healthy" | "Unhealthy"}
 *	result	{} */
#define NET_INSTANCE_HEALTH "instance.health"

/* The hooks that wait at launch, of the group, or of the group that the instance is in.
 *	request	{[group]}
 *	result	{[group: absent: the instance is in none], [state: its lifecycle state, where the
 *		 group was asked for], hooks: [{name, [timeoutMs]}]} */
#define NET_HOOK_LIST "hook.list"

/* RecordLifecycleActionHeartbeat, and CompleteLifecycleAction.
 *	request	{group, hook}; for the second with result: "CONTINUE" | "ABANDON"
 *	result	{pending: bool; false: nothing waits for it any more} */
#define NET_HOOK_HEARTBEAT "hook.heartbeat"
#define NET_HOOK_COMPLETE "hook.complete"

/* Every request on the Kubernetes API has KUBE:
 *	server: "https://…", [ca: base64 of PEM, as certificateAuthority is; absent: the system's],
 *	token: bearer token, or eks: {cluster, region} and the child finds credentials itself and
 *	makes (and renews) the token, [credentials: CREDS for eks], name: of the Node.
 *
 * NODE is a Node reduced to {name, uid, resourceVersion, labels: object, annotations: object,
 *	taints: [{key, [value], effect}], unschedulable: bool, [providerID],
 *	conditions: [{type, status, [reason], [message], [lastTransitionTime],
 *		[lastHeartbeatTime]}],
 *	allocatable: object of strings, capacity: object of strings,
 *	cordonedBy: [manager names that own f:unschedulable], [creationTimestamp],
 *	nodeInfo: {[kubeletVersion], [osImage], [containerRuntimeVersion], [bootID]}}.
 *
 *	faults	kube.unauthorized (401), kube.forbidden (403: message has verb, resource and the
 *		server's words), kube.not_found, kube.conflict, kube.invalid (400, 422),
 *		kube.unavailable (5xx past the retries), kube.throttled, kube.tls (the CA does not
 *		fit the server), kube.protocol, net.* */

/*	request	{KUBE}
 *	result	{found: bool, [node: NODE]} */
#define NET_NODE_GET "node.get"

/* Applies patches in order, stops at the first that fails.
 *	request	{KUBE, patches: [{type: "merge" | "strategic" | "json",
 *		 [subresource: "status"], body}]}
 *	result	{node: NODE after the last}
 *	A 409 is tried again unless the body names metadata.resourceVersion. */
#define NET_NODE_PATCH "node.patch"

/* Waits by watch on the one Node until everything in `until` holds at the same time.
 *	request	{KUBE, until: {[exists: bool; false: there is no such Node], [ready: bool],
 *		 [unschedulable: bool], [allocatable: object name -> least count (integer)],
 *		 [conditions: object type -> status], [labels: object key -> value | null: absent],
 *		 [annotations: same], [taintsAbsent: [key]], [taintsPresent: [key]],
 *		 [providerIDPrefix], [notUid: another Node than this]},
 *		 [then: merge patch, sent as soon as until holds, made for the version that was
 *		 seen], [unless: like until; then is not sent where it holds],
 *		 [announce: bool]}
 *	entries	with announce, {"watching": true} whenever a watch is open: what happens from then
 *		is seen. One comes every 10 s at the latest.
 *	result	{[node: NODE], waitedMs, wasOpen: before `then` nothing kept pods off the Node}
 *	faults	kube.await_timeout at the deadline; the message says what is still missing */
#define NET_NODE_AWAIT "node.await"

/* Creates an events.k8s.io/v1 Event (lib/kube/event.h makes the body).
 *	request	{KUBE, [namespace: default "default"], body}
 *	result	{name} */
#define NET_EVENT_CREATE "event.create"
