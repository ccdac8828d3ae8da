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

# --- the programs, below a root of their own

# keep_journal FILE: a real journald writes its lines as muster's into the root's journal. In a
# mount namespace; it neither reads the kernel's log nor touches the kernel's audit.
# shellcheck disable=SC2016 # the namespace's shell has its own variables
keep_journal() {
	printf '[Journal]\nStorage=volatile\nAudit=\nReadKMsg=no\nForwardToConsole=no\n' >"$dir/journald.conf"
	mkdir -p "$root/var/log"
	unshare --mount --propagation private bash -c '
		mount --bind "$1" /etc/systemd/journald.conf && mount -t tmpfs tmpfs /run &&
			mkdir -p /run/systemd /run/log/journal || exit
		/lib/systemd/systemd-journald &
		for ((i = 0; i < 100; i++)); do [[ -S /run/systemd/journal/stdout ]] && break; sleep 0.1; done
		systemd-cat -t muster <"$2"
		journalctl --sync
		kill $! && wait $!
		cp -r /run/log/journal "$3/var/log/"' _ "$dir/journald.conf" "$1" "$root" >"$dir/journald.log" 2>&1
}

# world NAME SETTINGS: a root whose script is standard input; SETTINGS are lines of muster.yaml.
world() {
	root=$dir/$1
	mkdir -p "$root/etc/muster" "$root/bundle" "$root/dev"
	ln -s /proc /sys "$root"
	: >"$root/dev/console"
	jq -n '{instanceId: $ARGS.positional[0], region: "us-west-2", instanceType: "m7i.large"}' \
		--args "$instance" >"$root/etc/muster/identity.json"
	{
		cat <<-END
			identity: {file: /etc/muster/identity.json}
			hostcheck: {memoryShare: 0%, minFreeDisk: 0, diskBytes: 4KiB}
			lifecycle: {source: "file:///bundle", env: {PLAIN: "plum-pudding"}}
		END
		printf '%s\n' "$2"
	} >"$root/etc/muster/muster.yaml"
	{
		echo '#!/bin/bash'
		cat
	} >"$root/bundle/on_create.sh"
	chmod +x "$root/bundle/on_create.sh"
}

bring_up() { # its exit code is in rc
	rc=0
	"$muster" --root "$root" run >"$dir/out" 2>"$dir/err" </dev/null || rc=$?
}

last_words() { # what it says goes to $dir/err, its exit code to rc
	rc=0
	timeout 60 "$muster" --root "$root" last-words >"$dir/out" 2>"$dir/err" </dev/null || rc=$?
}

tag() {
	amazon ec2 describe-tags --filters "Name=resource-id,Values=$instance" \
		"Name=key,Values=muster:state" --query 'Tags[].Value'
}

health() {
	amazon autoscaling describe-auto-scaling-instances --instance-ids "$instance" \
		--query 'AutoScalingInstances[0].HealthStatus'
}

report() { # the report object of this boot into $dir/report.json
	minio_aws s3 cp --quiet "s3://bundles/last words/$instance/$(</proc/sys/kernel/random/boot_id).json" \
		"$dir/report.json"
}

# times ID: how often the last program has named that fault
times() {
	grep -cF "[$1]" "$dir/err"
}

# MinIO and moto know other people: where both are spoken to, moto does not look at the key.
as_minio() {
	export AWS_ACCESS_KEY_ID=$SERVER_S3_KEY AWS_SECRET_ACCESS_KEY=$SERVER_S3_SECRET
}

server_start_minio "$dir" >/dev/null || exit 1
export AWS_ENDPOINT_URL_S3=$SERVER_S3 AWS_REGION=us-west-2
policing 1000000
as_minio
secret=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY

# A script that fails.
last='lastWords: {report: "s3://bundles/last words/", tag: "muster:state"}'
world script "$last
autoscaling: {group: nodes, hook: auto, setInstanceHealth: true}" <<END
echo "DB_PASSWORD=hunter2"
echo "the environment has \$PLAIN"
echo "aws_secret_access_key = $secret"
exit 3
END
for ((i = 1; i <= 250; i++)); do echo "line $i"; done >"$dir/lines"
printf '%s\n' 'the environment has plum-pudding' "key $secret" 'Authorization: Bearer hunter2hunter2' \
	'-----BEGIN PRIVATE KEY-----' 'aHVudGVyMg==' '-----END PRIVATE KEY-----' 'the end' >>"$dir/lines"
