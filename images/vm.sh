# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # lib.sh sets image and images_here
#
# A node in a virtual machine: a kernel of its own, all cgroup v2 controllers, power that can be
# cut. Needs lib.sh. RUN is a folder; what the node wrote stays in RUN/disk.qcow2 from boot to boot.
#
# QEMU emulates the processor: nested KVM is there on some machines and broken on many of them
# (MUSTER_VM_ACCEL=kvm asks for it). Commands reach the guest through a virtio port and the shell
# that guest/agent is; no network is needed for that. The network, where asked for, is QEMU's own
# with restrict=on: nothing but the forwards named in VM_FORWARD passes.

VM_MEMORY=${VM_MEMORY:-2048}
VM_CPUS=${VM_CPUS:-2}
VM_FORWARD=()

# vm_layer LAYER: adds to a layer what a node in a VM needs beside muster; before layer_settle.
vm_layer() {
	local units=$1/etc/systemd/system

	install -D -m 0755 "$images_here/guest/agent" "$1/usr/local/libexec/muster-try-agent"
	install -D -m 0644 "$images_here/guest/agent.service" "$units/muster-try-agent.service"
	mkdir -p "$units/sysinit.target.wants"
	ln -sf ../muster-try-agent.service "$units/sysinit.target.wants/"
	install -D -m 0644 "$images_here/guest/node.network" \
		"$1/etc/systemd/network/10-node.network"
	install -D -m 0644 "$images_here/guest/imds.network" \
		"$1/etc/systemd/network/10-imds.network"
	printf 'virtio_console\nvirtio_net\n' |
		install -D -m 0644 /dev/stdin "$1/etc/modules-load.d/muster-try.conf"
}

# vm_disk RUN DISK: a fresh disk for RUN that shows DISK's content; DISK stays as it is.
vm_disk() {
	mkdir -p "$1"
	qemu-img create -q -f qcow2 -b "$(realpath "$2")" -F raw "$1/disk.qcow2"
}

# vm_network: QEMU's options. The node is 10.0.2.15; services of this machine's loopback show as
# VM_FORWARD=(ADDRESS:PORT=PORT...) names them, for the addresses 10.0.2.2 (QEMU's usual name for
# its host) and 169.254.169.254. Each connection of the guest runs one images/relay.
vm_network() {
	local forward node='' imds='' relay=$images_here/relay

	for forward in "${VM_FORWARD[@]}"; do
		case $forward in
		169.254.169.254:*) imds+=",guestfwd=tcp:${forward%=*}-cmd:$relay ${forward#*=}" ;;
		*) node+=",guestfwd=tcp:${forward%=*}-cmd:$relay ${forward#*=}" ;;
		esac
	done
	printf '%s\n' -netdev "user,id=node,net=10.0.2.0/24,host=10.0.2.254,restrict=on$node" \
		-device virtio-net-device,netdev=node,mac=52:54:00:00:02:15 \
		-netdev "user,id=imds,net=169.254.169.0/24,host=169.254.169.2,dns=169.254.169.3,restrict=on$imds" \
		-device virtio-net-device,netdev=imds,mac=52:54:00:00:a9:fe
}

# vm_start RUN [QEMU-OPTION...]: switches it on with RUN/disk.qcow2. Should an emulated processor
# hang before the kernel's first word, nothing of the node has run, and it is switched on again.
vm_start() {
	local tries tick

	for tries in 1 2 3; do
		vm_power "$@" || return
		for ((tick = 0; tick < 100; tick++)); do
			vm_alive "$1" || return
			[[ ! -s $1/console.log ]] || return 0
			sleep 0.2
		done
		say "the VM does not say a word (attempt $tries)"
		vm_kill "$1"
	done
	return 1
}

# vm_clock: the emulated time stamp counter is this machine's. A guest on a busy machine measures it
# against an interrupt that comes late, gives up, and waits for ever for the next one; or compares it
# between processors that are not scheduled together, distrusts it, and counts its timer's interrupts
# instead, of which half may be lost: its clock is slow then, and every pause of its programs long.
vm_clock() {
	awk '$1 == "cpu" && $2 == "MHz" {
		printf "tsc=reliable tsc_early_khz=%d\n", $4 * 1000
		exit
	}' /proc/cpuinfo
}

