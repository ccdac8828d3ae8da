#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
#	tests/fuzz/fuzz.sh [SECONDS [NAME...]]		default: 60, all of them
#
# Lets clang's libFuzzer look for SECONDS with each fuzz program, beginning with its corpus, with
# AddressSanitizer and UndefinedBehaviorSanitizer; as many at a time as there are processors. Prints
# TAP. What ends badly is shown with the input that does it, in base64: once it is understood, it
# belongs into tests/fuzz/corpus/NAME. FUZZ_KEEP=FOLDER keeps the build, the logs and what was found
# beyond the corpora there; else nothing stays.

set -uo pipefail
top=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
seconds=${1:-60}
[[ $# == 0 ]] || shift
work=${FUZZ_KEEP:-$(mktemp -d "${TMPDIR:-/var/tmp}/muster-fuzz.XXXXXX")}
[[ -n ${FUZZ_KEEP:-} ]] || trap 'rm -rf "$work"' EXIT
export TMPDIR=$work/tmp
mkdir -p "$work/build" "$TMPDIR"

compile() {
	local flags="-O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all"

	cd "$work/build" || return
	[[ -e Makefile ]] || "$top/configure" -q CC=clang LDFLAGS=-fsanitize=address,undefined \
		CFLAGS="$flags -fsanitize=fuzzer-no-link,address,undefined" || return
	[[ $# -gt 0 ]] || read -ra names < <(make -s print-fuzz | tail -n 1)
	make -s -j"$(nproc)" FUZZ_CPPFLAGS=-DFUZZ_ENGINE FUZZ_LDFLAGS=-fsanitize=fuzzer \
		"${names[@]}"
}

# fuzz NAME: leaves its status in $work/NAME.status
fuzz() {
	local name=$1 length=4096

	[[ $name != fuzz-archive ]] || length=20480 # a tar has twenty blocks
	mkdir -p "$work/found/$name"
	timeout --kill-after=20 "$((seconds + 120))" "$work/build/$name" -max_len="$length" \
		-max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$work/$name-" "$work/found/$name" \
		"$top/tests/fuzz/corpus/${name#fuzz-}" >"$work/$name.log" 2>&1
	echo "$?" >"$work/$name.status"
}

stat_of() { # stat_of NAME WORD: a figure of libFuzzer's last words
	awk -v word="stat::$2:" '$1 == word { print $2 }' "$work/$1.log"
}

report() { # report NUMBER NAME
	local name=$2 artifact
	local runs found

	runs=$(stat_of "$name" number_of_executed_units)
	found=$(stat_of "$name" new_units_added)
	if [[ $(<"$work/$name.status") == 0 && ${runs:-0} -gt 0 ]]; then
		echo "ok $1 - $name: $runs runs in $seconds s, $found inputs that were new"
		return
	fi
	echo "not ok $1 - $name"
	tail -n 40 "$work/$name.log" | sed 's/^/# /'
	for artifact in "$work/$name"-*; do
		[[ ! -f $artifact ]] || sed 's/^/# /' <(echo "${artifact##*/}") <(base64 "$artifact")
	done
	return 1
}

names=("${@/#/fuzz-}")
if ! compile "$@" >"$work/build.log" 2>&1; then
	echo "not ok 1 - the fuzz programs are built"
	tail -n 40 "$work/build.log" | sed 's/^/# /'
	exit 1
fi
rm -f "$work"/*.status
n=0 failed=0
for name in "${names[@]}"; do
	while (($(jobs -rp | wc -l) >= $(nproc))); do
		wait -n
	done
	fuzz "$name" &
done
wait
for name in "${names[@]}"; do
	report "$((++n))" "$name" || failed=1
done
echo "1..$n"
exit "$failed"
