#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A small lifecycle script for trying muster: it does a little of each thing that published ones do.

set -euo pipefail

log=/var/log/provision/provisioning.log
state=/var/lib/muster-sample

# Relative paths are the bundle's.
greeting=$(cat motd/greeting)

mkdir -p "$state" "${log%/*}"
echo "attempt ${MUSTER_ATTEMPT:-?}, trigger ${MUSTER_TRIGGER:-?}" >>"$state/runs"
echo "$greeting from ${HOSTNAME:-a node}"
echo "this line goes to standard error" >&2
echo "$(date -u +%FT%TZ) sample: provisioning begins" >>"$log"

# What a script mounts is the machine's, and outlives the script.
mkdir -p /opt/muster-sample
mountpoint -q /opt/muster-sample || mount -t tmpfs -o size=1m muster-sample /opt/muster-sample

# A unit that the script brings along, started while muster.service still runs.
cat >/etc/systemd/system/muster-sample.service <<'END'
[Unit]
Description=Brought along by a lifecycle script
After=muster.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
END
systemctl daemon-reload
systemctl start muster-sample.service

echo "$(date -u +%FT%TZ) sample: provisioning is over" >>"$log"
echo "done"
