#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A lifecycle script to start from. It runs once per instance, as root, in a private copy of the
# bundle, before the kubelet. What it prints is in the journal:
#	journalctl -u muster MUSTER_SCRIPT=on_create.sh
# An exit code that is not 0 keeps the node out of the cluster. If power fails while it runs it runs
# again: MUSTER_PREVIOUS is then "interrupted", and every part should be fit to be done twice.

set -euo pipefail

echo "attempt $MUSTER_ATTEMPT, trigger $MUSTER_TRIGGER, before that: $MUSTER_PREVIOUS"
echo "cluster and instance groups are described in $SAGEMAKER_RESOURCE_CONFIG_PATH"

# Relative paths are the bundle's.
if [[ -d files ]]; then
	cp -r --no-preserve=ownership files/. /
fi

# What is to run after this script must be a unit: processes that it leaves are ended with it.
for unit in units/*.service; do
	[[ -e $unit ]] || continue
	install -m 0644 "$unit" /etc/systemd/system/
	systemctl daemon-reload
	systemctl enable --now "${unit##*/}"
done
