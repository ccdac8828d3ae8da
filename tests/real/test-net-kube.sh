#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# muster-net's operations on a Node against a real kube-apiserver with NodeRestriction: by a token
# that the server knows, and by muster's own EKS tokens, which the real aws-iam-authenticator
# judges. Everything goes by the name "localhost", so names and TLS work inside muster-net's filter.
# Prints TAP.
#
#	tests/real/test-net-kube.sh [BUILD-FOLDER]
set -u
# shellcheck source=SCRIPTDIR/net.sh
. "$(dirname "${BASH_SOURCE[0]}")/net.sh"
unset SSL_CERT_FILE

id="i-1234567890abcdef0"
server_start_etcd "$dir" &&
	server_start_authenticator "$dir" "$net_top/tests/data/authenticator.json" &&
	server_start_apiserver "$dir" --webhook "$SERVER_WEBHOOK" --node "$id" --node other ||
	exit 1
kubectl=$("$net_top/tests/servers/path" kubectl)
kubectl() { "$kubectl" --kubeconfig "$dir/admin.kubeconfig" "$@"; }
server=https://localhost:${SERVER_APISERVER##*:}
ca=$(base64 -w 0 "$dir/ca.crt")
token=$(<"$dir/token-system:node:$id.secret")

# ask OPERATION JQ-CHANGE [DEADLINE_MS]: with the usual request, changed by the filter.
ask() {
	jq -nc --arg server "$server" --arg ca "$ca" --arg token "$token" --arg name "$id" \
		'{$server, $ca, $token, $name} | '"$2" >"$dir/request"
	"$net_driver" "$1" "$(<"$dir/request")" "${3:-20000}" >"$dir/out" 2>"$dir/err"
}
result() { sed -n 's/^R //p' "$dir/out" | jq -e "$1" >/dev/null; }
fault() { grep -q "^F $1 .*${2:-}" "$dir/out"; }

echo "# $(kubectl version -o json | jq -r '"kubectl \(.clientVersion.gitVersion), apiserver \(.serverVersion.gitVersion)"')"
echo "# $("$(tests=$net_top/tests/servers/path && "$tests" etcd)" --version | head -n 1)"

ask node.get . && result '.found == false and (has("node") | not)'
ok "a Node that does not exist is not found, over TLS and by name"

jq -n --arg id "$id" '{apiVersion: "v1", kind: "Node", metadata: {name: $id,
	labels: {a: "1"}, annotations: {note: "words"}},
	spec: {providerID: "aws:///us-west-2f/\($id)",
		taints: [{key: "gate", value: "shut", effect: "NoSchedule"}]}}' |
	kubectl create -f - >/dev/null
ask node.get . && result '.found and (.node |
	.name == "'$id'" and (.uid | length == 36) and .labels.a == "1" and
	.annotations.note == "words" and .providerID == "aws:///us-west-2f/'$id'" and
	(.taints | any(.key == "gate" and .value == "shut" and .effect == "NoSchedule")) and
	.unschedulable == false and .cordonedBy == [])'
ok "a Node is read"

ask node.patch '.patches = [{type: "merge", body: {metadata: {labels: {b: "2"},
		annotations: {note: null}}, spec: {unschedulable: true}}},
	{type: "strategic", subresource: "status", body: {status: {conditions: [
		{type: "DeepHealthCheck", status: "True", reason: "Passed", message: "fine"}]}}},
	{type: "json", body: [{op: "add", path: "/metadata/labels/c", value: "3"}]}]' &&
	result '.node | .labels.a == "1" and .labels.b == "2" and .labels.c == "3" and
		(.annotations | has("note") | not) and .unschedulable and
		.cordonedBy == ["muster"] and
		(.conditions[] | select(.type == "DeepHealthCheck") | .status == "True")'
ok "merge, json and strategic patches work, on the status too, and muster owns the cordon"

! ask node.patch '.patches = [{type: "merge", body: {metadata: {labels: {d: "4"}}}},
	{type: "merge", body: {spec: {taints: []}}},
	{type: "merge", body: {metadata: {labels: {e: "5"}}}}]' &&
	fault kube.forbidden "patch nodes/$id: HTTP 403: .*not allowed to modify taints"