keep_journal "$dir/lines" || cat "$dir/journald.log"
bring_up
is 'a script that fails is a verdict' "$rc" 82
: >"$LIFECYCLE_LOG"
last_words
is 'last words end well' "$rc" 0
grep -q '^muster: Unschedulable: scripts: .*\[script.failed\]\. ' "$root/dev/console"
verdict $? 'the console has the line'
is 'and no other' "$(wc -l <"$root/dev/console")" 1
grep -q 'Unschedulable: scripts: .*\[script.failed\]' "$dir/err"
verdict $? 'so has the log'
report && jq -e --arg i "$instance" '.kind == "LastWords" and .instance == $i and
	.status.state == "Unschedulable" and .status.exit == 82 and
	.status.faults[0].id == "script.failed" and .identity.region == "us-west-2"' \
	"$dir/report.json" >/dev/null
verdict $? 'the report is where it was promised, and says why'
jq -e '[.history[].t] as $t | ($t | index("run")) != null and $t[-1] == "verdict" and
	([.history[] | select(.t == "end") | .step] | index("scripts")) != null and
	([.history[] | select(has("result"))] == [])' "$dir/report.json" >/dev/null
verdict $? 'it has the history, without what steps gave back'
jq -e '(.journal | length) == 200 and (.journal[-1] | endswith("the end")) and
	(.journal[0] | endswith("line 58"))' "$dir/report.json" >/dev/null
verdict $? 'and the last 200 lines of the journal'
! grep -qE "plum-pudding|hunter2|aHVudGVyMg|$secret|$SERVER_S3_SECRET" "$dir/report.json"
verdict $? 'no secret is in it: environment, password, key, token'
jq -e '.status.faults[0].evidence | contains("DB_PASSWORD=[redacted]") and
	contains("the environment has [redacted]")' "$dir/report.json" >/dev/null
verdict $? 'what is around them is'
is 'the tag has state and fault' "$(tag)" 'Unschedulable script.failed'
is 'a script is no reason to abandon a machine, nor to call it Unhealthy' "$(<"$LIFECYCLE_LOG")" ''

# Where every failure is to be abandoned, it is; the hook that was answered already is no trouble.
sed -i 's/setInstanceHealth: true/setInstanceHealth: true, abandon: any/' "$root/etc/muster/muster.yaml"
last_words
is 'with abandon: any it is' "$rc $(<"$LIFECYCLE_LOG")" "0 complete nodes bring-up $instance ABANDON"

# Nothing is asked of an instance that the group says is long in service.
: >"$LIFECYCLE_LOG"
amazon autoscaling put-lifecycle-hook --auto-scaling-group-name nodes --lifecycle-hook-name third \
	--lifecycle-transition autoscaling:EC2_INSTANCE_LAUNCHING
sed -i 's/group: nodes, //' "$root/etc/muster/muster.yaml"
last_words
is 'an instance that is in service has no hook to answer' "$rc $(<"$LIFECYCLE_LOG")" '0 '

# Hardware: fewer GPUs on the bus than the type has.
hardware="$last
autoscaling: {group: nodes, hook: third, setInstanceHealth: true}"
world hardware "$hardware" <<<'exit 0'
sed -i 's/m7i.large/p5.48xlarge/' "$root/etc/muster/identity.json"
bring_up
is 'broken hardware is a verdict' "$rc" 81
echo 'recovery: None' >>"$root/etc/muster/muster.yaml"
last_words
is 'with recovery None nobody is told to end the machine' "$rc $(<"$LIFECYCLE_LOG") $(health)" \
	'0  Healthy'
sed -i '/^recovery/d' "$root/etc/muster/muster.yaml"
last_words
is 'else it is Unhealthy, and then abandoned' "$rc $(<"$LIFECYCLE_LOG")" \
	"0 health - - $instance Unhealthy
complete nodes third $instance ABANDON"
is 'which Auto Scaling has heard' "$(health)" Unhealthy
is 'the tag says it' "$(tag)" 'UnschedulablePendingReplacement hw.gpu_missing'

# Not allowed, and nobody there: said once each, and the verdict stands.
text=$(minio_aws sts assume-role --role-arn arn:aws:iam::123456789012:role/test --role-session-name reader \
	--policy '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}' \
	--output text --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]')
read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN <<<"$text"
export AWS_SESSION_TOKEN
policing 0
last_words
is 'who may do nothing is told so by S3, EC2 and Auto Scaling once each' \
	"$rc $(times s3.forbidden) $(grep -cE 'lastWords.tag: .*\[aws\.' "$dir/err") \
$(grep -cE 'setInstanceHealth: .*\[aws\.' "$dir/err") $(grep -cE 'autoscaling.hook: .*\[aws\.' "$dir/err")" \
	'0 1 1 1 1'
