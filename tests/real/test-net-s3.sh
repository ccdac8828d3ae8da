#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# "bundle" of muster-net against a real MinIO: prefixes, archives of every kind, refusals, session
# credentials, and a connection that breaks or an object that changes in the middle. Prints TAP.
#
#	tests/real/test-net-s3.sh [BUILD-FOLDER]
set -u
# shellcheck source=SCRIPTDIR/net.sh
. "$(dirname "${BASH_SOURCE[0]}")/net.sh"
proxy=

bundle() { # bundle SOURCE [MORE-JSON]: what net-driver prints goes to $dir/out
	"$net_driver" bundle "{\"source\":\"$1\"${2:+,$2}}" 120000 >"$dir/out"
}

result() { # result FILTER: of the result, by jq
	sed -n 's/^R //p' "$dir/out" | jq -r "$1"
}

faults() { # faults ID [WORDS]
	grep -qE "^F ${1//./\\.} .*${2:-}" "$dir/out"
}

start_proxy() { # start_proxy ARGUMENT...: and AWS_ENDPOINT_URL_S3 points at it
	local tick

	stop_proxy
	rm -f "$dir/port"
	python3 "$net_top/tests/real/s3-proxy.py" "$dir/port" "${SERVER_S3##*:}" "$@" &
	proxy=$!
	net_extra+=("$proxy")
	for ((tick = 0; tick < 100; tick++)); do
		[[ -s $dir/port ]] && break
		sleep 0.1
	done
	AWS_ENDPOINT_URL_S3=http://127.0.0.1:$(<"$dir/port")
}

stop_proxy() {
	[[ -n $proxy ]] || return 0
	kill "$proxy" 2>/dev/null
	wait "$proxy" 2>/dev/null
	proxy=
	export AWS_ENDPOINT_URL_S3=$SERVER_S3
}

as_root() {
	export AWS_ACCESS_KEY_ID=$SERVER_S3_KEY AWS_SECRET_ACCESS_KEY=$SERVER_S3_SECRET
	unset AWS_SESSION_TOKEN
}

manifest() { # manifest FOLDER: the digest of a prefix, computed by somebody else
	python3 - "$1" <<-'END'
		import hashlib, os, sys
		names = [os.path.relpath(os.path.join(d, f), sys.argv[1])
		         for d, _, fs in os.walk(sys.argv[1]) for f in fs]
		lines = hashlib.sha256()
		for name in sorted(n.encode() for n in names):
		    with open(os.path.join(sys.argv[1].encode(), name), "rb") as f:
		        data = f.read()
		    lines.update(b"%s\0%d\0%s\n" % (name, len(data),
		                                    hashlib.sha256(data).hexdigest().encode()))
		print("sha256-" + lines.hexdigest())
	END
}

make_files() {
	local i to

	mkdir -p "$dir/many/sub" "$dir/archives" "$dir/small"
	for ((i = 0; i < 1500; i++)); do
		((i % 2)) && to=sub/ || to=
		echo "file $i" >"$dir/many/${to}f$i"
	done
	: >"$dir/many/empty"
	head -c 3000000 /dev/urandom >"$dir/many/sub/z large & <odd> name+é"
	python3 "$net_top/tests/unit/archives.py" "$dir/archives"
	echo one >"$dir/small/a" && head -c 4000000 /dev/urandom >"$dir/small/z"
	tar -C "$dir/small" -cf "$dir/archives/large.tar" a z
	echo two >"$dir/other"
}

make_files
server_start_minio "$dir" >/dev/null || exit 1
export AWS_ENDPOINT_URL_S3=$SERVER_S3 AWS_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true
as_root
minio_aws s3 cp --quiet --recursive "$dir/many" s3://bundles/many/ || exit 1
minio_aws s3 cp --quiet --recursive "$dir/archives" s3://bundles/ar/ || exit 1
minio_aws s3 cp --quiet --recursive "$dir/small" s3://bundles/small/ || exit 1
minio_aws s3api put-object --bucket bundles --key folders/ >/dev/null
minio_aws s3api put-object --bucket bundles --key folders/empty/ >/dev/null
minio_aws s3api put-object --bucket bundles --key onlyfolders/ >/dev/null
server_minio_put "$dir/other" folders/f

# --- prefixes
bundle s3://bundles/many/ && [[ $(result .digest) == "$(manifest "$dir/many")" ]]
ok "1502 objects, listed over two pages, have the digest that others compute"
[[ $(result .format) == prefix && $(result .entries) == 1503 ]]
ok "and one folder"
[[ $(result .bytes) == $(find "$dir/many" -type f -printf '%s\n' | awk '{ s += $1 } END { print s }') ]]
ok "and as many bytes"
(cd "$dir/many" && find . -type f -printf '%P\n' | LC_ALL=C sort) >"$dir/names"
sed -n 's/^E \(.*\) [0-9a-f]*$/\1/p' "$dir/out" | jq -r 'select(.type == "file").path' |
	cmp -s - "$dir/names"
ok "and their names, in key order"
bundle s3://bundles/many && [[ $(result .digest) == "$(manifest "$dir/many")" ]]
ok "without a slash it is the same prefix"
bundle s3://bundles/folders/ && grep -q '"path":"empty","type":"dir"' "$dir/out" &&
	[[ $(result .entries) == 2 ]]