ok "its own taints are refused with 403, in the server's words"
ask node.get . && result '.node.labels | .d == "4" and (has("e") | not)'
ok "patches stop at the first that fails"
! ask node.get '.name = "other"' && fault kube.forbidden "get nodes/other: HTTP 403"
ok "another Node is refused with 403"
! ask node.patch '.patches = [{type: "merge",
	body: {metadata: {resourceVersion: "1", labels: {f: "6"}}}}]' && fault kube.conflict
ok "a patch that names an old version is a conflict"
! ask node.patch '.patches = [{type: "merge", body: {metadata: {labels: {g: "no good!"}}}}]' &&
	fault kube.invalid "HTTP 422"
ok "a value that is not allowed is kube.invalid"

ask event.create '.body = {apiVersion: "events.k8s.io/v1", kind: "Event",
	metadata: {generateName: "muster-", namespace: "default"},
	eventTime: "2026-01-02T03:04:05.678901Z", reportingController: "muster",
	reportingInstance: .name, action: "Report", reason: "Schedulable", note: "all is well",
	type: "Normal", regarding: {apiVersion: "v1", kind: "Node", name: .name}}' &&
	result '.name | startswith("muster-")' &&
	kubectl get events.events.k8s.io -A -o json >"$dir/err" &&
	jq -e '[.items[] | select(.reportingController == "muster") | .note] ==
		["all is well"]' "$dir/err" >/dev/null
ok "an event is created"

openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=other -days 1 -keyout /dev/null \
	-out "$dir/other.crt" 2>/dev/null
other=$(base64 -w 0 "$dir/other.crt")
! ask node.get ".ca = \"$other\"" && fault kube.tls "certificate"
ok "another CA is kube.tls, with the certificate's reason"
! ask node.get 'del(.ca)' && fault kube.tls
ok "the system's CAs do not vouch for it"
! ask node.get '.ca = "####"' && fault kube.tls
ok "a CA that is no base64 is kube.tls"
! ask node.get '.token = "wrong"' && fault kube.unauthorized "access entry"
ok "a bad token is kube.unauthorized, which says what to look at"
! ask node.get '.server = "https://nowhere.invalid:6443"' 4000 && fault net.dns
ok "a name that does not exist is net.dns"
! ask node.get '.server = "https://localhost:1"' 3000 && fault net.connect
ok "nobody there is net.connect"
! ask node.get '.server = "http://localhost:1"' && fault net.request
ok "plain http is refused"

# credentials ROLE: those that the authenticator knows it by.
credentials() {
	jq -c --arg role "/$1/" '.credentials[] | select(.arn | contains($role)) |
		{accessKeyId, secretAccessKey, sessionToken, source: "environment"}' \
		"$net_top/tests/data/authenticator.json"
}
eks() { # eks ROLE: no token, but credentials that make one
	echo "del(.token) | .eks = {cluster: \"muster-test\", region: \"us-west-2\",
		credentials: $(credentials "$1")}"
}
ask node.get "$(eks muster-node)" && result .found
ok "the authenticator takes muster's EKS token"
! ask node.get "$(eks muster-node) | .eks.cluster = \"another\"" && fault kube.unauthorized
ok "a token for another cluster is not taken"
! ask node.get "$(eks stranger)" && fault kube.unauthorized
ok "a role that has no access entry is not known"

ask node.await '.until = {exists: true, labels: {b: "2", zz: null}}' && result '.node.labels.b == "2"'
ok "what holds already is not waited for"
! ask node.await '.until = {ready: true, allocatable: {"nvidia.com/gpu": 8},
	taintsAbsent: ["gate"]}' 2500 &&
	fault kube.await_timeout 'Ready.*nvidia.com/gpu is absent of 8.*taint gate is still there'
ok "at the deadline the fault says what is missing"
! ask node.await '.until = {readyy: true}' && fault kube.until readyy
ok "what cannot be waited for is named"

