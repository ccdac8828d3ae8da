#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck disable=SC2317 # called by name
#
# The nvme installer on loop devices, with a root of its own for fstab.

set -uo pipefail

# A mount that another namespace has copied keeps the device busy when it is gone here.
if [[ ${1:-} != --alone ]] && unshare --mount true 2>/dev/null; then
	exec unshare --mount --propagation private bash "$0" --alone
fi
driver=${srcdir:-.}/scripts/driver/nvme
dir=$(mktemp -d /tmp/muster-nvme-XXXXXX)
loop=
n=0
failed=0

cleanup() {
	umount "$dir/mnt" 2>/dev/null
	[[ -z $loop ]] || losetup -d "$loop"
	rm -rf "$dir"
}
trap cleanup EXIT

truncate -s 400M "$dir/image" # xfs makes none smaller than 300 MiB
if ! loop=$(losetup -f --show "$dir/image" 2>/dev/null); then
	loop=
	echo "1..0 # SKIP this machine gives no loop device"
	exit 77
fi

tap() { # tap WANT NAME COMMAND…: the exit code is what it should be
	local want=$1 name=$2 got

	shift 2
	"$@" >"$dir/out" 2>&1
	got=$?
	n=$((n + 1))
	if [[ $got == "$want" ]]; then
		echo "ok $n - $name"
	else
		failed=1
		echo "not ok $n - $name"
		echo "# exit code $got, wanted $want"
		sed 's/^/# /' "$dir/out"
	fi
}

export MUSTER_ROOT=$dir/root MUSTER_NVME_MATCH=$loop MUSTER_NVME_MOUNT=$dir/mnt
mkdir -p "$dir/root/etc"
printf '# a comment\nUUID=1-2 /boot vfat defaults 0 2\nUUID=old %s xfs defaults 0 2\n' "$dir/mnt" \
	>"$dir/root/etc/fstab"

fstab_is_right() {
	[[ $(wc -l <"$dir/root/etc/fstab") == 3 ]] && grep -q '^# a comment' "$dir/root/etc/fstab" &&
		grep -q '/boot vfat' "$dir/root/etc/fstab" && ! grep -q UUID=old "$dir/root/etc/fstab" &&
		grep -q "UUID=$(blkid -p -s UUID -o value "$loop") $dir/mnt " "$dir/root/etc/fstab"
}

tap 20 'without disks it does not apply' env MUSTER_NVME_MATCH='/dev/nothing-*' "$driver" check
tap 10 'an empty disk needs it' "$driver" check
tap 1 'what is not installed does not verify' "$driver" verify
tap 0 'it installs' "$driver" install
tap 0 'then all is well' "$driver" check
tap 0 'and verifies' "$driver" verify
tap 0 'fstab has one line of ours, and the others' fstab_is_right
touch "$dir/mnt/kept"
tap 0 'it installs again' "$driver" install
tap 0 'and again fstab has one line' fstab_is_right
umount "$dir/mnt"
tap 10 'not mounted is not well' "$driver" check
tap 0 'which installing mends' "$driver" install
tap 0 'without making the file system anew' test -e "$dir/mnt/kept"
tap 0 'it can be removed' "$driver" remove
tap 10 'then it is needed' "$driver" check
tap 1 'fstab has no line of ours' grep -q "$dir/mnt" "$dir/root/etc/fstab"
mkfs.ext4 -q -F -L other "$loop"
tap 1 'a disk that holds something else is not touched' "$driver" install
tap 0 'what it holds is still there' test "$(blkid -p -s LABEL -o value "$loop")" = other
tap 0 'unless it is forced' env MUSTER_NVME_FORCE=1 "$driver" install
tap 1 'an unknown verb is refused' "$driver" frobnicate
echo "1..$n"
exit "$failed"
