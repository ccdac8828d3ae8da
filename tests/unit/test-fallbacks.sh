#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Reruns the tests of what has a second way on older kernels with the first way taken away.
# Run in the build folder, where the programs are.
n=0
failed=0

report() { # report STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}

rerun() { # rerun SYSCALLS PROGRAM
	./without-syscalls "$1" -- "./$2" 2>&1 | sed 's/^/# /' > "fallbacks-$$.out"
	# The pipe hides the program's status: its own last words are what counts.
	if grep -q '^# 1\.\.[1-9]' "fallbacks-$$.out" && ! grep -q '^# not ok' "fallbacks-$$.out"; then
		report 0 "$2 without $1"
	else
		cat "fallbacks-$$.out"
		report 1 "$2 without $1"
	fi
	rm -f "fallbacks-$$.out"
}

if [ ! -x ./without-syscalls ]; then
	echo "1..0 # SKIP without-syscalls has not been built"
	exit 77
fi
./without-syscalls getpid -- true
if [ $? -eq 77 ]; then
	echo "1..0 # SKIP the kernel takes no filters"
	exit 77
fi
# The filter itself must bite, or everything below proves nothing.
! ./without-syscalls openat,open -- cat /dev/null 2> /dev/null
report $? "a hidden system call is hidden"

for gone in clone3 pidfd_open close_range clone3,pidfd_open clone3,pidfd_open,close_range,pidfd_send_signal
do
	rerun "$gone" test-spawn
	rerun "$gone" test-capture
done
for gone in clone3 clone3,pidfd_open pidfd_open
do
	rerun "$gone" test-cgroup
	rerun "$gone" test-proc
done
rerun landlock_create_ruleset test-box
rerun clone3,pidfd_open,close_range test-box
rerun openat2 test-path
echo "1..$n"
exit $failed
