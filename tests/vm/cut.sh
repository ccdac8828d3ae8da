# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # lib.sh and tests/vm/powercut set what is missing
#
# Copies of a disk as power cuts leave it: made, mounted, asked, booted. Needs lib.sh.
#
# $disk is rolled forward from flush to flush. What a look at it writes (half of the later writes, the
# file system's own recovery) is taken back before it rolls on.

seconds=${MUSTER_POWERCUT_SECONDS:-180}
quick=$((seconds < 60)) # a quarter of the torn copies, and no boots beyond the seconds
looked=0 survived=0 booted=0 booted_well=0 machines=0 machines_well=0

# rewind: the disk before the first write.
rewind() {
	mount_point=$scratch/copy/root
	rm -f "$disk"
	cp --sparse=always "$before" "$disk"
	reached=0
}

# forward END: up to that byte of the log.
forward() {
	"$here/writes" apply "$log" "$disk" "$reached" "$1" && reached=$1
}

# copy_mounted KIND NUMBER FROM TO COMMAND...: the copy that a cut leaves, mounted while COMMAND runs.
# KIND is whole, or torn: with half of what lies between the bytes FROM and TO of the log.
copy_mounted() {
	local kind=$1 number=$2 from=$3 to=$4 status=0 tries

	shift 4
	rm -f "$disk.torn" "$disk.recovery"
	[[ $kind == whole ]] ||
		"$here/writes" tear "$log" "$disk" "$from" "$to" "$number" "$disk.torn" || return
	mkdir -p "$mount_point"
	e2fsck -y -E journal_only -z "$disk.recovery" "$disk" >"$disk.fsck" 2>&1 ||
		(($? == 1)) || status=1
	if ((status == 0)) && mount -o ro,loop "$disk" "$mount_point" 2>>"$disk.fsck"; then
		"$@" || status=$?
		for ((tries = 0; tries < 300; tries++)); do
			umount "$mount_point" 2>/dev/null && break
			sleep 0.1
		done
		((tries < 300)) || unsound 'it cannot be unmounted'
	else
		cat "$disk.fsck"
		status=1
	fi
	[[ ! -s $disk.recovery ]] || e2undo "$disk.recovery" "$disk" >"$disk.fsck" 2>&1 ||
		unsound "e2undo: $(<"$disk.fsck")"
	[[ ! -s $disk.torn ]] || "$here/writes" undo "$disk" "$disk.torn" || unsound 'not as it was'
	return "$status"
}

# unsound WHY: no further copy can be made of this disk. Said in a subshell, seen in the shell above.
unsound() {
	echo "$1" >"$scratch/unsound"
}

still_sound() {
	[[ ! -e $scratch/unsound ]] || bail_out "the disk that copies are made of: $(<"$scratch/unsound")"
}

# look NAME: prints what the history says, and each lie; keeps the script's account as runs/NAME. The
# history has to begin with $scratch/earlier.
look() {
	local history=$mount_point/var/lib/muster/history status=0

	"$here/claims" "$mount_point" "$expected" "$scratch/earlier" || status=1
	"$layer/usr/bin/muster" --root "$mount_point" status --json >"$scratch/status" 2>&1
	jq -e 'has("state")' "$scratch/status" >/dev/null 2>&1 || {
		echo "lie: muster status: $(<"$scratch/status")"
		status=1
	}
	cp "$history" "$scratch/history" 2>/dev/null || : >"$scratch/history"
	cp "$mount_point/var/lib/muster-sample/runs" "$scratch/runs/$1" 2>/dev/null || : >"$scratch/runs/$1"
	return "$status"
}

# looked_at KIND NUMBER FROM TO: counts; adds NUMBER KIND FROM TO SUMMARY to $scratch/copies. What is
# wrong with the first ten is shown.
looked_at() {
	local said status=0

	said=$(copy_mounted "$@" look "$2-$1") || status=1
	still_sound
	looked=$((looked + 1))
	survived=$((survived + (status == 0)))
	echo "$2 $1 $3 $4 ${said%%$'\n'*}" >>"$scratch/copies"
	((status == 0 || looked - survived > 10)) || note "flush $2, $1: $said"
	return "$status"
}

look_at_all() {
	local number end next bad=0
	local -a ends

	rewind
	mkdir "$scratch/runs"
	: >"$scratch/earlier"
	mapfile -t ends < <(cut -d ' ' -f 2 "$scratch/points")
	for ((number = 1; number <= count; number++)); do
		end=${ends[number - 1]} next=${ends[number]:-${ends[number - 1]}}
		forward "$end" || bail_out "cannot carry out the log up to byte $end"
		looked_at whole "$number" "$end" "$next" || bad=1
		mv "$scratch/history" "$scratch/earlier"
		((quick && number % 4)) || looked_at torn "$number" "$end" "$next" || bad=1
	done
	tap "$bad" "cut at each of $count flushes: what has an END is on the disk, with its content"
	all_states
}

# all_states: nothing of the above would mean a thing if the log were of some other run.
all_states() {
	local state

	for state in fetch=begun scripts=begun scripts=done drivers=done verdict=Schedulable; do
		grep -q "[ ,]$state" "$scratch/copies"
		tap $? "there are copies with $state"
	done
	is 'what is on the last copy' "$(awk '{ print $7 }' "$scratch/copies" | tail -n 1)" 1
}

