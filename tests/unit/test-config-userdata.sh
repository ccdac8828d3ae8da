#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What an instance's user data does to its configuration, from the identity to the history, by the
# real program in a root of its own. The identity comes from a file, not from IMDS. Prints TAP.

dir=$(mktemp -d /tmp/muster-userdata-XXXXXX)
trap 'rm -rf "$dir"' EXIT
n=0 failed=0 rc=0

is() { # is WORDS GOT WANTED
	n=$((n + 1))
	if [[ $2 == "$3" ]]; then
		echo "ok $n - $1"
	else
		failed=$((failed + 1))
		echo "not ok $n - $1"
		printf '%s\n' "# got: $2" "# wanted: $3" "$(sed 's/^/# /' "$dir/out")"
	fi
}

# bring_up MEMBER VALUE: a machine whose identity has that member. Its memory is not tested.
bring_up() {
	rm -rf "$dir/root"
	mkdir -p "$dir/root/etc/muster" "$dir/root/sys/devices/system/cpu" "$dir/root/proc"
	echo 0 >"$dir/root/sys/devices/system/cpu/online"
	cp /proc/meminfo /proc/cpuinfo "$dir/root/proc/"
	python3 -c 'import json, sys
print(json.dumps({"instanceId": "i-1", sys.argv[1]: sys.argv[2]}))' "$1" "$2" \
		>"$dir/root/id.json"
	printf '%s\n' 'hostcheck: {memoryShare: 0%, diskBytes: 4K}' 'group: {name: file}' \
		>"$dir/root/etc/muster/muster.yaml"
	rc=0
	./muster --root "$dir/root" --identity /id.json run >"$dir/out" 2>&1 || rc=$?
}

group() { # what the run took as group.name out of all of it; empty where user data said nothing
	python3 -c 'import json, sys
for line in open(sys.argv[1]):
    record = json.loads(line[9:]) if line[9:].startswith("{") else {}
    if record.get("t") == "end" and record["step"] == "identify":
        print(record["result"].get("config", {}).get("group", {}).get("name", ""))' \
		"$dir/root/var/lib/muster/history"
}

kept() { # how often the history has these words
	grep -c -e "$1" "$dir/root/var/lib/muster/history"
}

bring_up userData $'#cloud-config\npassword: hunter2\n'
is "cloud-init's own user data refuses nothing" "$rc $(group)" "0 file"
is "what others put into user data is not in the history" "$(kept hunter2)" 0

bring_up userData $'apiVersion: muster/v1\ngroup:\n  name: data\n'
is "a document of muster's counts over the file" "$rc $(group)" "0 data"

bring_up userData 'MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="//"

--//
Content-Type: text/x-shellscript

#!/bin/sh
--//
Content-Type: application/vnd.muster.node

group: {name: part}
--//--
'
is "a part of a multi-part counts" "$rc $(group)" "0 part"

bring_up userDataBase64 "$(printf '\x1f\x8b\x08\x00password' | base64)"
is "bytes that are no text refuse nothing" "$rc $(group)" "0 file"
is "and are not in the history" "$(kept userData)" 0

bring_up userData $'apiVersion: muster/v1\ngruop: {name: x}\n'
is "a misspelt key is refused" "$rc" 65
is "with its place and the key that was meant" \
	"$(grep -c 'user data:2: /gruop: expected a known key, found an unknown one; did you mean "group"' "$dir/out")" 1

echo "1..$n"
((failed == 0))
