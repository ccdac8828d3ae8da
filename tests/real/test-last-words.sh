#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What a run says at its end: the report object against a real MinIO; the EC2 tag, the hooks of an
# Auto Scaling group and SetInstanceHealth against moto, which here checks signatures and policies.
# moto lacks two of the actions: moto-lifecycle.py has stand-ins for them. Prints TAP.
#
#	tests/real/test-last-words.sh [BUILD-FOLDER]
set -u
# shellcheck source=SCRIPTDIR/net.sh
. "$(dirname "${BASH_SOURCE[0]}")/net.sh"
here=$net_top/tests/real
muster=$net_build/muster
if [[ ! -x $muster ]]; then
	echo "Bail out! $muster is not built"
	exit 1
fi
is() { # is WORDS GOT WANTED
	[[ $2 == "$3" ]] || printf 'got: %s\nwanted: %s\n' "$2" "$3" >"$dir/err"
	[[ $2 == "$3" ]]
	verdict $? "$1"
}

# --- the world: an account with a group of one instance, its hooks, and two keys with a policy each
start_moto() {
	local port python

	port=$(server_port "$dir" moto)
	python=$(dirname "$(readlink -f "$("$servers_here/path" moto_server)")")/python
	export LIFECYCLE_LOG=$dir/lifecycle.log
	: >"$LIFECYCLE_LOG"
	setpriv --pdeathsig TERM "$python" "$here/moto-lifecycle.py" -H 127.0.0.1 -p "$port" \
		>"$dir/moto.log" 2>&1 </dev/null &
	server_pid[moto]=$!
	server_order+=(moto)
	server_ms[moto]=0
	server_note "$dir" SERVER_AWS "http://127.0.0.1:$port"
	server_await "$dir" moto server_curl "$SERVER_AWS/moto-api/data.json"
}

amazon() { # amazon ARGUMENT...: the AWS command line, as whoever it is that made the account
	AWS_ACCESS_KEY_ID=AKIAOWNEROWNEROWNERO AWS_SECRET_ACCESS_KEY=owner \
		AWS_CONFIG_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true \
		"$aws" --region us-west-2 --endpoint-url "$SERVER_AWS" --output text "$@"
}

policing() { # policing COUNT: so many more requests are answered without a look at the key
	server_curl -H 'Content-Type: text/plain' -d "$1" "$SERVER_AWS/moto-api/reset-auth" >/dev/null
}

make_key() { # make_key NAME ACTIONS...: a user who may do these; its key goes to $dir/NAME.key
	local name=$1

	shift
	amazon iam create-user --user-name "$name" >/dev/null
	amazon iam put-user-policy --user-name "$name" --policy-name p --policy-document \
		"$(jq -n '{Version: "2012-10-17", Statement: [{Effect: "Allow", Resource: "*",
			Action: $ARGS.positional}]}' --args "$@")"
	amazon iam create-access-key --user-name "$name" \
		--query 'AccessKey.[AccessKeyId,SecretAccessKey]' >"$dir/$name.key"
}

as() { # as NAME: with that user's key
	read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY <"$dir/$1.key"
	export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
}

make_account() {
	local image

	image=$(amazon ec2 describe-images --owners amazon --query 'Images[0].ImageId')
	amazon autoscaling create-launch-configuration --launch-configuration-name lc \
		--image-id "$image" --instance-type m5.large
	amazon autoscaling create-auto-scaling-group --auto-scaling-group-name nodes \
		--launch-configuration-name lc --min-size 1 --max-size 1 --availability-zones us-west-2a
	for hook in bring-up second; do
		amazon autoscaling put-lifecycle-hook --auto-scaling-group-name nodes \
			--lifecycle-hook-name "$hook" --heartbeat-timeout 600 \
			--lifecycle-transition autoscaling:EC2_INSTANCE_LAUNCHING
	done
	amazon autoscaling put-lifecycle-hook --auto-scaling-group-name nodes \
		--lifecycle-hook-name farewell --lifecycle-transition autoscaling:EC2_INSTANCE_TERMINATING
	instance=$(amazon autoscaling describe-auto-scaling-instances \
		--query 'AutoScalingInstances[0].InstanceId')
	make_key node ec2:CreateTags autoscaling:DescribeAutoScalingInstances \
		autoscaling:DescribeLifecycleHooks autoscaling:RecordLifecycleActionHeartbeat \
		autoscaling:CompleteLifecycleAction autoscaling:SetInstanceHealth
	make_key nobody ec2:DescribeRegions
}

