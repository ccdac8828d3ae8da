# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Starts and stops the real servers. Source it from a bash script and call from its main shell:
# a server dies with the shell that started it, even where that shell is killed.
#
#	. tests/servers/lib.sh
#	servers_stop_at_exit
#	server_start_etcd "$dir"
#	server_start_apiserver "$dir" --node n1
#
# Every server_start_X DIR returns when X is ready, or prints the end of its log and returns 1. What
# X can be reached by is in the variables named with each function, and in DIR/env. DIR is private to
# one set of servers; ports and keys are kept in it, so a server started again has the same address.
# SERVER_VIA (an array) goes before the command and before its probe: (ip netns exec NAME).

# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

server_patience=${MUSTER_TEST_PATIENCE:-60}
SERVER_VIA=()
declare -A server_pid=() server_ms=()
server_order=()

servers_stop_at_exit() {
	trap servers_stop EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# server_running NAME: it was started here and has not ended.
server_running() {
	[[ -n ${server_pid[$1]:-} ]] && kill -0 "${server_pid[$1]}" 2>/dev/null
}

# server_stop NAME [SIGNAL]: asks by SIGNAL (TERM), insists after 5 s.
server_stop() {
	[[ -n ${server_pid[$1]:-} ]] || return 0
	# The shell's own notice of a killed child is no news.
	server_end "${server_pid[$1]}" "${2:-TERM}" 2>/dev/null
	unset "server_pid[$1]"
}

server_end() {
	local tick

	kill -s "$2" "$1"
	for ((tick = 0; tick < 50; tick++)); do
		kill -0 "$1" || break
		sleep 0.1
	done
	kill -s KILL "$1"
	wait "$1"
}

# servers_stop: all of them, the last started first.
servers_stop() {
	local i

	for ((i = ${#server_order[@]} - 1; i >= 0; i--)); do
		server_stop "${server_order[i]}"
	done
	server_order=()
}

# server_note DIR VARIABLE VALUE: for this shell, and for others in DIR/env.
server_note() {
	declare -g "$2=$3"
	export "${2?}"
	[[ ! -e $1/env ]] || sed -i "/^$2=/d" "$1/env"
	printf '%s=%q\n' "$2" "$3" >>"$1/env"
}

server_port_taken() {
	local hex

	printf -v hex '%04X' "$1"
	grep -qE "^ *[0-9]+: [0-9A-F]+:$hex [0-9A-F:]+ 0A " /proc/net/tcp /proc/net/tcp6
}

# server_port DIR NAME: the port NAME had in DIR, else a free one below those the kernel hands out.
server_port() {
	local port

	if [[ -s $1/$2.port ]]; then
		cat "$1/$2.port"
		return
	fi
	while :; do
		port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
		server_port_taken "$port" || break
	done
	mkdir -p "$1"
	echo "$port" | tee "$1/$2.port"
}

# server_secret DIR NAME: the secret NAME has in DIR, made at random the first time.
server_secret() {
	mkdir -p "$1"
	[[ -s $1/$2.secret ]] ||
		(umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$1/$2.secret")
	cat "$1/$2.secret"
}

# server_launch DIR NAME COMMAND [ARGUMENT...]: COMMAND is one that `path` knows.
server_launch() {
	local dir=$1 name=$2 program

	program=$("$servers_here/path" "$3") || return 1
	shift 3
	server_stop "$name"
	server_ms[$name]=-$(date +%s%3N)
	setpriv --pdeathsig TERM "${SERVER_VIA[@]}" "$program" "$@" \
		>>"$dir/$name.log" 2>&1 </dev/null &
	server_pid[$name]=$!
	# Started again, it keeps its place: those that need it are to be stopped before it.
	[[ " ${server_order[*]} " == *" $name "* ]] || server_order+=("$name")
}

# server_await DIR NAME PROBE [ARGUMENT...]: until PROBE succeeds, NAME ends or patience does.
server_await() {
	local dir=$1 name=$2 tick why="not ready after $server_patience s"

	shift 2
	for ((tick = 0; tick < server_patience * 10; tick++)); do
		if ! server_running "$name"; then
			wait "${server_pid[$name]}"
			why="ended with $? before it was ready"
			break
		fi
		if "$@" >/dev/null 2>&1; then
			server_ms[$name]=$(($(date +%s%3N) + server_ms[$name]))
			return 0
		fi
		sleep 0.1
	done
	echo "$name: $why; its log ends:" >&2
	tail -n 20 "$dir/$name.log" >&2
	server_stop "$name"
	return 1
}

# server_curl [ARGUMENT...]: curl for probes, from where the server is.
server_curl() {
	"${SERVER_VIA[@]}" curl -sSf -m 5 "$@"
}

# server_figures: of each running server its name, milliseconds to ready and resident KiB.
server_figures() {
	local name

	for name in "${server_order[@]}"; do
		server_running "$name" || continue
		printf '%s %s %s\n' "$name" "${server_ms[$name]}" \
			"$(awk '/^VmRSS:/ { print $2 }' "/proc/${server_pid[$name]}/status")"
	done
}

# shellcheck source=lib-pki.sh
. "$servers_here/lib-pki.sh"
# shellcheck source=lib-kube.sh
. "$servers_here/lib-kube.sh"
# shellcheck source=lib-aws.sh
. "$servers_here/lib-aws.sh"
