# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the tests here have in common: servers, a scratch folder $dir that goes away with them, TAP,
# and one net_call at a time whose outcome is compared. Source it with the build folder as argument.

net_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
net_build=$(cd "${1:-.}" && pwd)
net_driver=$net_build/net-driver
export MUSTER_NET=$net_build/muster-net
for program in "$net_driver" "$net_build/step-driver" "$MUSTER_NET"; do
	if [[ ! -x $program ]]; then
		echo "Bail out! $program is not built"
		exit 1
	fi
done
# shellcheck source=SCRIPTDIR/../servers/lib.sh
. "$net_top/tests/servers/lib.sh"
dir=$(mktemp -d /tmp/muster-net-XXXXXX)
net_extra=()
net_cleanup() {
	local pid

	servers_stop
	for pid in "${net_extra[@]}"; do
		kill "$pid" 2>/dev/null
	done
	rm -rf "$dir"
}
trap net_cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
for variable in ${!AWS_*} ${!HTTP_PROXY*} ${!HTTPS_PROXY*} ${!http_proxy*} ${!https_proxy*}; do
	unset "$variable"
done
export HOME=$dir
n=0 failed=0

# call OPERATION REQUEST [DEADLINE_MS [FILE]]
call() {
	"$net_driver" "$@" >"$dir/out" 2>"$dir/err"
}

verdict() { # verdict STATUS WORDS
	n=$((n + 1))
	if (($1)); then
		failed=$((failed + 1))
		echo "not ok $n - $2"
		tail -n 12 "$dir/out" "$dir/err" | cut -c1-600 | sed 's/^/# /'
	else
		echo "ok $n - $2"
	fi
}

ok() { # ok WORDS: the last command's status is the test's
	verdict $? "$1"
}

# result WORDS JQ: the last call had a result for which the filter is true.
result() {
	# jq takes no input at all for true.
	grep -q '^R ' "$dir/out" && sed -n 's/^R //p' "$dir/out" | jq -e "$2" >/dev/null 2>"$dir/err"
	verdict $? "$1"
}

# fault WORDS ID [TEXT]: it ended in that fault, with that text in its message.
fault() {
	grep -qE "^F $2 .*${3:-}" "$dir/out"
	verdict $? "$1"
}

# entries WORDS LIST: it sent exactly these, "type path mode size-or-target" each, sorted.
entries() {
	local got

	got=$(sed -nE 's/^E (.*) [0-9a-f]{64}$/\1/p' "$dir/out" |
		jq -r '[.type, .path, (.mode | tostring), (.target // .size // "" | tostring)] | join(" ")' |
		LC_ALL=C sort)
	[[ $got == "$2" ]]
	verdict $? "$1"
}

net_done() {
	echo "1..$n"
	exit $((failed > 0))
}
