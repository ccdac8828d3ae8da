# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # images/lib.sh sets scratch
#
# What the tests of whole machines share: TAP, and a node to ask. Source it with NODE_KIND set.
# They need root, the packages `build`, `boot` and `vm` of images/packages, and a cached root tree, which
# the first of them builds. Nothing is skipped: what is missing is a failure that says what.

set -uo pipefail
vm_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in lib nspawn vm node; do
	# shellcheck source=/dev/null
	. "$vm_here/../../images/$part.sh"
done
tap_number=0
tap_failed=0

# tap STATUS WHAT
tap() {
	local verdict=ok

	(($1 == 0)) || {
		verdict='not ok'
		tap_failed=1
	}
	echo "$verdict $((++tap_number)) - $2"
	return "$1"
}

# tap_done: the plan, and the exit status.
tap_done() {
	echo "1..$tap_number"
	exit "$tap_failed"
}

bail_out() {
	echo "Bail out! $*"
	exit 1
}

# note TEXT: lines of diagnosis.
note() {
	printf '# %s\n' "${*//$'\n'/$'\n'# }"
}

# on_node WHAT COMMAND: ok if it succeeds on the node; what it said is shown if it does not.
on_node() {
	local said status=0

	said=$(node_exec "$run" "$2" 2>&1) || status=$?
	tap "$status" "$1" || note "status $status: $said"
}

# is WHAT GOT WANTED
is() {
	[[ $2 == "$3" ]]
	tap $? "$1" || note "got:    $2"$'\n'"wanted: $3"
}

# ends WHAT STATUS: the run is over within a bounded time, with that exit code of `muster run`.
ends() {
	local journal status=0

	journal=$(node_follow "$run" "${MUSTER_VM_LIMIT:-240}") || status=$?
	is "$1" "$status" "$2"
	[[ $status == "$2" ]] || note "$journal"
}

# prepare: root tree, a folder that goes away, muster's layer with the sample bundle in it.
prepare() {
	[[ $(id -u) == 0 ]] || bail_out "needs root"
	local missing

	missing=$(packages_missing build boot vm)
	[[ -z $missing ]] || bail_out "packages missing: ${missing//$'\n'/ }"
	image_ready || bail_out "no root tree"
	scratch_folder
	run=$scratch/run layer=$scratch/layer
	layer_muster "$layer" || bail_out "muster does not build"
	layer_sample "$layer"
	at_exit node_kill "$run"
}

# boot WHAT: one line of TAP; without a node nothing else makes sense.
boot() {
	local begun

	begun=$(seconds)
	node_boot "$run" "$layer" || bail_out "the node does not boot"
	tap 0 "$1"
	note "answers after $(since "$begun")"
}