gpus() {
	kubectl patch node "$id" --subresource=status --type=merge -p \
		'{"status":{"capacity":{"nvidia.com/gpu":"'"$1"'"},"allocatable":{"nvidia.com/gpu":"'"$1"'"}}}' \
		>/dev/null
}
(sleep 1 && gpus 4 && sleep 1 && gpus 8) &
ask node.await '.until = {allocatable: {"nvidia.com/gpu": 8}}' &&
	result '.node.allocatable["nvidia.com/gpu"] == "8" and .waitedMs >= 1000 and
		.waitedMs < 10000'
ok "a watch ends when allocatable is there, and not before"
wait "$!"

(sleep 1 && kubectl delete node "$id" --wait=false >/dev/null) &
ask node.await '.until = {exists: false}' && result 'has("node") | not'
ok "a watch sees that the Node is deleted"
wait "$!"
(sleep 1 && jq -n --arg id "$id" '{apiVersion: "v1", kind: "Node", metadata: {name: $id}}' |
	kubectl create -f - >/dev/null) &
ask node.await '.until = {exists: true}' && result '.node.name == "'$id'"'
ok "and that it is created"
wait "$!"

# Waits for the Node to be there, and cordons it as join does.
cordon='.until = {exists: true} | .unless = {unschedulable: true} | .announce = true |
	.then = {metadata: {annotations: {"muster/cordoned": "me"}}, spec: {unschedulable: true}}'
cordoned() {
	kubectl get node "$id" -o json | jq -e '.spec.unschedulable == true and
		.metadata.annotations["muster/cordoned"] == "me"' >/dev/null
}
# open_node: as a controller would once the Node is ready: nothing keeps pods off it.
open_node() {
	kubectl patch node "$id" --type=merge -p '{"spec":{"taints":[],"unschedulable":false}}' >/dev/null
}
create_node() {
	jq -n --arg id "$id" '{apiVersion: "v1", kind: "Node", metadata: {name: $id}}' |
		kubectl create -f - >/dev/null
}
ask node.await "$cordon" && cordoned && result '.node.unschedulable and .wasOpen == false'
ok "a Node that is there is cordoned at once, in the same request"
kubectl annotate --overwrite node "$id" muster/cordoned=someone >/dev/null
ask node.await "$cordon" && ! cordoned && result '.node.unschedulable'
ok "one that is cordoned already is left as it is"
open_node
ask node.await "$cordon" && cordoned && result .wasOpen
ok "and it is told that a Node was open before"
kubectl delete node "$id" >/dev/null
ask node.await "$cordon" 60000 &
waiter=$!
sleep 1.5
# Somebody else changes the Node again and again, from the moment that it is there.
for ((i = 0; i < 20; i++)); do
	kubectl annotate --overwrite node "$id" "busy=$i" >/dev/null 2>&1
done &
busy=$!
create_node
wait "$waiter" && cordoned && result '.node.unschedulable and .wasOpen == false' &&
	grep -q '^E {"watching":true}' "$dir/out"
ok "one that comes is cordoned before anything opens it, whoever else changes it"
wait "$busy"
kubectl patch node "$id" --type=merge -p '{"spec":{"unschedulable":false}}' >/dev/null

ask node.await '.until = {annotations: {back: "again"}}' 60000 &
waiter=$!
sleep 1.5
server_stop apiserver
sleep 2
server_start_apiserver "$dir" --webhook "$SERVER_WEBHOOK" --node "$id" --node other || exit 1
kill -0 "$waiter" 2>/dev/null
ok "a watch does not end with the API server"
kubectl annotate node "$id" back=again >/dev/null
wait "$waiter" && result '.node.annotations.back == "again"'
ok "and goes on when it is back"

server_stop apiserver
began=$(date +%s%3N)
! ask node.await '.until = {ready: true}' 3000 && fault kube.await_timeout 'not said anything.*connect' &&
	(($(date +%s%3N) - began < 4500))
ok "an API server that is gone is waited for until the deadline, and named"

net_done
