# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# etcd and the Kubernetes control plane; see lib.sh.

# server_start_etcd DIR: sets SERVER_ETCD (its URL).
server_start_etcd() {
	local dir=$1 url peer

	mkdir -p "$dir"
	url=http://127.0.0.1:$(server_port "$dir" etcd)
	peer=http://127.0.0.1:$(server_port "$dir" etcd-peer)
	# What a test writes need not outlive a power cut.
	server_launch "$dir" etcd etcd --name test --data-dir "$dir/etcd" --unsafe-no-fsync \
		--listen-client-urls "$url" --advertise-client-urls "$url" \
		--listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" \
		--initial-cluster "test=$peer" --log-level warn || return 1
	server_await "$dir" etcd server_curl "$url/readyz" || return 1
	server_note "$dir" SERVER_ETCD "$url"
}

# kube_token DIR USER GROUPS [KUBECONFIG]: gives USER a bearer token, known to an apiserver that is
# started afterwards, in DIR/token-USER.secret and, where asked for, in a kubeconfig.
kube_token() {
	local dir=$1 user=$2 groups=$3

	touch "$dir/tokens.csv"
	grep -qF ",$user," "$dir/tokens.csv" ||
		echo "$(server_secret "$dir" "token-$user"),$user,$user,\"$groups\"" >>"$dir/tokens.csv"
	(($# < 4)) || kube_config "$dir" "$4" "$(server_secret "$dir" "token-$user")"
}

# kube_config DIR FILE TOKEN [HOST]: writes a kubeconfig for the apiserver of DIR, for a client that
# knows it by another HOST where one is given (10.0.2.2 in a machine of QEMU's).
kube_config() {
	local url

	url=$(<"$1/apiserver.url")
	(
		umask 077
		cat >"$2" <<-END
			apiVersion: v1
			kind: Config
			current-context: test
			clusters:
			- name: test
			  cluster:
			    server: https://${4:-$(cut -d / -f 3 <<<"${url%:*}")}:${url##*:}
			    certificate-authority-data: $(base64 -w 0 "$1/ca.crt")
			users:
			- name: test
			  user:
			    token: $3
			contexts:
			- name: test
			  context:
			    cluster: test
			    user: test
		END
	)
}

# kube_files DIR [ADDRESS...]: keys, certificates and tokens of an apiserver with these addresses.
kube_files() {
	local dir=$1

	shift
	pki_sign "$dir" apiserver /CN=kube-apiserver "$@" localhost kubernetes \
		kubernetes.default.svc 10.96.0.1 127.0.0.1 10.0.2.2 || return 1
	[[ -s $dir/apiserver-kubelet.crt ]] ||
		pki_sign "$dir" apiserver-kubelet /O=system:masters/CN=kube-apiserver-kubelet ||
		return 1
	[[ -s $dir/service-account.key ]] ||
		openssl genpkey -quiet -algorithm RSA -out "$dir/service-account.key" 2>/dev/null ||
		openssl genpkey -algorithm RSA -out "$dir/service-account.key" 2>/dev/null || return 1
	kube_token "$dir" admin system:masters "$dir/admin.kubeconfig"
	kube_token "$dir" system:kube-controller-manager '' "$dir/kcm.kubeconfig"
	kube_token "$dir" system:kube-scheduler '' "$dir/scheduler.kubeconfig"
}

# server_start_apiserver DIR [--bind ADDRESS] [--san ADDRESS]... [--node NAME]...
#	[--webhook KUBECONFIG] [-- FLAG...]
# Needs SERVER_ETCD. Listens on loopback unless told; 10.0.2.2, what QEMU's user network calls the
# host, is always among its names. Each --node is a user system:node:NAME of group system:nodes with
# a token (DIR/token-system:node:NAME.secret, DIR/node-NAME.kubeconfig). --webhook asks the
# authenticator about tokens that the file does not know.
# Sets SERVER_APISERVER (its URL), SERVER_CA (file), SERVER_ADMIN_TOKEN and KUBECONFIG (admin's).
server_start_apiserver() {
	local dir=$1 bind=127.0.0.1 sans=() nodes=() extra=() node port

	shift
	while (($#)); do
		case $1 in
		--bind) bind=$2 sans+=("$2") ;;
		--san) sans+=("$2") ;;
		--node) nodes+=("$2") ;;
		--webhook) extra+=("--authentication-token-webhook-config-file=$2") ;;
		--)
			extra+=("${@:2}")
			break
			;;
		*)
			echo "server_start_apiserver: unknown $1" >&2
			return 2
			;;
		esac
		shift 2
	done
	mkdir -p "$dir"
	port=$(server_port "$dir" apiserver)
	echo "https://${bind/#0.0.0.0/127.0.0.1}:$port" >"$dir/apiserver.url"
	kube_files "$dir" "${sans[@]}" || return 1
	for node in "${nodes[@]}"; do
		kube_token "$dir" "system:node:$node" system:nodes "$dir/node-$node.kubeconfig"
	done
	kube_apiserver "$dir" "$bind" "$port" "${extra[@]}" || return 1
	server_note "$dir" SERVER_APISERVER "$(<"$dir/apiserver.url")"
	server_note "$dir" SERVER_CA "$dir/ca.crt"
	server_note "$dir" SERVER_ADMIN_TOKEN "$(server_secret "$dir" token-admin)"
	server_note "$dir" KUBECONFIG "$dir/admin.kubeconfig"
}

