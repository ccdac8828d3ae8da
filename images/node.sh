# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # lib.sh sets image and images_*
#
# muster on a node, whatever it boots in: builds and installs it, boots it, follows it to its end.
# Needs lib.sh, nspawn.sh and vm.sh. NODE_KIND (nspawn or vm) says which of the two is meant.

NODE_KIND=${NODE_KIND:-nspawn}

# muster_build FOLDER: compiles the tree this file lies in.
muster_build() {
	local log=$1/build.log

	mkdir -p "$1"
	(
		[[ -x $images_source/configure && -s $images_source/Makefile.in ]] ||
			(cd "$images_source" && ./autogen.sh) || exit
		cd "$1" || exit
		[[ -s Makefile ]] || "$images_source/configure" -q --prefix=/usr --sysconfdir=/etc \
			--localstatedir=/var --libexecdir=/usr/libexec || exit
		make -s -j"$(nproc)"
	) >"$log" 2>&1 || {
		tail -n 30 "$log" >&2
		return 1
	}
}

# muster_build_folder: where `try` and the tests of whole machines build.
muster_build_folder() {
	local digest

	digest=$(sha256sum <<<"$images_source")
	echo "${MUSTER_BUILD:-$images_cache/build-${digest:0:12}}"
}

# layer_muster LAYER: what `make install` makes, of MUSTER_STAGE where that is set (a folder that
# somebody else's `make install DESTDIR=` has filled), else of a build that is brought up to date.
layer_muster() {
	local build

	mkdir -p "$1"
	if [[ -n ${MUSTER_STAGE:-} ]]; then
		cp -a "$MUSTER_STAGE/." "$1/"
		return
	fi
	build=$(muster_build_folder)
	mkdir -p "$build"
	(
		flock 9
		muster_build "$build" && make -s -C "$build" install DESTDIR="$1" >/dev/null
	) 9>"$build.lock"
}

# layer_sample LAYER: a machine that is not EC2, and a bundle on its disk.
layer_sample() {
	local bundle=$1/usr/share/muster/sample-bundle

	mkdir -p "$bundle" "$1/etc/muster"
	cp -a "$images_here/sample/." "$bundle/"
	chown -R 0:0 "$bundle"
	cat >"$1/etc/muster/identity.json" <<-'END'
		{
		  "instanceId": "i-0123456789abcdef0",
		  "instanceType": "m5.large",
		  "region": "us-west-2",
		  "availabilityZone": "us-west-2a",
		  "privateDnsName": "ip-10-0-2-15.us-west-2.compute.internal",
		  "privateIp": "10.0.2.15"
		}
	END
	cat >"$1/etc/muster/muster.yaml" <<-'END'
		apiVersion: muster/v1
		kind: Node
		identity:
		  file: /etc/muster/identity.json
		lifecycle:
		  source: file:///usr/share/muster/sample-bundle
		  onCreate: on_create.sh
	END
	chmod 0644 "$1/etc/muster/identity.json" "$1/etc/muster/muster.yaml"
}

# layer_finish LAYER: what the kind of node wants, and what a package's installation would do.
layer_finish() {
	[[ $NODE_KIND != vm ]] || vm_layer "$1"
	layer_settle "$1"
}

# node_boot RUN LAYER: until it answers. A RUN that was used before goes on with its disk.
node_boot() {
	mkdir -p "$1"
	if [[ $NODE_KIND == nspawn ]]; then
		nspawn_start "$1" "$2"
		return
	fi
	[[ -s $2.disk ]] || layer_disk "$2" "$2.disk" || return
	[[ -s $1/disk.qcow2 ]] || vm_disk "$1" "$2.disk" || return
	vm_start "$1" && vm_ready "$1" "${NODE_PATIENCE:-240}"
}

# node_exec RUN COMMAND: bash runs it on the node, as root.
node_exec() {
	"${NODE_KIND}_exec" "$@"
}

# node_alive RUN, node_stop RUN (in order), node_kill RUN (power cut).
node_alive() {
	"${NODE_KIND}_alive" "$1"
}

node_stop() {
	"${NODE_KIND}_stop" "$1"
}

node_kill() {
	"${NODE_KIND}_kill" "$1"
}

# node_follow RUN SECONDS: prints muster's journal as it comes, until the run is over; returns the
# exit code of `muster run`, or 124 after SECONDS. A run is over when muster.service has ended for
# good, or when muster-schedulable.service knows how it is.
node_follow() {
	local limit=$((SECONDS + $2)) output state

	while ((SECONDS < limit)); do
		node_alive "$1" || return 125
		# shellcheck disable=SC2016 # expanded on the node
		output=$(node_exec "$1" '
			state=$({
				systemctl show --value -p SubState -p ExecMainStatus muster.service
				systemctl show --value -p SubState muster-schedulable.service
			} 2>/dev/null)
			journalctl -q -o short-monotonic --no-hostname --cursor-file=/run/muster-try.cursor \
				-u muster.service -u muster-last-words.service
			echo "=" $state') || true
		state=${output##*$'\n'}
		[[ $output == "$state" ]] || printf '%s\n' "${output%$'\n'*}"
		node_over "$state"
		case $? in
		0) return 0 ;;
		1) return "$NODE_STATUS" ;;
		esac
		sleep 0.5
	done
	return 124
}

# node_over "= SERVICE STATUS SCHEDULABLE": 0 Schedulable; 1 it never will be, NODE_STATUS says why;
# 2 not over yet. systemctl prints a unit's properties in an order of its own.
node_over() {
	local -a word

	read -r -a word <<<"$1"
	[[ ${word[0]:-} == '=' && ${#word[@]} == 4 ]] || return 2
	if [[ ${word[1]} =~ ^[0-9]+$ ]]; then
		word=("=" "${word[2]}" "${word[1]}" "${word[3]}")
	fi
	NODE_STATUS=${word[2]}
	case ${word[1]}/${word[3]} in
	exited/*) return "$((NODE_STATUS != 0))" ;;
	failed/*) return 1 ;;
	running/exited) return 0 ;;
	*) return 2 ;;
	esac
}
