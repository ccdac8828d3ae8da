#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""moto's server with the two actions of Auto Scaling that it lacks, for test-last-words.sh.

RecordLifecycleActionHeartbeat and CompleteLifecycleAction are stand-ins: moto parses the requests
(by botocore's model of the API), checks signature and policy where INITIAL_NO_AUTH_ACTION_COUNT is
set, and has the groups and hooks; what waits for an answer is kept here. An instance waits at every
launch hook of its group until that is completed, as at Amazon's, and what comes too late is told
so in Amazon's words. Each of the two, and SetInstanceHealth, is written to the file of LIFECYCLE_LOG
as a line "ACTION GROUP HOOK INSTANCE RESULT".

    moto-lifecycle.py -H 127.0.0.1 -p PORT
"""

import os
import sys

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import EmptyResult
from moto.server import main

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
completed = set()
set_instance_health = AutoScalingResponse.set_instance_health


def note(*words):
    with open(os.environ["LIFECYCLE_LOG"], "a", encoding="utf-8") as log:
        log.write(" ".join(word or "-" for word in words) + "\n")


def waiting(self):
    """Group, hook and instance of the request, where that instance waits at that hook."""
    names = [self._get_param(n) for n in ("AutoScalingGroupName", "LifecycleHookName", "InstanceId")]
    group, hook, instance = names
    backend = self.autoscaling_backend
    found = backend.describe_lifecycle_hooks(group, [hook])
    if group not in backend.autoscaling_groups or not found:
        raise ValidationError(f"No active Lifecycle Action found with hook {hook} in group {group}")
    members = [s.instance.id for s in backend.autoscaling_groups[group].instance_states]
    if instance not in members or found[0].lifecycle_transition != LAUNCHING or tuple(names) in completed:
        raise ValidationError(f"No active Lifecycle Action found with instance ID {instance}")
    return tuple(names)


def record_lifecycle_action_heartbeat(self):
    note("heartbeat", *waiting(self), None)
    return EmptyResult()


def complete_lifecycle_action(self):
    result = self._get_param("LifecycleActionResult")
    if result not in ("CONTINUE", "ABANDON"):
        raise ValidationError(f"{result} is no result of a lifecycle action")
    names = waiting(self)
    completed.add(names)
    note("complete", *names, result)
    return EmptyResult()


def noted_health(self):
    answer = set_instance_health(self)
    note("health", None, None, self._get_param("InstanceId"), self._get_param("HealthStatus"))
    return answer


AutoScalingResponse.record_lifecycle_action_heartbeat = record_lifecycle_action_heartbeat
AutoScalingResponse.complete_lifecycle_action = complete_lifecycle_action
AutoScalingResponse.set_instance_health = noted_health
main(sys.argv[1:])
