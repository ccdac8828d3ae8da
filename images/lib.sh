# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What everything in images/ and tests/vm/ shares: where the cache lies, which packages are wanted,
# how a machine's tree is put together, and how to leave nothing behind. Source it.
#
# A machine to boot is three things on top of each other:
#   root   Debian with what a node needs, cached by the digest of its recipe, never written to
#   layer  what `make install` made, plus configuration: a folder, seconds to make
#   run    what one boot wrote: a folder (nspawn) or a qcow2 file (VM), kept until its test is over

images_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # for those who source this
images_source=$(dirname "$images_here")
images_cache=${MUSTER_TEST_CACHE:-/var/cache/muster-tests}

say() {
	printf '%s\n' "$*" >&2
}

die() {
	say "${0##*/}: $*"
	exit 1
}

# at_exit COMMAND ARG...: run at the end of the shell, whatever the end is; last in, first out.
at_exit_stack=()
at_exit() {
	local quoted

	printf -v quoted '%q ' "$@"
	at_exit_stack=("$quoted" "${at_exit_stack[@]}")
	trap at_exit_run EXIT
	trap 'exit 130' INT
	trap 'exit 141' PIPE
	trap 'exit 143' TERM HUP
}

at_exit_run() {
	local rc=$? command

	trap - EXIT INT PIPE TERM HUP
	for command in "${at_exit_stack[@]}"; do
		eval "$command" 2>/dev/null || true
	done
	exit "$rc"
}

# scratch_folder: makes a private folder that goes away with this shell; sets `scratch`.
scratch_folder() {
	scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/muster-image.XXXXXX")
	at_exit rm -rf --one-file-system "$scratch"
}

# seconds: of the monotonic clock, with two decimals.
seconds() {
	local up _

	read -r up _ </proc/uptime
	echo "$up"
}

# since START: how long ago that was.
since() {
	awk -v a="$1" -v b="$(seconds)" 'BEGIN { printf "%.1f s\n", b - a }'
}

# packages_of GROUP...: the names, one a line.
packages_of() {
	local group

	for group; do
		awk -v group="$group" '$1 == group { print $2 }' "$images_here/packages"
	done | LC_ALL=C sort -u
}

# packages_missing GROUP...: those of them that this machine lacks.
packages_missing() {
	local package

	while read -r package; do
		[[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
			echo "$package"
	done < <(packages_of "$@")
}

# packages_install GROUP...: with the machine's own apt sources. Nothing to do is silent.
packages_install() {
	local -a missing

	mapfile -t missing < <(packages_missing "$@")
	((${#missing[@]})) || return 0
	say "installing: ${missing[*]}"
	apt-get -qq update &&
		DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
			-o Dpkg::Use-Pty=0 install "${missing[@]}" >/dev/null
}

# image_home: the folder of the cached root; its name changes with anything that it is made from.
image_home() {
	local digest

	digest=$({
		packages_of run node
		cat "$images_here/root" "$images_here/initrd-init"
	} | sha256sum)
	printf '%s/image-%s\n' "$images_cache" "${digest:0:12}"
}

# image_ready: the cached root is there afterwards; sets `image` (root/, vmlinuz, initrd.img in it).
image_ready() {
	image=$(image_home)
	[[ -d $image ]] || "$images_here/root" "$image"
}

# overlay_do LAYER COMMAND ARG...: runs it in a mount namespace where $MERGED is the root with the
# layer on top; what it writes there lands in the layer. No mount outlives it.
overlay_do() {
	local layer=$1

	shift
	mkdir -p "$layer" "$layer.work"
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --propagation private bash -c '
		set -euo pipefail
		mount -t tmpfs -o mode=0700 tmpfs /mnt
		mkdir /mnt/merged
		mount -t overlay -o "lowerdir=$1,upperdir=$2,workdir=$2.work" muster /mnt/merged
		export MERGED=/mnt/merged
		shift 2
		"$@"' overlay_do "$image/root" "$layer" "$@"
}

# layer_settle LAYER: what a package's installation would do: users, presets, message catalog.
layer_settle() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	overlay_do "$1" bash -c '
		set -euo pipefail
		export SYSTEMD_LOG_LEVEL=warning
		systemd-sysusers --root="$MERGED"
		for unit in "$MERGED"/usr/lib/systemd/system/muster*.{service,target}; do
			[[ ! -e $unit ]] || systemctl --root="$MERGED" preset -q "${unit##*/}"
		done
		journalctl --root="$MERGED" --update-catalog
		ldconfig -r "$MERGED"' || return
	rm -rf "$1.work"
}

# layer_disk LAYER FILE: an ext4 file system image of root and layer, 4 GiB, sparse.
layer_disk() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	overlay_do "$1" bash -c '
		rm -f "$1"
		mke2fs -q -t ext4 -L node -E lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0 \
			-d "$MERGED" "$1" 4G >/dev/null' layer_disk "$2" || return
	rm -rf "$1.work"
}
