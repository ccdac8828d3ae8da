# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # images/*.sh and tests/servers/*.sh set and read them
#
# The real servers for a node in nspawn: S3, metadata service, etcd, authenticator and API server
# in a network namespace of their own, on the addresses that a node in QEMU knows them by, and a
# bridge that the node's only link leads to. Needs lib.sh and images/cluster.sh. No scheduler, no
# controllers: nothing here waits for a pod.

# world_network: the namespace, held open by a process that dies with this shell.
world_network() {
	local tick

	unshare --net setpriv --pdeathsig KILL sleep infinity &
	world_holder=$!
	at_exit kill "$world_holder"
	SERVER_VIA=(nsenter "--net=/proc/$world_holder/ns/net")
	for ((tick = 0; tick < 100; tick++)); do
		[[ $(readlink "/proc/$world_holder/ns/net") == "$(readlink /proc/self/ns/net)" ]] ||
			break
		sleep 0.05
	done
	"${SERVER_VIA[@]}" sh -e -c '
		ip link set lo up
		ip link add servers type bridge
		ip address add 10.0.2.2/24 dev servers
		ip address add 169.254.169.254/32 dev servers
		ip link set servers up' || return 1
	NSPAWN_VIA=("${SERVER_VIA[@]}")
	NSPAWN_NETWORK=(--network-bridge=servers)
}

# world_unplug: takes away the link of a node that was killed; it would go by itself, a little later.
world_unplug() {
	"${SERVER_VIA[@]}" ip link delete vb-muster-node 2>/dev/null || true
}

# world_up DIR: the network, and the servers on it.
world_up() {
	local dir=$1

	mkdir -p "$dir"
	world_network || return 1
	server_start_minio "$dir" --bind 10.0.2.2 && server_minio_session "$dir" 43200 &&
		cluster_mapping "$dir" && cluster_bundle &&
		server_start_imds "$dir" --bind 169.254.169.254 --port 80 --session \
			--set "$(cluster_metadata)" &&
		server_start_etcd "$dir" &&
		server_start_authenticator "$dir" "$dir/mapping.json" &&
		server_start_apiserver "$dir" --bind 10.0.2.2 --webhook "$SERVER_WEBHOOK"
}

world_kubectl() {
	"${SERVER_VIA[@]}" "$world_kubectl_path" --kubeconfig "$cluster_dir/admin.kubeconfig" \
		--request-timeout 10s "$@"
}

# world_kubelet LAYER: what a real kubelet wants of a kernel of its own and a container does not
# have. Kernel settings are shown to it as it wants them (none is changed), there are no cgroup
# controllers to enforce anything with, and the kernel's log is empty. It registers its Node as
# anywhere; pods would not run.
world_kubelet() {
	local drop=$1/etc/systemd/system/kubelet.service.d

	mkdir -p "$drop" "$1/etc/muster/muster.d"
	install -D -m 0755 /dev/stdin "$1/usr/local/libexec/kernel-settings" <<-'END'
		#!/bin/bash
		set -e
		ln -sf null /dev/kmsg
		for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 \
			kernel/panic_on_oops=1 kernel/keys/root_maxkeys=1000000 \
			kernel/keys/root_maxbytes=25000000; do
			file=/run/kernel-settings/${setting%=*}
			[[ ! -e $file ]] || continue
			mkdir -p "${file%/*}"
			echo "${setting#*=}" >"$file"
			mount --bind "$file" "/proc/sys/${setting%=*}"
		done
	END
	printf '[Service]\nExecStartPre=/usr/local/libexec/kernel-settings\n' >"$drop/50-nspawn.conf"
	cat >"$1/etc/muster/muster.d/10-nspawn.yaml" <<-'END'
		apiVersion: muster/v1
		kind: Node
		join:
		  kubeletConfig:
		    cgroupsPerQOS: false
		    enforceNodeAllocatable: []
	END
}

# world_layer LAYER: the node's image and configuration for this world; before layer_finish.
world_layer() {
	world_kubectl_path=$("$images_source/tests/servers/path" kubectl) &&
		cluster_image "$1" || return 1
	cluster_config "$1"
	world_kubelet "$1"
	install -D -m 0644 /dev/stdin "$1/etc/systemd/network/10-host0.network" <<-'END'
		[Match]
		Name=host0

		[Network]
		Address=10.0.2.15/24
		Gateway=10.0.2.2
		LinkLocalAddressing=no
		IPv6AcceptRA=no
	END
}
