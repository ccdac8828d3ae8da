# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016 # lib.sh sets run; expanded on the node
#
# What is done to a machine, by people and by other programs, in the middle of a script, each on a
# fresh disk. Needs lib.sh and trouble.sh.

# waiting_script NAME: boots a node whose script's first attempt waits for /run/go-on; it waits now.
waiting_script() {
	fresh_node "$1" '
		mkdir -p /var/lib/muster-sample
		echo "attempt $MUSTER_ATTEMPT previous $MUSTER_PREVIOUS" >>/var/lib/muster-sample/runs
		[[ $MUSTER_ATTEMPT -eq 1 ]] || exit 0
		touch /run/under-way
		for ((i = 0; i < 6000; i++)); do
			[[ ! -e /run/go-on ]] || exit 0
			sleep 0.1
		done
		exit 1'
	until_true "$1: the script is under way" 'test -e /run/under-way'
}

# until_true WHAT COMMAND: it succeeds on the node within a minute or two.
until_true() {
	local tries

	for ((tries = 0; tries < 300; tries++)); do
		node_exec "$run" "$2" >/dev/null 2>&1 && break
		sleep 0.2
	done
	tap "$((tries == 300))" "$1"
}

main_pid() {
	node_exec "$run" 'systemctl show --value -p MainPID muster.service'
}

# script_pid: of the shell that runs on_create.sh, if there is one.
script_pid() {
	node_exec "$run" 'for file in /proc/[0-9]*/cmdline; do
		! tr "\0" " " 2>/dev/null <"$file" | grep -q "^/bin/bash [^ ]*/on_create.sh" ||
			basename "${file%/cmdline}"
	done | sort -n | head -n 1' # a child of it has its name until it has called execve
}

# ends_undisturbed NAME: the script is let go on, and it is the one that was there all the time.
ends_undisturbed() {
	is "$1: it is the same supervisor" "$(main_pid)" "$supervisor"
	is "$1: it is the same script" "$(script_pid)" "$script"
	node_exec "$run" 'touch /run/go-on'
	ends "$1: Schedulable" 0
	is "$1: the script ran once" "$(node_exec "$run" 'cat /var/lib/muster-sample/runs')" \
		'attempt 1 previous none'
	settled "$1"
}

# ends_resumed NAME: another supervisor took over.
ends_resumed() {
	ends "$1: Schedulable all the same" 0
	[[ $(main_pid) != "$supervisor" ]]
	tap $? "$1: it is another supervisor"
	is "$1: nothing of the first attempt is left" "$(script_pid)" ''
	ran_again "$1"
	settled "$1"
}

# settled NAME: what others see of a machine that is Schedulable.
settled() {
	on_node "$1: status knows" 'muster status --json | grep -q "\"state\": *\"Schedulable\""'
	until_true "$1: muster.target is reached" 'systemctl is-active --quiet muster.target'
	is "$1: no unit has failed" "$(node_exec "$run" 'systemctl --failed --no-legend --plain')" ''
	node_stop "$run"
}

# disturbed NAME COMMAND: in the middle of a script. Sets supervisor and script.
disturbed() {
	waiting_script "$1"
	supervisor=$(main_pid) script=$(script_pid)
	[[ $supervisor -gt 1 && $script -gt 1 ]]
	tap $? "$1: supervisor and script are there" || note "supervisor $supervisor, script $script"
	on_node "$1: done" "$2"
}

daemon_reexec() {
	disturbed 'daemon-reexec' 'systemctl daemon-reexec'
	ends_undisturbed 'daemon-reexec'
}

daemon_reload() {
	disturbed 'daemon-reload' 'systemctl daemon-reload && systemctl daemon-reload'
	ends_undisturbed 'daemon-reload'
}

