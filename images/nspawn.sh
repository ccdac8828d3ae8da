# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # lib.sh sets image and images_here
#
# A node in systemd-nspawn: real systemd, journal, notify, watchdog, sandboxing; no cgroup
# controllers, and nspawn's own seccomp filter around everything (limits and refusals are tested in
# the VM). Needs lib.sh. RUN is a folder: what the node wrote stays in RUN/upper from boot to boot.
# Its network is its own loopback alone, unless NSPAWN_NETWORK (nspawn's options) says otherwise;
# NSPAWN_VIA goes before the command: (nsenter --net=FILE) for a bridge that is elsewhere.

NSPAWN_NETWORK=(--private-network)
NSPAWN_VIA=()

# nspawn_group RUN: a control group of its own, RUN/group. Two nodes in one would have one group for
# each unit between them, and end each other's services.
nspawn_group() {
	local top path

	top=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
	path=$(sed -n 's/^0:://p' /proc/self/cgroup)
	[[ -n $top ]] || {
		say "a node in nspawn needs control groups v2"
		return 1
	}
	mktemp -d "$top${path%/}/muster-node.XXXXXX" >"$1/group"
}

# nspawn_group_gone RUN: nothing can be in it any more but what is just dying.
nspawn_group_gone() {
	local group tries

	[[ -s $1/group ]] || return 0
	group=$(<"$1/group")
	for ((tries = 0; tries < 100; tries++)); do
		find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
		[[ -d $group ]] || break
		echo 1 2>/dev/null >"$group/cgroup.kill" || true
		sleep 0.1
	done
	rm -f "$1/group"
}

# nspawn_start RUN LAYER [NSPAWN-OPTION...]: returns once PID 1 of the node runs.
nspawn_start() {
	local run=$1 layer=$2 tries

	shift 2
	mkdir -p "$run/upper" "$run/work"
	nspawn_group "$run" || return
	# As on any machine, the state of the clock may be read; to set it takes a capability that
	# the node does not have. The machine's /run is hidden, so that nspawn finds no trace of a systemd to register with.
	# shellcheck disable=SC2016 # expanded by the inner shell
	SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_LOCK=0 \
		"${NSPAWN_VIA[@]}" unshare --mount --propagation private bash -c '
		set -euo pipefail
		echo $$ >"$(<"$3/group")/cgroup.procs"
		mount -t tmpfs -o mode=0700 tmpfs /run
		mkdir /run/node
		lower=$2:$1
		mount -t overlay -o "lowerdir=$lower,upperdir=$3/upper,workdir=$3/work" node /run/node
		shift 3
		exec systemd-nspawn --quiet --boot --directory=/run/node --register=no --keep-unit \
			--console=read-only --machine=muster-node \
			--system-call-filter="adjtimex clock_adjtime landlock_create_ruleset landlock_add_rule landlock_restrict_self" "$@"
		' nspawn "$image/root" "$layer" "$run" "${NSPAWN_NETWORK[@]}" "$@" \
		</dev/null >>"$run/console.log" 2>&1 &
	echo $! >"$run/nspawn.pid"
	for ((tries = 0; tries < 100; tries++)); do
		nspawn_leader "$run" >"$run/leader.pid" && return 0
		nspawn_alive "$run" || break
		sleep 0.1
	done
	nspawn_kill "$run"
	tail -n 5 "$run/console.log" >&2
	return 1
}

nspawn_alive() {
	[[ -s $1/nspawn.pid ]] && kill -0 "$(<"$1/nspawn.pid")" 2>/dev/null
}

# nspawn_leader RUN: the machine's pid of the node's PID 1.
nspawn_leader() {
	local nspawn child
	local -a children

	nspawn=$(<"$1/nspawn.pid")
	read -r -d '' -a children < <(cat "/proc/$nspawn/task/"*/children 2>/dev/null) || true
	for child in "${children[@]}"; do
		if [[ $(awk '$1 == "NSpid:" { print $NF }' "/proc/$child/status" 2>/dev/null) == 1 ]] &&
			[[ $(<"/proc/$child/comm") == systemd ]]; then
			echo "$child"
			return
		fi
	done
	return 1
}

# nspawn_exec RUN COMMAND: bash runs it inside, as root, outside of every unit's cgroup.
nspawn_exec() {
	nsenter --target "$(<"$1/leader.pid")" --mount --uts --ipc --net --pid --cgroup --root --wd -- \
		/usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
		bash -c "$2" </dev/null
}

# nspawn_wait RUN: until it has shut down.
nspawn_wait() {
	local rc=0

	[[ ! -s $1/nspawn.pid ]] || wait "$(<"$1/nspawn.pid")" || rc=$?
	rm -f "$1/nspawn.pid" "$1/leader.pid"
	nspawn_group_gone "$1"
	return "$rc"
}

# nspawn_stop RUN: an orderly shutdown; after 20 s the power is cut.
nspawn_stop() {
	local pid tries

	nspawn_alive "$1" || return 0
	pid=$(<"$1/nspawn.pid")
	kill -TERM "$pid"
	for ((tries = 0; tries < 200; tries++)); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	nspawn_kill "$1"
}

# nspawn_kill RUN: every process of the node dies at once.
nspawn_kill() {
	if nspawn_alive "$1"; then
		[[ ! -s $1/leader.pid ]] || kill -KILL "$(<"$1/leader.pid")" 2>/dev/null || true
		kill -KILL "$(<"$1/nspawn.pid")" 2>/dev/null || true
	fi
	nspawn_wait "$1" 2>/dev/null || true
}