! grep -qF -e "$AWS_SECRET_ACCESS_KEY" -e "$AWS_SESSION_TOKEN" "$dir/err"
verdict $? 'without a secret'
"$muster" --root "$root" status --wait >/dev/null 2>&1
is 'and the verdict is what it was' "$?" 81
unset AWS_SESSION_TOKEN
: >"$root/dev/console"
AWS_ENDPOINT_URL_S3=http://127.0.0.1:1 AWS_ENDPOINT_URL_EC2=http://127.0.0.1:1 \
	AWS_ENDPOINT_URL_AUTO_SCALING=http://127.0.0.1:1 last_words
is 'without a network four things fail and last words end well' "$rc $(times net.connect)" '0 4'
grep -q '^muster: UnschedulablePendingReplacement: .*\[hw.gpu_missing\]' "$root/dev/console"
verdict $? 'and the line was said all the same'

# --- heartbeats
policing 1000000
as_minio

attend() { # in the background; what it says goes to $dir/attend
	"$muster" --root "$root" attend >"$dir/attend" 2>&1 </dev/null &
	attending=$!
	net_extra+=("$attending")
}

ended() { # it ends by itself
	rc=0
	wait "$attending" || rc=$?
}

# shellcheck disable=SC2016
beats='until (($(grep -c "^heartbeat" "$LOG") >= 2)); do sleep 0.1; done'
: >"$LIFECYCLE_LOG"
amazon autoscaling put-lifecycle-hook --auto-scaling-group-name nodes --lifecycle-hook-name fourth \
	--lifecycle-transition autoscaling:EC2_INSTANCE_LAUNCHING
kept="$last
autoscaling: {group: nodes, hook: fourth, heartbeat: 1s}"
world kept "$kept" <<<"LOG=$LIFECYCLE_LOG
$beats"
mkdir -p "$root/var/lib/muster"
echo Unschedulable >"$root/var/lib/muster/tagged" # by an earlier run's last words
attend
bring_up
is 'a run whose script waits for two heartbeats ends well' "$rc" 0
ended
is 'attend ends by itself' "$rc" 0
is 'there were heartbeats, and then CONTINUE' "$(uniq "$LIFECYCLE_LOG")" \
	"heartbeat nodes fourth $instance -
complete nodes fourth $instance CONTINUE"
is 'the tag of an earlier failure is taken back' "$(tag)" Schedulable
: >"$LIFECYCLE_LOG"
last_words
is 'a run that went well has no last words' "$rc $(<"$LIFECYCLE_LOG") $(tag)" '0  Schedulable'

# A dead supervisor keeps nobody waiting.
amazon autoscaling put-lifecycle-hook --auto-scaling-group-name nodes --lifecycle-hook-name fifth \
	--lifecycle-transition autoscaling:EC2_INSTANCE_LAUNCHING
world dead "${kept/fourth/fifth}" <<<"LOG=$LIFECYCLE_LOG
$beats
echo beaten >\"\$MUSTER_ROOT/beaten\"
until [ -e \"\$MUSTER_ROOT/over\" ]; do sleep 0.2; done"
"$muster" --root "$root" run >"$dir/out" 2>&1 </dev/null &
supervisor=$!
net_extra+=("$supervisor")
attend
for ((tick = 0; tick < 300; tick++)); do
	[[ -s $root/beaten ]] && break
	sleep 0.1
done
kill -KILL "$supervisor"
{ wait "$supervisor"; } 2>/dev/null # the shell's own notice of a killed child is no news
sleep 2 # one that was on its way when the supervisor died
beaten=$(grep -c ^heartbeat "$LIFECYCLE_LOG")
ended
is 'attend gives up on a run that nobody is at work on' "$rc" 0
is 'without a further heartbeat or an answer' \
	"$(grep -c ^heartbeat "$LIFECYCLE_LOG") $(grep -c ^complete "$LIFECYCLE_LOG")" "$beaten 0"
grep -q 'no muster is at work' "$dir/attend"
verdict $? 'and says so'
touch "$root/over" # the script ends by itself, where nobody has ended it

# Heartbeats that are refused: said once, the run goes on.
policing 0
: >"$dir/seen"
world refused "${kept/fourth/fifth}" <<<"
until ((\$(grep -cE 'POST / .* 40[0-9] ' $dir/moto.log) >= \$(cat $dir/before) + 3)); do sleep 0.1; done"
grep -cE 'POST / .* 40[0-9] ' "$dir/moto.log" >"$dir/before"
attend
bring_up
is 'refused heartbeats do not touch the verdict' "$rc" 0
kill "$attending" # it would try to say CONTINUE for a while
wait "$attending" 2>/dev/null
is 'and are one line in the log' "$(grep -c '\[aws\.' "$dir/attend")" 1
policing 1000000

net_done
