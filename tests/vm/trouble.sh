# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016 # lib.sh sets run and layer; expanded on the node
#
# Runs that do not go well, each on a fresh disk. Needs lib.sh and standalone.sh's names.

# fresh_node NAME SCRIPT: the layer of before with another on_create.sh; boots it.
fresh_node() {
	local bundle=$layer/usr/share/muster/sample-bundle

	run=$scratch/$1
	at_exit node_kill "$run"
	printf '#!/bin/bash\n%s\n' "$2" >"$bundle/on_create.sh"
	rm -f "$layer.disk"
	boot "$1: the node boots"
}

failing_script() {
	fresh_node 'failing script' 'echo "no such luck" >&2; exit 3'
	ends 'failing script: exit code 82' 82
	sleep 3
	is 'failing script: the verdict is final' \
		"$(node_exec "$run" 'systemctl show --value -p NRestarts muster.service')" 0
	on_node 'failing script: who waits for Schedulable is told' \
		'systemctl is-failed --quiet muster-schedulable.service'
	on_node 'failing script: status names a fault and a remedy' \
		'muster status --json | grep -q "\"remedy\""'
	on_node 'failing script: what it said is in the journal' \
		'journalctl -q MUSTER_STREAM=stderr -o cat | grep -q "no such luck"'
	on_node 'failing script: last words are said' '
		[[ $(systemctl show --value -p ExecMainExitTimestampMonotonic muster-last-words) -gt 0 &&
			$(systemctl show --value -p Result muster-last-words) == success ]]'
	grep -q 'muster' "$run/console.log"
	tap $? 'failing script: and they are on the console' || note "$(tail -n 5 "$run/console.log")"
	node_stop "$run"
}

# slow_script NAME: boots a node whose script takes a minute at its first attempt; it is under way.
slow_script() {
	local tries

	fresh_node "$1" '
		mkdir -p /var/lib/muster-sample
		echo "attempt $MUSTER_ATTEMPT previous ${MUSTER_PREVIOUS:-}" >>/var/lib/muster-sample/runs
		sync
		[[ $MUSTER_ATTEMPT -gt 1 ]] || { touch /run/under-way; sleep 60; }'
	for ((tries = 0; tries < 100; tries++)); do
		node_exec "$run" 'test -e /run/under-way' && break
		sleep 0.2
	done
	tap "$((tries == 100))" "$1: the script is under way"
}

# ran_again NAME: it ran twice, and the second knew of the first.
ran_again() {
	is "$1: the script ran again, and knew" \
		"$(node_exec "$run" 'cat /var/lib/muster-sample/runs')" \
		$'attempt 1 previous none\nattempt 2 previous interrupted'
}

killed_supervisor() {
	slow_script 'killed supervisor'
	on_node 'killed supervisor: multi-user.target does not wait for the script' \
		'systemctl is-active --quiet multi-user.target'
	on_node 'killed supervisor: it dies while the script runs' \
		'kill -KILL "$(systemctl show --value -p MainPID muster.service)"'
	sleep 1
	ends 'killed supervisor: Schedulable all the same' 0
	ran_again 'killed supervisor'
	is 'killed supervisor: nothing of the first attempt is left' \
		"$(node_exec "$run" 'grep -lx sleep /proc/[0-9]*/comm')" ''
	node_stop "$run"
}

# An operator's stop stays one; a TERM from anywhere else is undone by systemd.
stopped_supervisor() {
	slow_script 'stopped supervisor'
	on_node 'stopped supervisor: systemctl stops it' 'systemctl stop muster.service'
	is 'stopped supervisor: it stays down' \
		"$(node_exec "$run" 'sleep 3; systemctl show --value -p NRestarts,MainPID muster.service' |
			grep . | paste -sd' ')" '0 0'
	on_node 'stopped supervisor: systemctl starts it' 'systemctl start muster.service'
	ends 'stopped supervisor: Schedulable all the same' 0
	ran_again 'stopped supervisor'
	node_stop "$run"

	slow_script 'TERM from elsewhere'
	on_node 'TERM from elsewhere: it is sent' \
		'kill -TERM "$(systemctl show --value -p MainPID muster.service)"'
	on_node 'TERM from elsewhere: systemd starts it again' '
		for i in {1..100}; do
			[[ $(systemctl show --value -p NRestarts,ActiveState muster.service | paste -sd" ") != \
				"1 active" ]] || exit 0
			sleep 0.2
		done
		systemctl show -p NRestarts,ActiveState muster.service
		exit 1'
	ends 'TERM from elsewhere: Schedulable all the same' 0
	ran_again 'TERM from elsewhere'
	node_stop "$run"
}

power_cut() {
	slow_script 'power cut'
	node_kill "$run"
	boot 'power cut: it boots again'
	ends 'power cut: Schedulable all the same' 0
	ran_again 'power cut'
	node_stop "$run"
}

# reboot_asked_for: an installer that needs one; muster reboots the machine and goes on after it. QEMU
# ends where the machine would start again (-no-reboot), and is switched on once more.
reboot_asked_for() {
	local drivers=$layer/usr/share/muster/trouble-drivers

	mkdir -p "$drivers" "$layer/etc/muster/muster.d"
	cat >"$drivers/reboots" <<-'END'
		#!/bin/sh
		case $1 in
		check) [ -e /var/lib/muster-sample/installed ] || exit 10 ;;
		install)
			mkdir -p /var/lib/muster-sample
			cat /proc/sys/kernel/random/boot_id >/var/lib/muster-sample/installed
			exit 75 ;;
		verify) ! grep -qxf /proc/sys/kernel/random/boot_id /var/lib/muster-sample/installed ;;
		esac
	END
	chmod 0755 "$drivers/reboots"
	cat >"$layer/etc/muster/muster.d/drivers.yaml" <<-'END'
		apiVersion: muster/v1
		kind: Node
		drivers: {path: /usr/share/muster/trouble-drivers, install: [reboots]}
	END
	fresh_node 'reboot asked for' 'echo once >>/var/lib/muster-runs'
	vm_wait "$run" 120
	tap $? 'reboot asked for: the machine goes down by itself' ||
		note "$(node_exec "$run" 'muster status; journalctl -q -u muster -n 30 -o cat')"
	grep -q 'installer.reboot' "$run/console.log"
	tap $? 'reboot asked for: the console says why' || note "$(tail -n 8 "$run/console.log")"
	boot 'reboot asked for: it boots again'
	ends 'reboot asked for: Schedulable after it' 0
	is 'reboot asked for: the script ran once' \
		"$(node_exec "$run" 'cat /var/lib/muster-runs')" once
	is 'reboot asked for: one reboot, and no more' \
		"$(node_exec "$run" 'journalctl -q --list-boots | wc -l')" 2
	node_stop "$run"
	rm "$layer/etc/muster/muster.d/drivers.yaml"
}
