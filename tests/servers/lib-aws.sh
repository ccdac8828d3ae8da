# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What stands for Amazon's services; see lib.sh.

# server_start_minio DIR [--bind ADDRESS] [--tls] [--bucket NAME]
# S3 that checks every signature. --tls serves https with a certificate of DIR/ca.crt. Sets
# SERVER_S3 (URL), SERVER_S3_KEY, SERVER_S3_SECRET (root's), SERVER_S3_BUCKET (made; default "bundles").
server_start_minio() {
	local dir=$1 bind=127.0.0.1 bucket=bundles scheme=http url

	shift
	while (($#)); do
		case $1 in
		--bind) bind=$2 && shift ;;
		--bucket) bucket=$2 && shift ;;
		--tls) scheme=https ;;
		esac
		shift
	done
	mkdir -p "$dir/minio-certs"
	if [[ $scheme == https ]]; then
		pki_sign "$dir" minio /CN=minio localhost 127.0.0.1 10.0.2.2 "$bind" || return 1
		cp "$dir/minio.crt" "$dir/minio-certs/public.crt"
		cp "$dir/minio.key" "$dir/minio-certs/private.key"
	fi
	url=$scheme://$bind:$(server_port "$dir" minio)
	server_note "$dir" SERVER_S3 "$url"
	server_note "$dir" SERVER_S3_KEY mustertest
	server_note "$dir" SERVER_S3_SECRET "$(server_secret "$dir" minio)"
	server_note "$dir" SERVER_S3_BUCKET "$bucket"
	MINIO_ROOT_USER=$SERVER_S3_KEY MINIO_ROOT_PASSWORD=$SERVER_S3_SECRET \
		MINIO_BROWSER=off MINIO_UPDATE=off HOME=$dir \
		server_launch "$dir" minio minio server --quiet --certs-dir "$dir/minio-certs" \
		--address "${url#*://}" "$dir/minio" || return 1
	server_await "$dir" minio server_curl -k "$url/minio/health/cluster" || return 1
	minio_bucket "$url/$bucket" || {
		echo "minio: no bucket $bucket" >&2
		return 1
	}
}

# minio_bucket URL: makes it; a bucket of the same owner that is there already is as good.
minio_bucket() {
	local code

	code=$(minio_curl s3 -o /dev/null -w '%{http_code}' -X PUT "$1")
	[[ $code == 200 || $code == 409 ]]
}

# minio_curl SERVICE ARGUMENT...: curl, signed as MinIO's root for s3 or sts; a tenth of the time
# that the AWS command line takes to start.
minio_curl() {
	printf 'user = "%s:%s"\n' "$SERVER_S3_KEY" "$SERVER_S3_SECRET" |
		"${SERVER_VIA[@]}" curl -ksS -m 30 -K - --aws-sigv4 "aws:amz:us-east-1:$1" "${@:2}"
}

# minio_aws ARGUMENT...: the AWS command line as MinIO's root.
minio_aws() {
	local aws

	# shellcheck disable=SC2154 # common.sh sets servers_here
	aws=$("$servers_here/path" aws) || return 1
	AWS_ACCESS_KEY_ID=$SERVER_S3_KEY AWS_SECRET_ACCESS_KEY=$SERVER_S3_SECRET AWS_SESSION_TOKEN='' \
		AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null \
		AWS_EC2_METADATA_DISABLED=true "${SERVER_VIA[@]}" "$aws" --region us-east-1 \
		--endpoint-url "$SERVER_S3" --no-verify-ssl "$@" 2> >(grep -v InsecureRequest >&2)
}

# server_minio_put FILE KEY: puts FILE into the bucket.
server_minio_put() {
	local digest

	digest=$(sha256sum <"$1") || return 1
	minio_curl s3 -f -o /dev/null -H "x-amz-content-sha256: ${digest%% *}" -T "$1" \
		"$SERVER_S3/$SERVER_S3_BUCKET/$2"
}

# minio_word NAME TEXT: what stands in the first XML element of that name.
minio_word() {
	sed -n "s:.*<$1>\\([^<]*\\)</$1>.*:\\1:p" <<<"$2"
}

