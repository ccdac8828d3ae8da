#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# join, plugins and report against a real kube-apiserver with NodeRestriction, under the identity
# that the real aws-iam-authenticator makes of muster's own tokens. Where the kubelet would register
# the Node, kubectl does with the same identity. Prints TAP.
#
#	tests/real/test-join-node.sh [BUILD-FOLDER]
set -u
# shellcheck source=SCRIPTDIR/net.sh
. "$(dirname "${BASH_SOURCE[0]}")/net.sh"
driver=$net_build/step-driver
id="i-1234567890abcdef0"
label=sagemaker.amazonaws.com/node-health-status
# credentials ROLE: those that the authenticator knows it by.
credentials() {
	local row

	row=$(jq -c --arg role "/$1/" '.credentials[] | select(.arn | contains($role))' \
		"$net_top/tests/data/authenticator.json")
	AWS_ACCESS_KEY_ID=$(jq -r .accessKeyId <<<"$row")
	AWS_SECRET_ACCESS_KEY=$(jq -r .secretAccessKey <<<"$row")
	AWS_SESSION_TOKEN=$(jq -r .sessionToken <<<"$row")
	export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
}

# step NAME [JQ-CHANGE]: runs it with the usual document, changed by the filter.
step() {
	rm -rf "$dir/root/run"
	# shellcheck disable=SC2153 # SERVER_CA comes with SERVER_APISERVER
	jq -n --arg root "$dir/root" --arg url "$SERVER_APISERVER" --arg id "$id" \
		--arg ca "$(base64 -w 0 "$SERVER_CA")" '
		{root: $root, timeoutMs: 20000,
		 identity: {instanceId: $id, instanceType: "m4.xlarge", region: "us-west-2",
			availabilityZone: "us-west-2f"},
		 cluster: {name: "muster-test", region: "us-west-2", endpoint: $url,
			certificateAuthority: $ca, serviceCidr: "10.96.0.0/16", version: "1.35.4"},
		 join: {nodeName: "instance-id"}, report: {gate: "cordon"},
		 verdict: {state: "Schedulable", exit: 0, faults: []}} | '"${2:-.}" >"$dir/in.json"
	"$driver" "$1" "$dir/in.json" >"$dir/out" 2>"$dir/err"
}

kubectl=$("$net_top/tests/servers/path" kubectl)
result() { jq -e "$1" "$dir/out" >/dev/null; }
fault() { result ".fault.id == \"$1\""; }
kubectl() { "$kubectl" --kubeconfig "$dir/admin.kubeconfig" "$@"; }
as_node() { "$kubectl" --kubeconfig "$dir/node-$id.kubeconfig" "$@"; }
node() {
	kubectl get node "$id" -o json >"$dir/node.json" && jq -e "$1" "$dir/node.json" >/dev/null
}

# register [JQ-CHANGE]: creates the Node as a kubelet with join's flags would.
register() {
	local labels

	labels=$(grep -oE -- '--node-labels=[^ ]*' "$dir/root/etc/eks/kubelet/environment" |
		cut -d= -f2-)
	jq -n --arg id "$id" --arg labels "$labels" '
		{apiVersion: "v1", kind: "Node", metadata: {name: $id, labels:
			($labels | split(",") | map(split("=") | {(.[0]): .[1]}) | add)},
		 spec: {providerID: "aws:///us-west-2f/\($id)"}} | '"${1:-.}" |
		as_node create -f - >/dev/null
}
forget() { kubectl delete node --all --wait=true >/dev/null 2>&1; }

server_start_etcd "$dir" &&
	server_start_authenticator "$dir" "$net_top/tests/data/authenticator.json" &&
	server_start_apiserver "$dir" --webhook "$SERVER_WEBHOOK" --node "$id" || exit 1
credentials muster-node

# Standing in for the kubelet: it registers as soon as may-join is there.
kubelet_later() {
	(
		for ((i = 0; i < 200; i++)); do
			if [[ -e $dir/root/run/muster/may-join ]]; then
				register "${1:-.}"
				exit
			fi
			sleep 0.1
		done
	) &
}

kubelet_later
step join && result '.result.closed == "cordon" and .result.gate == "cordon"'
ok "join ends when the Node is registered, and cordons it"
wait "$!"
node '.spec.unschedulable and .metadata.annotations["muster/cordoned"] == "'"$id"'" and
	.metadata.labels["'$label'"] == "Unschedulable"'
ok "the Node is cordoned, by muster's annotation, and says Unschedulable"
kubectl get node "$id" --show-managed-fields -o json >"$dir/node.json" &&
	jq -e '[.metadata.managedFields[] | select(.fieldsV1["f:spec"]["f:unschedulable"]) |
		.manager] |
	length == 1 and (.[0] | startswith("muster"))' "$dir/node.json" >"$dir/out"
ok "the managed field says that it was muster"

step report && result '.result.gate == "open" and .result.changed'
ok "report opens the gate"
node '(.spec.unschedulable | not) and (.metadata.annotations | has("muster/cordoned") | not) and
	.metadata.labels["'$label'"] == "Schedulable" and
	(.status.conditions[] | select(.type == "DeepHealthCheck") | .status == "True")'
ok "the Node is open, says Schedulable, and its condition is true"
kubectl get events -A -o json >"$dir/events" &&
	jq -e '[.items[] | select(.involvedObject.name == "'$id'")] | length == 1' \
		"$dir/events" >"$dir/out"
ok "there is one event"

before=$(kubectl get node "$id" -o jsonpath='{.metadata.resourceVersion}')
step report && result '.result.changed | not' &&
	[[ $(kubectl get node "$id" -o jsonpath='{.metadata.resourceVersion}') == "$before" ]]
ok "a second report changes nothing"

