# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the script and the installer of tests/vm/powercut leave on a disk: new files, small and large,
# files of old that are replaced, added to, made private or removed, links, folders. None of it is
# synced. Sourced on the node, and by the test to know what to look for.

# effects ROOT NAME: may be done any number of times.
effects() {
	local home=$1/srv/$2 i

	mkdir -p "$home/one/two/three" "$1/etc/$2.d"
	for ((i = 0; i < 40; i++)); do
		echo "$2 file $i" >"$home/one/$i"
	done
	seq 1 150000 >"$home/large"
	seq 1 2000 >"$home/one/two/three/medium"
	echo "settings of $2" >"$home/settings.new"
	mv "$home/settings.new" "$home/settings"
	{ effects_old && echo 'and a line more'; } >"$home/grown.new"
	mv "$home/grown.new" "$home/grown"
	chmod 0640 "$home/settings"
	ln -sfn "../srv/$2/settings" "$home/link"
	echo "$2 = yes" >"$1/etc/$2.d/10-$2.conf"
	rm -f "$home/doomed"
}

# effects_before ROOT NAME: what lies there before.
effects_before() {
	local home=$1/srv/$2

	mkdir -p "$home"
	effects_old >"$home/grown"
	echo 'settings of old' >"$home/settings"
	echo 'will be removed' >"$home/doomed"
}

effects_old() {
	seq 1 300
}