# server_minio_session DIR [SECONDS]: credentials with a session token, as an instance's role has
# them, good for at least 900 s. Sets SERVER_SESSION_KEY, SERVER_SESSION_SECRET, SERVER_SESSION_TOKEN.
server_minio_session() {
	local text

	text=$(minio_curl sts -f "$SERVER_S3/" \
		-d "Action=AssumeRole&Version=2011-06-15&DurationSeconds=${2:-3600}") || return 1
	server_note "$1" SERVER_SESSION_KEY "$(minio_word AccessKeyId "$text")"
	server_note "$1" SERVER_SESSION_SECRET "$(minio_word SecretAccessKey "$text")"
	server_note "$1" SERVER_SESSION_TOKEN "$(minio_word SessionToken "$text")"
	[[ -n $SERVER_SESSION_KEY && -n $SERVER_SESSION_SECRET && -n $SERVER_SESSION_TOKEN ]]
}

# server_start_imds DIR [--bind ADDRESS] [--port PORT] [--config JSON] [--user-data FILE]
#	[--session] [--set FILTER]
# The EC2 metadata mock, which answers nothing without an IMDSv2 token. On the real address:
# SERVER_VIA=(ip netns exec NAME) and --bind 169.254.169.254 --port 80. --session gives out the
# credentials of server_minio_session; --set is a jq filter over the configuration, such as
# '.metadata.values["instance-id"] = "i-1"'. Sets SERVER_IMDS (URL).
server_start_imds() {
	local dir=$1 bind=127.0.0.1 port='' config=$servers_here/../data/imds/default.json url edit=.

	shift
	while (($#)); do
		case $1 in
		--bind) bind=$2 && shift ;;
		--port) port=$2 && shift ;;
		--config) config=$2 && shift ;;
		--user-data) edit+=" | .userdata.values.userdata = \"$(base64 -w 0 "$2")\"" && shift ;;
		--session) edit+=" | $imds_session" ;;
		--set) edit+=" | $2" && shift ;;
		*)
			echo "server_start_imds: unknown $1" >&2
			return 2
			;;
		esac
		shift
	done
	mkdir -p "$dir"
	jq "$edit" "$config" >"$dir/imds.json" || return 1
	port=${port:-$(server_port "$dir" imds)}
	url=http://$bind:$port
	HOME=$dir server_launch "$dir" imds ec2-metadata-mock --imdsv2 --hostname "$bind" \
		--port "$port" --config-file "$dir/imds.json" || return 1
	server_await "$dir" imds server_curl -X PUT "$url/latest/api/token" \
		-H 'X-aws-ec2-metadata-token-ttl-seconds: 60' || return 1
	server_note "$dir" SERVER_IMDS "$url"
}

# shellcheck disable=SC2016 # it is jq's, not the shell's
imds_session='.metadata.values["iam-security-credentials"] = {Code: "Success", Type: "AWS-HMAC",
	LastUpdated: (now | todate), Expiration: (now + 21600 | todate),
	AccessKeyId: env.SERVER_SESSION_KEY, SecretAccessKey: env.SERVER_SESSION_SECRET,
	Token: env.SERVER_SESSION_TOKEN}'

# server_start_moto DIR [--bind ADDRESS]: EC2, EKS, STS, CloudWatch Logs and so on; it does not check
# signatures. Sets SERVER_AWS (the URL for AWS_ENDPOINT_URL).
server_start_moto() {
	local dir=$1 bind=127.0.0.1 port

	[[ ${2:-} != --bind ]] || bind=$3
	mkdir -p "$dir"
	port=$(server_port "$dir" moto)
	server_launch "$dir" moto moto_server -H "$bind" -p "$port" || return 1
	server_await "$dir" moto server_curl "http://$bind:$port/moto-api/data.json" || return 1
	server_note "$dir" SERVER_AWS "http://$bind:$port"
}

# server_start_authenticator DIR [MAPPING]: the token webhook that the apiserver's --webhook wants; see
# authenticator/main.go for MAPPING. Its log names who was granted or refused.
# Sets SERVER_WEBHOOK (a kubeconfig).
server_start_authenticator() {
	local dir=$1 mapping=${2:-$servers_here/../data/authenticator.json} port

	mkdir -p "$dir/authenticator"
	port=$(server_port "$dir" authenticator)
	server_launch "$dir" authenticator authenticator --mapping "$mapping" --port "$port" \
		--state-dir "$dir/authenticator" \
		--kubeconfig "$dir/authenticator/webhook.kubeconfig" || return 1
	server_await "$dir" authenticator server_curl \
		--cacert "$dir/authenticator/cert.pem" "https://127.0.0.1:$port/healthz" || return 1
	server_note "$dir" SERVER_WEBHOOK "$dir/authenticator/webhook.kubeconfig"
}