# runs_wanted COPY: what the script's own account has to be once the run is over. COPY is a line of
# $scratch/copies.
runs_wanted() {
	local -a copy

	read -r -a copy <<<"$1"
	cat "$scratch/runs/${copy[0]}-${copy[1]}"
	case ,${copy[7]}, in
	*,scripts=done,*) ;;
	*,scripts=begun,*) echo "attempt $((copy[5] + 1)) previous interrupted" ;;
	*) echo 'attempt 1 previous none' ;;
	esac
}

# ends_well RUN COPY: over in time, Schedulable, and the script has run as often as it should.
ends_well() {
	local journal runs wanted status=0

	wanted=$(runs_wanted "$2")
	journal=$(node_follow "$1" "${MUSTER_VM_LIMIT:-240}" 2>&1) || {
		status=$?
		echo "ended with $status and not Schedulable: ${journal:(-1500)}"
		return 1
	}
	runs=$(node_exec "$1" 'cat /var/lib/muster-sample/runs')
	[[ $runs == "$wanted" ]] || echo "the script ran: ${runs//$'\n'/; } and not: ${wanted//$'\n'/; }"
	[[ $runs == "$wanted" ]]
}

# boot_container COPY: the one that is mounted. What it writes lies in a folder that goes away.
boot_container() {
	local cut=$scratch/cut status=0 NODE_KIND=nspawn image=$scratch/copy

	mkdir -p "$cut" "$scratch/empty"
	if nspawn_start "$cut" "$scratch/empty"; then
		ends_well "$cut" "$1" &&
			"$here/claims" "/proc/$(<"$cut/leader.pid")/root" "$expected" || status=1
	else
		echo 'it does not boot'
		status=1
	fi
	nspawn_kill "$cut"
	rm -rf "$cut" "$scratch/empty"
	return "$status"
}

# boot_machine COPY: $disk, which stays as it is; here the kernel does the file system's recovery.
boot_machine() {
	local cut=$scratch/machine status=0

	vm_disk "$cut" "$disk"
	if vm_start "$cut" && vm_ready "$cut" "${NODE_PATIENCE:-120}"; then
		ends_well "$cut" "$1" || status=1
		! node_exec "$cut" 'journalctl -q -k -p err -g EXT4' || status=1
	else
		echo 'it does not boot'
		status=1
	fi
	vm_kill "$cut"
	rm -rf "$cut"
	return "$status"
}

# chosen: of each flush one copy, whole and torn by turns, and of each length of the history the last;
# the latter, and what QEMU is to boot, are marked: "must", "machine", "-" and then the line.
chosen() {
	awk -v quick="$quick" '
		{ line[NR] = $0; last[$5] = NR }
		$2 == "whole" && $8 ~ /scripts=begun/ { under_way = NR }
		$2 == "whole" && $8 ~ /scripts=done/ && !over { over = NR }
		$2 == "whole" && $8 ~ /drivers=/ && $8 !~ /verdict=/ { late = NR }
		END {
			for (n in last)
				if (!quick)
					mark[last[n]] = "must"
			mark[under_way] = mark[over] = mark[late] = "machine"
			for (i = 1; i <= NR; i++) {
				split(line[i], f)
				if (i in mark || (f[1] % 2 == 1) == (f[2] == "whole"))
					print (i in mark ? mark[i] : "-"), line[i]
			}
		}' "$scratch/copies"
}

# boot_one HOW COPY: counts.
boot_one() {
	local how=$1 said status=0
	local -a copy

	read -r -a copy <<<"$2"
	if [[ $how == machine ]]; then
		said=$(boot_machine "$2") || status=1
		machines=$((machines + 1)) machines_well=$((machines_well + (status == 0)))
	else
		said=$(copy_mounted "${copy[1]}" "${copy[0]}" "${copy[2]}" "${copy[3]}" \
			boot_container "$2") || status=1
		still_sound
		booted=$((booted + 1)) booted_well=$((booted_well + (status == 0)))
	fi
	((status == 0)) || note "$how, flush ${copy[0]}, ${copy[1]} (${copy[*]:4}): $said"
}

# boot_some: a copy's turn comes when the time used is less than its share of the time there is.
boot_some() {
	local limit=$seconds used=0 begun how copy from i
	local -a all

	rewind
	at_exit vm_kill "$scratch/machine"
	at_exit nspawn_kill "$scratch/cut"
	mapfile -t all < <(chosen)
	for ((i = 0; i < ${#all[@]}; i++)); do
		how=${all[i]%% *} copy=${all[i]#* }
		from=$(cut -d ' ' -f 3 <<<"$copy")
		[[ $how != - ]] || ((used * ${#all[@]} <= limit * i)) || continue
		forward "$from" || bail_out "cannot carry out the log up to byte $from"
		[[ $how != machine ]] || boot_one machine "$copy"
		begun=$SECONDS
		boot_one container "$copy"
		used=$((used + SECONDS - begun))
	done
	tap "$((booted == 0 || booted != booted_well))" \
		"$booted copies of ${#all[@]} booted in nspawn: each run ends Schedulable, scripts as told"
	is "three booted in QEMU: likewise" "$machines_well of $machines" '3 of 3'
}
