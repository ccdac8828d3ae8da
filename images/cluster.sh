# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2100,SC2153,SC2154
# (variables of lib.sh, vm.sh and tests/servers/lib.sh; a name with a dash)
#
# A node in a VM that joins a real control plane: etcd, apiserver (NodeRestriction, tokens checked by
# the aws-iam-authenticator), controller manager, scheduler; its bundle lies in MinIO, its identity
# and its role's credentials come from the metadata mock. All of them listen on this machine's
# loopback. Needs lib.sh, vm.sh and node.sh; see tests/servers.

cluster_name=muster-test
cluster_instance=i-1234567890abcdef0
cluster_zone=us-west-2f

# shellcheck source=SCRIPTDIR/../tests/servers/lib.sh
. "$images_source/tests/servers/lib.sh"

# cluster_mapping DIR: the role's credentials, which MinIO's STS has made up, as the authenticator's
# STS is to know them.
cluster_mapping() {
	jq --arg id "$cluster_instance" --arg name "$cluster_name" '
		.clusterID = $name
		| .credentials = [{accessKeyId: env.SERVER_SESSION_KEY,
			secretAccessKey: env.SERVER_SESSION_SECRET,
			sessionToken: env.SERVER_SESSION_TOKEN,
			arn: "arn:aws:sts::123456789012:assumed-role/muster-node/\($id)",
			userId: "AROANODEEXAMPLE00001:\($id)"}]' \
		"$images_source/tests/data/authenticator.json" >"$1/mapping.json"
}

# cluster_metadata: what the node's IMDS says of it, as a jq filter.
cluster_metadata() {
	jq -n -r --arg id "$cluster_instance" --arg zone "$cluster_zone" '
		{"instance-id": $id, "instance-type": "m5.large", "local-ipv4": "10.0.2.15",
		 "local-hostname": "ip-10-0-2-15.us-west-2.compute.internal",
		 "placement-availability-zone": $zone, "placement-region": "us-west-2",
		 "iam-security-credentials-role": "muster-node"} as $values
		| {instanceId: $id, instanceType: "m5.large", availabilityZone: $zone,
		   region: "us-west-2", privateIp: "10.0.2.15",
		   accountId: "123456789012"} as $document
		| ".metadata.values += \($values) | .userdata.values.userdata = \"\" |
			.dynamic.values[\"instance-identity-document\"] += \($document)"'
}

# cluster_bundle: the sample, as s3://bundles/sample/.
cluster_bundle() {
	local file

	while read -r file; do
		server_minio_put "$images_here/sample/$file" "sample/${file#./}" || return 1
	done < <(cd "$images_here/sample" && find . -type f)
}

# cluster_up DIR [NODE...]: all servers; each NODE also has a static token (node-NODE.kubeconfig).
cluster_up() {
	local dir=$1 node nodes=()

	shift
	for node; do
		nodes+=(--node "$node")
	done
	mkdir -p "$dir"
	server_start_minio "$dir" && server_minio_session "$dir" 43200 &&
		cluster_mapping "$dir" && cluster_bundle &&
		server_start_imds "$dir" --session --set "$(cluster_metadata)" &&
		server_start_etcd "$dir" &&
		server_start_authenticator "$dir" "$dir/mapping.json" &&
		server_start_apiserver "$dir" --webhook "$SERVER_WEBHOOK" "${nodes[@]}" &&
		server_start_kcm "$dir" && server_start_scheduler "$dir" || return 1
	VM_FORWARD=("10.0.2.2:${SERVER_APISERVER##*:}=${SERVER_APISERVER##*:}"
		"10.0.2.2:${SERVER_S3##*:}=${SERVER_S3##*:}"
		"169.254.169.254:80=${SERVER_IMDS##*:}")
}

# cluster_pause FILE: a container image that holds nothing but a program that waits, as
# localhost/kubernetes/pause, which machine images for EKS bring along for every pod's sandbox.
cluster_pause() (
	set -e
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	cd "$work"
	mkdir tree
	printf '#include <unistd.h>\nint main(void)\n{\n\tfor (;;)\n\t\tpause();\n}\n' |
		gcc -static -Os -s -o tree/pause -x c -
	tar -C tree --owner=0 --group=0 -cf layer.tar pause
	jq -n --arg diff "sha256:$(sha256sum layer.tar | cut -d' ' -f1)" '
		{architecture: "amd64", os: "linux", config: {Entrypoint: ["/pause"]},
		 rootfs: {type: "layers", diff_ids: [$diff]}}' >config.json
	jq -n '[{Config: "config.json", RepoTags: ["localhost/kubernetes/pause:latest"],
		Layers: ["layer.tar"]}]' >manifest.json
	tar -cf "$1" manifest.json config.json layer.tar
)