# new_package: every file of ours is another one afterwards, by rename, as dpkg does it.
new_package='
	set -e
	for file in /usr/bin/muster /usr/libexec/muster-net /usr/lib/systemd/system/muster*; do
		[ -f "$file" ] || continue
		cp -p "$file" "$file.dpkg-new"
		[[ $file == */system/* ]] || echo "another one" >>"$file.dpkg-new"
		mv -f "$file.dpkg-new" "$file"
	done
	systemctl daemon-reload'

# upgrade_quiet: a package that does not restart services (RPM without %systemd_postun_with_restart):
# the supervisor goes on, steps that it starts from here on are of the file that is no longer there.
upgrade_quiet() {
	disturbed 'upgrade without a restart' "$new_package"
	ends_undisturbed 'upgrade without a restart'
}

upgrade() {
	disturbed 'upgrade' "$new_package; systemctl try-restart muster.service"
	ends_resumed 'upgrade'
}

# needrestart: restarts what uses a library that was replaced, with the jobs it finds in no order.
needrestart() {
	disturbed 'needrestart' 'systemctl restart muster-attend.service muster.service'
	ends_resumed 'needrestart'
}

# restarts: somebody who does not believe in it. None of it is a crash, so none is counted.
restarts() {
	disturbed 'ten restarts' 'for i in {1..10}; do systemctl restart muster.service || exit; done'
	ends 'ten restarts: Schedulable all the same' 0
	settled 'ten restarts'
}

stop_and_start() {
	disturbed 'stop' 'systemctl stop muster.service'
	is 'stop: nothing of the script is left' "$(script_pid)" ''
	on_node 'stop: status says that it is no verdict' \
		'! muster status --json | grep -q "\"exit\""'
	on_node 'stop: start' 'systemctl start muster.service'
	ends_resumed 'stop'
}

# run_lost: somebody cleans up. The history is the truth; what lies in /run is a copy.
run_lost() {
	disturbed '/run/muster removed' 'rm -rf /run/muster'
	ends_undisturbed '/run/muster removed'
}

# starve PID: no memory for its control group: the kernel kills it. Prints its group.
starve='
	starve() {
		local group

		group=/sys/fs/cgroup$(sed -n s/^0:://p "/proc/$1/cgroup")
		echo "$group"
		echo 0 >"$group/memory.max"
		for ((i = 0; i < 100; i++)); do
			[[ -d /proc/$1 ]] || return 0
			sleep 0.1
		done
		return 1
	}'

# attempt_waits N: that attempt of the script has come as far as where it waits.
attempt_waits() {
	until_true "attempt $1 of the script is under way" "test -e /run/under-way-$1"
}

# oom WHAT PID: the kernel kills it, and says so.
oom() {
	on_node "OOM: there is no memory for $1" "$starve
		starve $2"
	on_node "OOM: it was the kernel that killed $1" \
		"journalctl -q -k -g 'Memory cgroup out of memory: Killed process $2 '"
}

# clock_set WHAT: relative to now.
clock_set() {
	on_node "the clock is set: $1" "date -s '$1' >/dev/null && sleep 1"
	on_node "the clock is set: $1: the supervisor is as it was" \
		"[[ $supervisor == \$(systemctl show --value -p MainPID muster.service) ]]"
}

# keeper_pid: the step's process, which is the supervisor's child.
keeper_pid() {
	node_exec "$run" 'main=$(systemctl show --value -p MainPID muster.service)
		for folder in /proc/[0-9]*; do
			{ tr "\0" " " <"$folder/cmdline" | grep -q "muster.* step scripts" &&
				grep -qx "PPid:[[:space:]]*$main" "$folder/status"; } 2>/dev/null &&
				basename "$folder"
		done; true'
}

# one_hard_day: supervisor and keeper of the script are started again, the script knows of each time,
# and the time that the machine's clock says has passed is not taken off the run's.
one_hard_day() {
	fresh_node 'one hard day' '
		mkdir -p /var/lib/muster-sample
		echo "attempt $MUSTER_ATTEMPT previous $MUSTER_PREVIOUS" >>/var/lib/muster-sample/runs
		touch "/run/under-way-$MUSTER_ATTEMPT"
		until [[ -e /run/go-on ]]; do sleep 0.2; done'
	attempt_waits 1
	supervisor=$(main_pid)
	clock_set '+1 day'
	oom 'the keeper of the script' "$(keeper_pid)"
	attempt_waits 2
	is 'OOM: of the first attempt nothing is left' "$(script_pid | wc -l)" 1
	on_node 'OOM: the journal says how long the attempt took, and that there is another' \
		'journalctl -q -u muster.service -g "scripts: ended after .*, will be tried again: "'
	clock_set '-2 days'
	oom 'the supervisor' "$supervisor"
	attempt_waits 3
	[[ $(main_pid) != "$supervisor" ]]
	tap $? 'OOM: there is another supervisor'
	supervisor=$(main_pid)
	clock_set '+1 day'
	node_exec "$run" 'touch /run/go-on'
	ends 'one hard day: Schedulable' 0
	is 'one hard day: each attempt knew of the one before' \
		"$(node_exec "$run" 'cat /var/lib/muster-sample/runs')" \
		$'attempt 1 previous none\nattempt 2 previous interrupted\nattempt 3 previous interrupted'
	is 'one hard day: no day was taken off its time' "$(node_exec "$run" 'muster status --json' |
		jq '.elapsedMs < 3600000')" true
	settled 'one hard day'
}

# too_large: a real limit for the whole service; the kernel takes the largest, which is the script's.
too_large() {
	mkdir -p "$layer/etc/systemd/system/muster.service.d"
	printf '[Service]\nMemoryMax=96M\nMemorySwapMax=0\n' \
		>"$layer/etc/systemd/system/muster.service.d/limit.conf"
	fresh_node 'too large' 'head -c 400M /dev/zero | tail -n 1 >/dev/null; exit $((PIPESTATUS[1]))'
	ends 'too large: the script has failed' 82
	on_node 'too large: status says that memory was what it lacked' \
		'muster status --json | grep -q "for want of memory"'
	on_node 'too large: it was the kernel that killed it' \
		'journalctl -q -k -g "Memory cgroup out of memory: Killed process [0-9]* \(tail\)"'
	is 'too large: the supervisor lived through it' \
		"$(node_exec "$run" 'systemctl show --value -p NRestarts muster.service')" 0
	node_stop "$run"
	rm "$layer/etc/systemd/system/muster.service.d/limit.conf"
}
