#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# muster-net against the EC2 metadata mock: who the machine is, its role's credentials, and what
# happens when the service comes late, not at all, or is not what it should be.
#
#	tests/real/test-net-imds.sh [BUILD-FOLDER]
set -u
# shellcheck source=SCRIPTDIR/net.sh
. "$(dirname "${BASH_SOURCE[0]}")/net.sh"

# answering CODE: an HTTP server that answers everything so, on $port; what no real one does.
answering() {
	local tick

	port=$(server_port "$dir" "answering-$1")
	python3 - "$port" "$1" <<-'PYTHON' &
		import http.server, sys
		class Answer(http.server.BaseHTTPRequestHandler):
		    def do_GET(self):
		        code = int(sys.argv[2]) if self.command == "PUT" else 200
		        self.send_response(code)
		        self.send_header("Content-Length", "2")
		        self.end_headers()
		        self.wfile.write(b"{}")
		    do_PUT = do_GET
		    def log_message(self, *args):
		        pass
		http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
	PYTHON
	net_extra+=($!)
	for ((tick = 0; tick < 100; tick++)); do
		! server_curl "http://127.0.0.1:$port/" >/dev/null 2>&1 || break
		sleep 0.1
	done
	export AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:$port
}

printf 'MIME\0raw\377' >"$dir/user-data"
server_start_imds "$dir" --user-data "$dir/user-data" || exit 1
export AWS_EC2_METADATA_SERVICE_ENDPOINT=$SERVER_IMDS
call identity '{"waitMs":2000}'
result 'the identity document, name and address' '.document.instanceId == "i-1234567890abcdef0"
	and (.document.region | length > 0) and (.privateDnsName | length > 0)
	and (.privateIp | test("^[0-9.]+$"))'
result 'tags' '.tags | type == "object" and (.Name | length > 0)'
result 'user data keeps every byte' ".userData == \"$(base64 -w 0 "$dir/user-data")\""

call credentials '{}'
result 'credentials of the role' '.source == "imds" and (.role | length > 0)
	and (.accessKeyId | length > 0) and (.secretAccessKey | length > 0) and (.sessionToken | length > 0)'

HTTP_PROXY=http://127.0.0.1:1 http_proxy=http://127.0.0.1:1 call identity '{}'
result 'never through a proxy' '.document.instanceId != null'

AWS_ACCESS_KEY_ID=AKIAENV AWS_SECRET_ACCESS_KEY=s call credentials '{}'
result 'the environment comes first' '.accessKeyId == "AKIAENV" and .source == "environment"'

mkdir -p "$dir/.aws"
printf '[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = s\n' >"$dir/.aws/credentials"
call credentials '{}'
result 'then the shared file' '.accessKeyId == "AKIAFILE" and .source == "file"'
rm -r "$dir/.aws"

server_stop imds
began=$(date +%s%3N)
(
	sleep 10
	exec setpriv --pdeathsig TERM "$("$net_top/tests/servers/path" ec2-metadata-mock)" --imdsv2 \
		--hostname 127.0.0.1 --port "${SERVER_IMDS##*:}" --config-file "$dir/imds.json"
) >/dev/null 2>&1 &
net_extra+=($!)
call identity '{"waitMs":30000}' 40000
took=$(($(date +%s%3N) - began))
result 'a service that comes 10 s late is waited for' '.document.instanceId != null'
((took >= 9500 && took < 16000))
verdict $? "and no longer than it takes ($took ms)"

export AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1
began=$(date +%s%3N)
call identity '{"waitMs":1500}' 20000
took=$(($(date +%s%3N) - began))
fault 'nobody there' imds.unreachable
((took >= 1400 && took < 5000))
verdict $? "after the wait that was asked for ($took ms)"
call credentials '{}' 10000
fault 'no credentials where the service is away' imds.unreachable
AWS_EC2_METADATA_DISABLED=true call credentials '{}' 10000
fault 'none at all' creds.none

answering 404
call identity '{}' 10000
fault 'version 1 alone is refused' imds.v1_only
answering 403
call identity '{}' 10000
fault 'switched off' imds.forbidden
answering 200
call identity '{}' 10000
fault 'something else answers' 'imds.invalid'
net_done