# cluster_image LAYER: what a Kubernetes machine image has beside Debian and muster.
cluster_image() {
	local layer=$1 kubelet

	kubelet=$("$images_source/tests/servers/path" kubelet) || return 1
	install -D -m 0755 "$kubelet" "$layer/usr/bin/kubelet"
	"$kubelet" --version | sed 's/^Kubernetes v//' |
		install -D -m 0644 /dev/stdin "$layer/etc/eks/kubelet-version.txt"
	install -D -m 0644 "$images_here/guest/kubelet.service" \
		"$layer/usr/lib/systemd/system/kubelet.service"
	# Enabled, as machine images have it: muster's drop-in is what holds it back.
	mkdir -p "$layer/etc/systemd/system/multi-user.target.wants" "$layer/opt/cni"
	ln -sf /usr/lib/systemd/system/kubelet.service \
		"$layer/etc/systemd/system/multi-user.target.wants/kubelet.service"
	install -D -m 0644 "$images_here/guest/images.service" \
		"$layer/usr/lib/systemd/system/muster-try-images.service"
	ln -sf /usr/lib/systemd/system/muster-try-images.service \
		"$layer/etc/systemd/system/multi-user.target.wants/"
	mkdir -p "$layer/usr/share/muster-try"
	cluster_pause "$layer/usr/share/muster-try/pause.tar" || return 1
	printf '[Service]\nSlice=runtime.slice\n' | install -D -m 0644 /dev/stdin \
		"$layer/usr/lib/systemd/system/containerd.service.d/10-slice.conf"
	install -D -m 0644 "$images_here/guest/cni.conflist" \
		"$layer/etc/cni/net.d/10-node.conflist"
	ln -sfn /usr/lib/cni "$layer/opt/cni/bin"
	printf 'br_netfilter\noverlay\n' |
		install -D -m 0644 /dev/stdin "$layer/etc/modules-load.d/kubernetes.conf"
	# The last three are what a kubelet that protects kernel defaults wants to find.
	printf '%s\n' net.ipv4.ip_forward=1 vm.overcommit_memory=1 kernel.panic=10 \
		kernel.panic_on_oops=1 |
		install -D -m 0644 /dev/stdin "$layer/etc/sysctl.d/50-kubernetes.conf"
}

# cluster_config LAYER: which cluster to join and which bundle to run.
cluster_config() {
	local layer=$1

	mkdir -p "$layer/etc/muster" "$layer/etc/systemd/system/muster.service.d"
	cat >"$layer/etc/muster/muster.yaml" <<-END
		apiVersion: muster/v1
		kind: Node
		cluster:
		  name: $cluster_name
		  region: us-west-2
		  endpoint: https://10.0.2.2:${SERVER_APISERVER##*:}
		  certificateAuthority: $(base64 -w0 "$SERVER_CA")
		  serviceCidr: 10.96.0.0/16
		lifecycle:
		  source: s3://$SERVER_S3_BUCKET/sample/
		  onCreate: on_create.sh
		join:
		  nodeName: instance-id
	END
	cat >"$layer/etc/systemd/system/muster.service.d/try.conf" <<-END
		[Service]
		Environment=AWS_ENDPOINT_URL_S3=http://10.0.2.2:${SERVER_S3##*:}
		Environment=AWS_REGION=us-west-2
	END
}

cluster_kubectl() {
	"$("$images_source/tests/servers/path" kubectl)" --kubeconfig "$cluster_dir/admin.kubeconfig" \
		--request-timeout 10s "$@"
}

# cluster_cloud_controller: what the cloud's controller does to a Node that registers with
# --cloud-provider=external, once, in the background of this shell: Amazon's has no Amazon to ask.
cluster_cloud_controller() {
	local taint=node.cloudprovider.kubernetes.io/uninitialized parent=$$

	while kill -0 "$parent" 2>/dev/null; do
		cluster_kubectl taint node "$cluster_instance" "$taint-" >/dev/null 2>&1 && break
		sleep 1
	done &
	at_exit kill $!
}

# cluster_pod NAME: a pod that any scheduler may put anywhere, if only it may.
cluster_pod() {
	cluster_kubectl apply -f - >/dev/null <<-END
		apiVersion: v1
		kind: Pod
		metadata: {name: $1}
		spec:
		  terminationGracePeriodSeconds: 0
		  containers:
		  - {name: pause, image: localhost/kubernetes/pause, imagePullPolicy: Never}
	END
}

# cluster_pod_node NAME: the node it is bound to, or nothing.
cluster_pod_node() {
	cluster_kubectl get pod "$1" -o 'jsonpath={.spec.nodeName}'
}

# cluster_pod_running NAME SECONDS
cluster_pod_running() {
	cluster_kubectl wait --for=jsonpath='{.status.phase}'=Running --timeout="${2}s" \
		--request-timeout=0 pod "$1" >/dev/null
}

# cluster_pod_bound NAME SECONDS
cluster_pod_bound() {
	local limit=$((SECONDS + $2))

	while ((SECONDS < limit)); do
		[[ -z $(cluster_pod_node "$1") ]] || return 0
		sleep 1
	done
	return 1
}