ok "empty keys that end with a slash are folders"
bundle s3://bundles/onlyfolders/
faults bundle.empty
ok "folders alone are an empty bundle"
bundle s3://bundles/nothing/
faults bundle.empty 'begins with "nothing/"'
ok "a prefix without objects is a fault"
bundle s3://bundles/many/ '"maxEntries":1400'
faults bundle.too_many
ok "more objects than maxEntries"
bundle s3://bundles/many/ '"maxBytes":2000000'
faults bundle.too_large && ! grep -q '^E' "$dir/out"
ok "more bytes than maxBytes are refused by the listing"

# --- archives
for kind in tar tar.gz tar.xz tar.zst zip; do
	sum=$(sha256sum "$dir/archives/honest.$kind" | cut -c1-64)
	bundle "s3://bundles/ar/honest.$kind" "\"digest\":\"sha256-$sum\"" &&
		[[ $(result '"\(.format) \(.entries) \(.bytes) \(.digest)"') == \
			"archive 8 100026 sha256-$sum" && $(result .etag) == *[0-9a-f]* ]]
	ok "$kind"
done
bundle s3://bundles/ar/honest.tar '"digest":"sha256-0000"'
faults bundle.digest
ok "a digest that differs"
bundle s3://bundles/ar/link-absolute.tar
faults bundle.hostile '"l": a symbolic link'
ok "a hostile archive"
bundle s3://bundles/ar/bomb.tar.xz
faults bundle.too_large
ok "a bomb"
bundle s3://bundles/ar/absent.tar.gz
faults s3.not_found NoSuchKey
ok "an archive that is not there"

# --- who asks
bundle s3://no-such-bucket/x/
faults s3.no_bucket
ok "a bucket that is not there"
AWS_SECRET_ACCESS_KEY=wrong-secret-wrong-secret bundle s3://bundles/many/
faults s3.bad_signature "mustertest" && ! grep -q wrong-secret "$dir/out"
ok "a wrong secret, and it is not shown"
AWS_ACCESS_KEY_ID=AKIANOBODY bundle s3://bundles/many/
faults s3.bad_credentials AKIANOBODY
ok "an unknown access key is named"
server_minio_session "$dir"
export AWS_ACCESS_KEY_ID=$SERVER_SESSION_KEY AWS_SECRET_ACCESS_KEY=$SERVER_SESSION_SECRET
AWS_SESSION_TOKEN=$SERVER_SESSION_TOKEN bundle s3://bundles/small/ && [[ $(result .entries) == 2 ]]
ok "session credentials"
AWS_SESSION_TOKEN=${SERVER_SESSION_TOKEN}x bundle s3://bundles/small/
grep -qE '^F s3\.(bad_credentials|forbidden|bad_signature) ' "$dir/out"
ok "a session token that was tampered with"
bundle s3://bundles/small/
grep -qE '^F s3\.(bad_credentials|forbidden|bad_signature) ' "$dir/out"
ok "a session key without its token"
env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY "$net_driver" bundle \
	"$(jq -cn '{source: "s3://bundles/ar/honest.zip", credentials: {source: "imds",
		accessKeyId: env.SERVER_SESSION_KEY, secretAccessKey: env.SERVER_SESSION_SECRET,
		sessionToken: env.SERVER_SESSION_TOKEN}}')" 60000 >"$dir/out"
ok "credentials that come with the request"
as_root

# --- what S3 does on its bad days
start_proxy --cut 1500000
bundle s3://bundles/small/ && [[ $(result .digest) == "$(manifest "$dir/small")" ]]
ok "a prefix goes on after a broken connection"
start_proxy --cut 1500000
bundle s3://bundles/ar/large.tar &&
	[[ $(result .digest) == "sha256-$(sha256sum "$dir/archives/large.tar" | cut -c1-64)" ]]
ok "so does an archive"
start_proxy --cut 1500000
AWS_MAX_ATTEMPTS=1 bundle s3://bundles/ar/large.tar
faults net.closed
ok "but not where AWS_MAX_ATTEMPTS allows no second attempt"
change="curl -sS -o /dev/null -K $dir/change"
printf 'url = "%s/bundles/small/a"\nuser = "%s:%s"\naws-sigv4 = "aws:amz:us-east-1:s3"\n' \
	"$SERVER_S3" "$SERVER_S3_KEY" "$SERVER_S3_SECRET" >"$dir/change"
printf 'upload-file = "%s"\nheader = "x-amz-content-sha256: UNSIGNED-PAYLOAD"\n' "$dir/other" \
	>>"$dir/change"
start_proxy --before "GET /bundles/small/a " "$change"
bundle s3://bundles/small/
faults s3.changed
ok "an object that is replaced after it was listed"
start_proxy --move eu-west-1
bundle s3://bundles/folders/ && [[ $(result .entries) == 2 ]]
ok "a bucket in another region is asked for there"
stop_proxy
AWS_ENDPOINT_URL_S3=http://127.0.0.1:1 AWS_MAX_ATTEMPTS=2 bundle s3://bundles/small/
faults net.connect
ok "nobody listens"

# --- https
server_stop minio
mkdir "$dir/tls"
server_start_minio "$dir/tls" --tls >/dev/null || exit 1
export AWS_ENDPOINT_URL_S3=$SERVER_S3
as_root
server_minio_put "$dir/archives/honest.tar.gz" honest.tar.gz
AWS_CA_BUNDLE=$dir/tls/ca.crt bundle s3://bundles/honest.tar.gz
ok "by https"
bundle s3://bundles/honest.tar.gz
faults net.tls
ok "not from a server that nobody vouches for"

net_done
