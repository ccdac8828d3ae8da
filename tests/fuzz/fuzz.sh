#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fuzzes for a while with clang's libFuzzer: tests/fuzz/fuzz.sh [SECONDS [NAME…]].
# New inputs and findings stay in a folder of their own, which is printed at the end.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- json yaml schema
work=$(mktemp -d)
flags="-std=gnu11 -D_GNU_SOURCE -I. -g -O1 -fsanitize=fuzzer,address,undefined
	-fno-sanitize-recover=all"
status=0
for name; do
	mkdir -p "$work/$name"
	# shellcheck disable=SC2046,SC2086 # flags are words
	clang $flags "tests/fuzz/fuzz-$name.c" lib/doc/*.c lib/base/*.c \
		$(pkg-config --cflags --libs yaml-0.1 libcjson libcrypto) -o "$work/fuzz-$name"
	echo "fuzzing $name for $seconds seconds"
	"$work/fuzz-$name" -max_total_time="$seconds" -max_len=4096 -timeout=10 \
		-artifact_prefix="$work/$name-" -print_final_stats=1 \
		"$work/$name" "tests/fuzz/corpus/$name" >"$work/$name.log" 2>&1 || status=$?
	tail -n 12 "$work/$name.log"
done
echo "$work"
exit "$status"
