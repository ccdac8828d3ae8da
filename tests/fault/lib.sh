# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2034 # a script's own variables; others read rc
#
# What the test-* of this folder share: small worlds below a folder of their own, in which the real
# programs run. Source it with the build folder as argument. Prints TAP.

build=$(cd "${1:-.}" && pwd)
muster=$build/muster
export MUSTER_NET=$build/muster-net
for program in "$muster" "$MUSTER_NET"; do
	if [[ ! -x $program ]]; then
		echo "Bail out! $program is not built"
		exit 1
	fi
done
for program in strace jq unshare; do
	if ! type -P "$program" >/dev/null; then
		echo "Bail out! there is no $program"
		exit 1
	fi
done
dir=$(mktemp -d /tmp/muster-fault-XXXXXX)
for variable in ${!AWS_*} ${!MUSTER_TEST_*}; do
	unset "$variable"
done

# marked: the processes of this folder's worlds, by their environment: muster's, its steps', and
# whatever scripts have started.
marked() {
	local environ

	for environ in /proc/[0-9]*/environ; do
		if { tr '\0' '\n' <"$environ"; } 2>/dev/null |
			grep -q -e "^MUSTER_ROOT=$dir" -e "^FAULT_WORLD=$dir"; then
			environ=${environ#/proc/}
			echo "${environ%/environ}"
		fi
	done
}

fault_cleanup() {
	local pid

	for pid in $(marked); do
		kill -KILL "$pid" 2>/dev/null
	done
	rm -rf "$dir"
}
trap fault_cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

n=0 failed=0 rc=0 root='' history=''

tap() { # tap STATUS WORDS: 0 is good; of anything else the last output is shown
	n=$((n + 1))
	if (($1)); then
		failed=$((failed + 1))
		echo "not ok $n - $2"
		sed 's/^/# /' "$dir/out" "$dir/err" 2>/dev/null | tail -n 15
	else
		echo "ok $n - $2"
	fi
}

is() { # is WORDS GOT WANTED
	local same=0

	[[ $2 == "$3" ]] || same=1
	tap "$same" "$1"
	((same == 0)) || printf '%s\n' "# got: $2" "# wanted: $3"
}

has() { # has WORDS TEXT PART
	local found=0

	[[ $2 == *"$3"* ]] || found=1
	tap "$found" "$1"
	((found == 0)) || printf '%s\n' "# got: $2" "# wanted in it: $3"
}

finish() {
	echo "1..$n"
	exit "$((failed > 0))"
}

# world NAME [LIFECYCLE-SETTING...]: a new root with a small configuration; its script is standard
# input, after a line that appends attempt and previous to ROOT/ran.
world() {
	root=$dir/$1
	history=$root/var/lib/muster/history
	shift
	mkdir -p "$root/etc/muster" "$root/bundle"
	ln -s /proc /sys "$root"
	echo '{"instanceId":"i-0123456789abcdef0","region":"us-west-2","instanceType":"m7i.large"}' \
		>"$root/etc/muster/identity.json"
	cat >"$root/etc/muster/muster.yaml" <<-'END'
		apiVersion: muster/v1
		kind: Node
		identity:
		  file: /etc/muster/identity.json
		hostcheck:
		  memoryShare: 0.01%
		  minFreeDisk: 0
		  diskBytes: 4KiB
		lifecycle:
		  source: file:///bundle
	END
	((!$#)) || printf '%s\n' "$@" >>"$root/etc/muster/muster.yaml"
	{
		printf '%s\n' '#!/bin/bash' 'echo "$MUSTER_ATTEMPT $MUSTER_PREVIOUS" >>"$MUSTER_ROOT/ran"'
		cat
	} >"$root/bundle/on_create.sh"
	chmod +x "$root/bundle/on_create.sh"
}

# bring_up [COMMAND...]: muster run, under the command; its exit code is in rc.
bring_up() {
	rc=0
	{
		FAULT_WORLD=$dir "$@" "$muster" --root "$root" run >"$dir/out" 2>"$dir/err" </dev/null
	} 2>/dev/null || rc=$? # the shell's own notice of a killed child is no news
}

# start: muster run in the background; its process is in supervisor.
start() {
	FAULT_WORLD=$dir "$muster" --root "$root" run >"$dir/out" 2>"$dir/err" </dev/null &
	supervisor=$!
}

ended() { # waits for what start has started
	rc=0
	wait "$supervisor" 2>/dev/null || rc=$?
}

# await FILE: it appears within 20 s.
await() {
	local tick

	for ((tick = 0; tick < 400; tick++)); do
		[[ -s $1 ]] && return
		sleep 0.05
	done
	return 1
}

ran() { # attempt and previous of every run of the script, in one line
	[[ ! -e $root/ran ]] || paste -sd, "$root/ran"
}

state() { # state JQ-FILTER: of what status says
	"$muster" --root "$root" status --json 2>/dev/null | jq -r "$1"
}

# in_boot ID COMMAND...: as if the machine had booted again: another boot id, in a mount namespace that
# ends with the command, and an empty /run.
with_boot_id=(unshare -m --propagation private bash -c '
	mount --bind "$1" /proc/sys/kernel/random/boot_id || exit 99
	shift
	exec "$@"' boot "$dir/boot")

boot_with() {
	[[ $(cat "$dir/boot" 2>/dev/null) == "$1" ]] || rm -rf "$root/run/muster"
	echo "$1" >"$dir/boot"
}

in_boot() {
	boot_with "$1"
	"${with_boot_id[@]}" "${@:2}"
}

# start_in_boot ID: what start does, in that boot.
start_in_boot() {
	boot_with "$1"
	FAULT_WORLD=$dir "${with_boot_id[@]}" "$muster" --root "$root" run \
		>"$dir/out" 2>"$dir/err" </dev/null &
	supervisor=$!
}

# records JQ-FILTER: of each record of the history that is whole; a torn last one is left out.
records() {
	{ sed -n '2,$s/^[0-9a-f]* //p' "$history" | jq -cR 'fromjson?' | jq -r "$1"; } 2>/dev/null
}

# code_of FAULT: the exit code that explain promises.
code_of() {
	"$muster" explain "$1" | sed -n '1s/.*exit code \([0-9]*\)).*/\1/p'
}