# kube_apiserver DIR BIND PORT [FLAG...]
kube_apiserver() {
	local dir=$1 bind=$2 port=$3

	shift 3
	server_launch "$dir" apiserver kube-apiserver --etcd-servers="$SERVER_ETCD" \
		--bind-address="$bind" --secure-port="$port" --advertise-address=127.0.0.1 \
		--endpoint-reconciler-type=none --service-cluster-ip-range=10.96.0.0/16 \
		--tls-cert-file="$dir/apiserver.crt" --tls-private-key-file="$dir/apiserver.key" \
		--client-ca-file="$dir/ca.crt" --token-auth-file="$dir/tokens.csv" \
		--authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
		--service-account-issuer=https://kubernetes.default.svc \
		--service-account-key-file="$dir/service-account.key" \
		--service-account-signing-key-file="$dir/service-account.key" \
		--kubelet-client-certificate="$dir/apiserver-kubelet.crt" \
		--kubelet-client-key="$dir/apiserver-kubelet.key" \
		--allow-privileged=true --profiling=false "$@" || return 1
	server_await "$dir" apiserver kube_ready "$dir"
}

# kube_get DIR PATH: asks the apiserver of DIR as admin.
kube_get() {
	echo "Authorization: Bearer $(server_secret "$1" token-admin)" |
		server_curl --cacert "$1/ca.crt" -H @- "$(<"$1/apiserver.url")$2"
}

# kube_ready DIR: the apiserver says so itself, and has made the namespaces.
kube_ready() {
	kube_get "$1" /readyz && kube_get "$1" /api/v1/namespaces/kube-node-lease
}

# kube_component DIR NAME COMMAND [FLAG...]: what kcm and the scheduler have in common.
kube_component() {
	local dir=$1 name=$2 command=$3 port

	shift 3
	port=$(server_port "$dir" "$name")
	server_launch "$dir" "$name" "$command" --kubeconfig="$dir/$name.kubeconfig" \
		--authentication-kubeconfig="$dir/$name.kubeconfig" \
		--authorization-kubeconfig="$dir/$name.kubeconfig" --leader-elect=false \
		--bind-address=127.0.0.1 --secure-port="$port" --cert-dir="$dir/$name" \
		--profiling=false "$@"
}

# server_start_kcm DIR [FLAG...]: the controller manager; needs the apiserver of DIR. Ready is when it
# has made the service account without which no pod is admitted.
server_start_kcm() {
	kube_component "$1" kcm kube-controller-manager --use-service-account-credentials=true \
		--service-account-private-key-file="$1/service-account.key" \
		--root-ca-file="$1/ca.crt" --cluster-signing-cert-file="$1/ca.crt" \
		--cluster-signing-key-file="$1/ca.key" \
		--kube-api-qps=500 --kube-api-burst=500 "${@:2}" || return 1
	server_await "$1" kcm kube_get "$1" /api/v1/namespaces/default/serviceaccounts/default
}

# server_start_scheduler DIR [FLAG...]: needs the apiserver of DIR.
server_start_scheduler() {
	kube_component "$1" scheduler kube-scheduler "${@:2}" || return 1
	server_await "$1" scheduler server_curl -k "https://127.0.0.1:$(<"$1/scheduler.port")/readyz"
}
