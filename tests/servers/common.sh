# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Where a server's build lies and whether it is still what was built. Sourced by build, path, lib.sh.
# A server is a folder here with a `recipe`; its build is named after the version and a digest of
# every file of that folder, so a changed recipe never meets an old build.

servers_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
servers_cache=${MUSTER_TEST_CACHE:-/var/cache/muster-tests}

servers_all() {
	local recipe

	for recipe in "$servers_here"/*/recipe; do
		basename "$(dirname "$recipe")"
	done
}

# recipe_load SERVER: sets version, kind, programs, links, commands, ldflags.
recipe_load() {
	version='' kind='' ldflags='' programs=() links=() commands=()
	[[ -f $servers_here/$1/recipe ]] || return 1
	# shellcheck source=/dev/null
	. "$servers_here/$1/recipe"
}

# server_home SERVER: the folder of its build.
server_home() {
	# shellcheck disable=SC2034 # they keep the recipe's values from the caller
	local version kind ldflags programs links commands digest

	recipe_load "$1" || return 1
	digest=$(cd "$servers_here/$1" && find . -type f -print0 | LC_ALL=C sort -z |
		xargs -0 sha256sum | sha256sum) || return 1
	printf '%s/%s-%s-%s\n' "$servers_cache" "$1" "$version" "${digest:0:12}"
}

# server_of COMMAND: the server whose recipe makes that command.
server_of() {
	# shellcheck disable=SC2034 # they keep the recipe's values from the caller
	local version kind ldflags programs links commands server made

	for server in $(servers_all); do
		recipe_load "$server"
		for made in "${programs[@]}" "${links[@]}" "${commands[@]}"; do
			if [[ ${made%%=*} == "$1" ]]; then
				echo "$server"
				return
			fi
		done
	done
	return 1
}

# manifest_write HOME: what it holds now is what it must hold from here on.
manifest_write() {
	(
		cd "$1" || exit 1
		find . -type f ! -name 'SHA256SUMS*' ! -path '*/__pycache__/*' -print0 |
			LC_ALL=C sort -z | xargs -0 sha256sum >SHA256SUMS.new &&
			mv SHA256SUMS.new SHA256SUMS
	)
}

# manifest_verify HOME [FILE]: everything, or that one file, is as it was built.
manifest_verify() {
	(
		cd "$1" 2>/dev/null && [[ -s SHA256SUMS ]] || exit 1
		if (($# > 1)); then
			grep -F "  ./$2" SHA256SUMS | grep -E "  \\./${2//./\\.}\$" |
				sha256sum --check --status --strict 2>/dev/null
		else
			sha256sum --check --status --strict SHA256SUMS 2>/dev/null
		fi
	)
}
