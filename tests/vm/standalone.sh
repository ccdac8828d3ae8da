# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016 # lib.sh sets run and layer; expanded on the node
#
# A machine without a cluster goes from power-on to Schedulable, is switched off in order and, on
# the same disk, on again. The same for each kind of node. Needs lib.sh.

sample=/var/lib/muster-sample

# A kubelet that the image enables: nothing in a standalone run lets it start.
add_kubelet() {
	local unit=$layer/etc/systemd/system/kubelet.service

	mkdir -p "$layer/etc/systemd/system/multi-user.target.wants"
	printf '[Service]\nExecStart=/bin/sleep infinity\n' >"$unit"
	ln -s ../kubelet.service "$layer/etc/systemd/system/multi-user.target.wants/"
}

schedulable() {
	ends "$1" 0
	on_node "$1: status says so" 'muster status | grep -qw Schedulable'
	is "$1: status --json says so" \
		"$(node_exec "$run" 'muster status --json' | jq -r .state 2>&1)" Schedulable
	on_node "$1: status --wait succeeds" 'muster status --wait >/dev/null'
}

script_has_run() {
	is "$1" "$(node_exec "$run" "wc -l <$sample/runs")" 1
}

first_boot() {
	schedulable 'first boot'
	script_has_run 'the script ran once'
	on_node 'a mount of the script is in the mount table of PID 1' \
		'grep -q " /opt/muster-sample .* muster-sample " /proc/1/mountinfo'
	on_node 'a unit the script started, ordered after muster.service, runs' \
		'systemctl is-active --quiet muster-sample.service'
	on_node 'what the script printed is in the journal, with its stream' \
		'journalctl -q MUSTER_STREAM=stdout -o cat | grep -q "^greetings from"'
	on_node 'standard error is told apart' \
		'journalctl -q MUSTER_STREAM=stderr -o cat | grep -q "standard error"'
	is 'provisioning.log is in the journal once' "$(node_exec "$run" \
		'journalctl -q -u muster.service -o cat | grep -c "sample: provisioning begins"')" 1
	on_node 'journalctl -x explains the end' \
		'journalctl -q -x -u muster.service | grep -q "muster explain"'
	on_node 'muster.target is reached' 'systemctl is-active --quiet muster.target'
	on_node 'the kubelet of the image did not run ahead' \
		'! systemctl is-active --quiet kubelet.service'
	on_node 'it was held back by its condition' \
		'[[ $(systemctl show --value -p ConditionResult kubelet.service) == no ]]'
	on_node 'history is private' '[[ $(stat -c %a:%U /var/lib/muster) == 700:root ]]'
	is 'no unit has failed' \
		"$(node_exec "$run" 'systemctl --failed --no-legend --plain')" ''
	is 'nothing of the script is left running' "$(node_exec "$run" \
		'grep -lz "^MUSTER_ATTEMPT=" /proc/[0-9]*/environ 2>/dev/null')" ''
}

later_boot() {
	schedulable "$1"
	script_has_run "$1: the script did not run again"
	is "$1: it is the same instance" "$(node_exec "$run" 'muster status --json' |
		jq -r .instance)" i-0123456789abcdef0
}

standalone() {
	prepare
	add_kubelet
	layer_finish "$layer"
	boot "the node boots"
	first_boot
	node_stop "$run"
	boot "it boots again from the same disk"
	later_boot 'second boot'
}