step join && node '.spec.unschedulable and .metadata.labels["'$label'"] == "Unschedulable" and
	(.status.conditions[] | select(.type == "DeepHealthCheck") | .status == "False")'
ok "a later boot withdraws the label and the condition and closes the gate"

step report '.verdict = {state: "UnschedulablePendingReplacement", exit: 81, faults: [
	{id: "gpu.count", class: "hardware-replace", step: "check", message: "7 of 8 GPUs"}]}' &&
	result '.result.gate == "closed"' &&
	node '.spec.unschedulable and
		.metadata.labels["'$label'"] == "UnschedulablePendingReplacement"
		and .metadata.labels["sagemaker.amazonaws.com/fault-types"] == "HardwareReplace"
		and .metadata.labels["sagemaker.amazonaws.com/deep-health-check-status"] == "Failed"
		and (.metadata.annotations["sagemaker.amazonaws.com/fault-details"] | fromjson |
			.[0].reason == "GpuCount")'
ok "a failed verdict is labelled and the gate stays closed"
step report && node '(.spec.unschedulable | not) and
	(.metadata.labels | has("sagemaker.amazonaws.com/fault-types") | not)'
ok "a good verdict takes the faults away and opens"

kubectl cordon "$id" >/dev/null
step join && result '.result.closed == "person"' && step report &&
	result '.result.gate == "held by a person"' && node '.spec.unschedulable'
ok "a person's cordon survives join and report"
kubectl uncordon "$id" >/dev/null

forget
kubelet_later
step join '.report.gate = "label"' && result '.result.closed == "label"' && wait "$!" &&
	node '.spec.unschedulable | not' && step report '.report.gate = "label"' &&
	node '.metadata.labels["'$label'"] == "Schedulable"'
ok "gate label is the label alone"

forget
kubelet_later '.spec.taints = [
	{key: "readiness.k8s.io/muster", value: "pending", effect: "NoSchedule"}]'
step join '.report.gate = "readiness"' && result '.result.closed == "taint"' && wait "$!" &&
	node '.spec.unschedulable | not' &&
	grep -q -- '--register-with-taints=readiness.k8s.io/muster=pending:NoSchedule' \
		"$dir/root/etc/eks/kubelet/environment"
ok "gate readiness is held by the registration taint"
! step report '.report.gate = "readiness" | .timeoutMs = 8000' && fault gate.not_opened &&
	node '.metadata.labels["'$label'"] == "Unschedulable" and
		(.status.conditions[] | select(.type == "DeepHealthCheck") | .status == "False")'
ok "without a controller the fault says so, and nothing is left half open"
(sleep 2 && kubectl taint node "$id" readiness.k8s.io/muster- >/dev/null) &
step report '.report.gate = "readiness"' && node '.metadata.labels["'$label'"] == "Schedulable"'
ok "a controller that takes the taint away opens it"
wait "$!"

forget
kubelet_later '.spec.taints = [{key: "'$label'", value: "Unschedulable", effect: "NoSchedule"}]'
step join '.report.gate = "taint"' && wait "$!" && ! step report '.report.gate = "taint"' &&
	fault gate.not_opened
ok "a node may not take its own taint away, and the fault says so"

forget
jq -n --arg id "$id" '{apiVersion: "v1", kind: "Node", metadata: {name: $id},
	spec: {providerID: "aws:///us-west-2f/i-0000000000000dead"}}' |
	kubectl create -f - >/dev/null
! step join '.timeoutMs = 6000' && fault join.name_taken &&
	[[ ! -e $dir/root/run/muster/may-join ]] && node '.metadata.labels["'$label'"] == null'
ok "another machine's Node is not claimed, and the kubelet may not start"
(sleep 2 && forget) &
cleaner=$!
kubelet_later
step join && result '.result.closed == "cordon"'
ok "once it is deleted, join goes on"
wait "$cleaner" "$!"

! step join '.report.labelPrefix = "muster.kubernetes.io"' && fault join.label
ok "a label prefix of the cluster is refused before the kubelet starts"
! step report '.report.labelPrefix = "muster.kubernetes.io"' && fault report.refused &&
	result '.fault.message | contains("muster.kubernetes.io")'
ok "and by the API, whose words are in the fault"

! step plugins '.plugins.expect = {"nvidia.com/gpu": 8} | .timeoutMs = 5000' &&
	fault plugins.missing && result '.fault.message | contains("nvidia.com/gpu: none of 8")'
ok "plugins names what is missing"
gpus='{"nvidia.com/gpu":"8"}'
(sleep 1 && kubectl patch node "$id" --subresource=status --type=merge \
	-p '{"status":{"capacity":'"$gpus"',"allocatable":'"$gpus"'}}' >/dev/null) &
step plugins '.plugins.expect = {"nvidia.com/gpu": 8}' &&
	result '.result.have["nvidia.com/gpu"] == "8"'
ok "plugins ends when it is there"
wait "$!"

openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=other -days 1 -keyout /dev/null \
	-out "$dir/other.crt" 2>/dev/null
other=$(base64 -w 0 "$dir/other.crt")
! step join '.timeoutMs = 8000 | .cluster.certificateAuthority = "'"$other"'"' && fault kube.tls
ok "a wrong CA is kube.tls"
credentials stranger
! step join '.timeoutMs = 8000' && fault kube.unauthorized
ok "a role without an access entry is kube.unauthorized"
credentials hyperpod-node
! step join '.timeoutMs = 8000' && fault join.name_refused
ok "a name that the role does not give is join.name_refused"
credentials muster-node
server_stop apiserver
! step join '.timeoutMs = 6000' && result '.fault.id | startswith("kube.") or startswith("net.")'
ok "an API that does not answer is a fault of the service"

net_done
