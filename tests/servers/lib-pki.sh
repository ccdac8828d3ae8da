# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A certificate authority of a test's own (DIR/ca.crt, DIR/ca.key) and what it signs; see lib.sh.

# pki_authority DIR
pki_authority() {
	[[ -s $1/ca.crt ]] && return
	mkdir -p "$1"
	(
		umask 077
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
			-subj /CN=muster-test-ca -keyout "$1/ca.key" -out "$1/ca.crt.new" \
			-addext 'basicConstraints=critical,CA:TRUE' \
			-addext 'keyUsage=critical,keyCertSign,cRLSign,digitalSignature' 2>/dev/null
	) || return 1
	mv "$1/ca.crt.new" "$1/ca.crt"
}

# pki_sign DIR NAME SUBJECT [ADDRESS...]: DIR/NAME.crt and DIR/NAME.key, for client and server use.
pki_sign() {
	local dir=$1 name=$2 subject=$3 address alt=

	shift 3
	pki_authority "$dir" || return 1
	for address in "$@"; do
		if [[ $address == *:* || $address =~ ^[0-9.]+$ ]]; then
			alt+=",IP:$address"
		else
			alt+=",DNS:$address"
		fi
	done
	(
		umask 077
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$subject" \
			-keyout "$dir/$name.key" -out "$dir/$name.csr" 2>/dev/null &&
			openssl x509 -req -in "$dir/$name.csr" -CA "$dir/ca.crt" \
				-CAkey "$dir/ca.key" -CAcreateserial -days 30 -out "$dir/$name.crt" \
				-extfile <(
					echo 'keyUsage=critical,digitalSignature'
					echo 'extendedKeyUsage=serverAuth,clientAuth'
					[[ -z $alt ]] || echo "subjectAltName=${alt#,}"
				) 2>/dev/null
	)
}