# vm_drive RUN: QEMU's options for the disk. With VM_WRITES=FILE, every write and flush of the guest
# goes into FILE as well, from its first one on, in the format of Linux' dm-log-writes.
vm_drive() {
	if [[ -z ${VM_WRITES:-} ]]; then
		printf '%s\n' -drive "id=root,file=$1/disk.qcow2,format=qcow2,if=none,cache=unsafe"
		return
	fi
	: >"$VM_WRITES"
	printf '%s\n' \
		-blockdev "driver=file,node-name=log,filename=$VM_WRITES,cache.no-flush=on" \
		-blockdev "driver=file,node-name=file,filename=$1/disk.qcow2,cache.no-flush=on" \
		-blockdev driver=qcow2,node-name=disk,file=file,cache.no-flush=on \
		-blockdev driver=blklogwrites,node-name=root,file=disk,log=log
}

# vm_power RUN [QEMU-OPTION...]: starts QEMU; what was on the console before is in console.old.
vm_power() {
	local run=$1 accel=${MUSTER_VM_ACCEL:-tcg}
	local -a network disk

	shift
	mapfile -t disk < <(vm_drive "$run")
	[[ $accel != tcg ]] || accel=tcg,thread=multi
	mapfile -t network < <(vm_network)
	[[ ! -e $run/console.log ]] || mv "$run/console.log" "$run/console.old"
	rm -f "$run"/ctl.in "$run"/ctl.out
	mkfifo -m 0600 "$run/ctl.in" "$run/ctl.out"
	qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
		-M microvm,acpi=on,rtc=on -accel "$accel" -cpu max \
		-m "$VM_MEMORY" -smp "$VM_CPUS" \
		-kernel "$image/vmlinuz" -initrd "$image/initrd.img" \
		-append "console=ttyS0 panic=-1 net.ifnames=0 quiet systemd.show_status=no \
			$(vm_clock) ${VM_APPEND:-}" \
		-serial "file:$run/console.log" \
		"${disk[@]}" \
		-device virtio-blk-device,drive=root \
		-device virtio-serial-device \
		-chardev "pipe,id=ctl,path=$run/ctl" \
		-device virtserialport,chardev=ctl,name=muster.try \
		-object rng-random,filename=/dev/urandom,id=rng -device virtio-rng-device,rng=rng \
		"${network[@]}" "$@" </dev/null >>"$run/qemu.log" 2>&1 &
	echo $! >"$run/qemu.pid"
}

vm_alive() {
	[[ -s $1/qemu.pid ]] && kill -0 "$(<"$1/qemu.pid")" 2>/dev/null
}

# vm_ready RUN SECONDS: until the guest's shell answers.
vm_ready() {
	local limit=$((SECONDS + $2))

	while ((SECONDS < limit)); do
		vm_alive "$1" || break
		[[ $(VM_EXEC_TIMEOUT=2 vm_exec "$1" 'echo here') != here ]] || return 0
	done
	say "the VM does not answer; the end of its console:"
	tail -n 20 "$1/qemu.log" "$1/console.log" >&2
	return 1
}

# vm_exec RUN COMMAND: bash runs it in the guest; its output (both streams) and status are this
# function's. VM_EXEC_TIMEOUT (60) seconds without an answer are status 124.
vm_exec() {
	local run=$1 id=$RANDOM$RANDOM limit=$((SECONDS + ${VM_EXEC_TIMEOUT:-60})) got rc output in out

	vm_alive "$run" || return 125
	exec {in}<>"$run/ctl.in" {out}<>"$run/ctl.out"
	printf '%s %s\n' "$id" "$(base64 -w0 <<<"$2")" >&"$in"
	while ((SECONDS < limit)); do
		# Not in slices: what a read that runs out of time has seen of a line is lost.
		read -r -t "$((limit - SECONDS))" -u "$out" got rc output || break
		[[ $got == "$id" ]] || continue
		exec {in}>&- {out}>&-
		base64 -d <<<"$output"
		return "$rc"
	done
	exec {in}>&- {out}>&-
	return 124
}

# vm_wait RUN SECONDS: until it has switched itself off.
vm_wait() {
	local limit=$((SECONDS + $2))

	while vm_alive "$1"; do
		((SECONDS < limit)) || return 1
		sleep 0.2
	done
	vm_kill "$1"
}

# vm_stop RUN: an orderly shutdown; after 30 s the power is cut.
vm_stop() {
	vm_alive "$1" || return 0
	VM_EXEC_TIMEOUT=10 vm_exec "$1" '(sleep 0.3; systemctl poweroff) >/dev/null 2>&1 &' \
		>/dev/null || true
	vm_wait "$1" 30 || vm_kill "$1"
}

# vm_kill RUN: the power is cut.
vm_kill() {
	if [[ -s $1/qemu.pid ]]; then
		kill -KILL "$(<"$1/qemu.pid")" 2>/dev/null || true
		wait "$(<"$1/qemu.pid")" 2>/dev/null || true
	fi
	rm -f "$1/qemu.pid" "$1/ctl.in" "$1/ctl.out"
}