aws=$("$servers_here/path" aws) || exit 1
start_moto || exit 1
make_account >"$dir/account.log" 2>&1 || { cat "$dir/account.log"; exit 1; }
[[ $instance == i-* ]] || { echo "Bail out! the group has no instance"; exit 1; }
export AWS_ENDPOINT_URL_EC2=$SERVER_AWS AWS_ENDPOINT_URL_AUTO_SCALING=$SERVER_AWS
export AWS_EC2_METADATA_DISABLED=true
policing 0

# --- muster-net's operations
ask() { # ask OPERATION [MORE-JSON]: about the instance
	call "$1" "{\"instance\": \"$instance\", \"region\": \"us-west-2\"${2:+, $2}}" "${3:-20000}"
}

as node
ask hook.list
result 'the hooks that wait at launch are found, not the one at termination' \
	'.group == "nodes" and .state == "InService" and
	([.hooks[].name] | sort) == ["bring-up", "second"] and .hooks[0].timeoutMs == 600000'
ask hook.list '"group": "nodes"'
result 'of a group that is named nobody asks' '.group == "nodes" and (has("state") | not) and
	(.hooks | length) == 2'
call hook.list '{"instance": "i-0aaaaaaaaaaaaaaaa", "region": "us-west-2"}'
result 'an instance in no group has none' '(has("group") | not) and .hooks == []'
ask hook.heartbeat '"group": "nodes", "hook": "bring-up"'
result 'a heartbeat' '.pending'
ask hook.complete '"group": "nodes", "hook": "second", "result": "CONTINUE"'
result 'an answer' '.pending'
ask hook.complete '"group": "nodes", "hook": "second", "result": "ABANDON"'
result 'a second one comes too late, which is no fault' '.pending == false'
ask hook.heartbeat '"group": "nodes", "hook": "farewell"'
result 'nor is a heartbeat where nothing waits' '.pending == false'
ask hook.complete '"group": "nodes", "hook": "bring-up", "result": "PERHAPS"'
fault 'a result that is none is refused' aws.refused 'autoscaling:CompleteLifecycleAction'
is 'and moto has seen just these' "$(<"$LIFECYCLE_LOG")" \
	"heartbeat nodes bring-up $instance -
complete nodes second $instance CONTINUE"
ask instance.tag '"key": "muster:state", "value": "Unschedulable, ä"'
result 'a tag' '. == {}'
as nobody
ask instance.tag '"key": "muster:state", "value": "x"'
fault 'who may not tag is told the action, and who' aws.forbidden \
	"ec2:CreateTags in us-west-2: HTTP 403 .*user/nobody.*$AWS_ACCESS_KEY_ID"
ask hook.heartbeat '"group": "nodes", "hook": "bring-up"'
fault 'nor send a heartbeat' aws.forbidden 'autoscaling:RecordLifecycleActionHeartbeat.*403'
as node
AWS_SECRET_ACCESS_KEY=wrong ask instance.health '"status": "Unhealthy"'
fault 'a wrong secret is seen by the signature' aws.bad_credentials 'SignatureDoesNotMatch'
AWS_ENDPOINT_URL_EC2=http://127.0.0.1:1 ask instance.tag '"key": "k", "value": "v"' 3000
fault 'nobody to ask' net.connect

net_done
