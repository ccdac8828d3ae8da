# SPDX-License-Identifier: Apache-2.0
"""A stand-in for the Kubernetes API with one Node in it, and for the kubelet that registers it."""

import base64
import copy
import json
import os
import threading
import time
import urllib.parse

from serve import Answer, Service

NODE = "ip-10-9-0-2.us-west-2.compute.internal"


def status(code, words):
    return Answer(code, {"kind": "Status", "apiVersion": "v1", "code": code, "message": words})


def merge(target, patch):
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            merge(target.setdefault(key, {}), value)
        elif isinstance(value, list) and key == "conditions":
            new = {c["type"]: c for c in value}
            target[key] = [c for c in target.get(key, []) if c["type"] not in new] + value
        else:
            target[key] = value


class Api(Service):
    def __init__(self, world, cert):
        super().__init__("10.9.1.3", 443, cert)
        self.world, self.node, self.version = world, None, 100
        self.changed = threading.Condition()
        self.events, self.history, self.webhook = 0, [], None

    def register(self, labels):
        with self.changed:
            self.node = {
                "kind": "Node", "apiVersion": "v1",
                "metadata": {"name": NODE, "uid": "u-1", "labels": labels, "annotations": {},
                             "creationTimestamp": "2026-01-01T00:00:00Z"},
                "spec": {"providerID": f"aws:///{self.world.region}b/{self.world.instance}"},
                "status": {"conditions": [{"type": "Ready", "status": "True"}],
                           "allocatable": {"cpu": "2"}, "capacity": {"cpu": "2"}}}
            self.bump("ADDED")

    def bump(self, kind):
        self.version += 1
        self.node["metadata"]["resourceVersion"] = str(self.version)
        self.history.append((self.version, {"type": kind, "object": copy.deepcopy(self.node)}))
        self.changed.notify_all()

    def is_closed(self):
        """muster's cordon is on the Node."""
        return bool(self.node) and bool(self.node["spec"].get("unschedulable"))

    def is_verified(self):
        """The report has set its condition."""
        return bool(self.node) and any(c["type"] == "DeepHealthCheck" and c["status"] == "True"
                                       for c in self.node["status"]["conditions"])

    def unknown(self, request):
        """The token is the presigned URL of the role, as aws-iam-authenticator takes it."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer k8s-aws-v1.")
        try:
            url = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        except ValueError:
            return True
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
        return query.get("X-Amz-Credential", "").split("/")[0] != self.world.keys.current

    def patch(self, request):
        patch = json.loads(request.body)
        with self.changed:
            if not self.node:
                return status(404, f'nodes "{NODE}" not found')
            wanted = patch.get("metadata", {}).get("resourceVersion")
            if wanted and wanted != self.node["metadata"]["resourceVersion"]:
                return status(409, "the object has been modified")
            patch.get("metadata", {}).pop("resourceVersion", None)
            before = copy.deepcopy(self.node)
            merge(self.node, patch)
            if self.node.get("spec", {}).get("unschedulable") is False:
                del self.node["spec"]["unschedulable"]
            if self.webhook:
                self.webhook(self.node)
            owned = {"f:spec": {"f:unschedulable": {}}} if self.node["spec"].get(
                "unschedulable") else {}
            self.node["metadata"]["managedFields"] = [
                {"manager": "muster", "operation": "Update", "fieldsV1": owned}]
            if self.node != before:
                self.bump("MODIFIED")
            return Answer(200, self.node)

    def watch(self, request, query):
        """Streams what comes after the version that is asked for, for timeoutSeconds."""
        seen = int(query.get("resourceVersion") or 0)
        end = time.monotonic() + int(query.get("timeoutSeconds", 60))
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Connection", "close")
        request.end_headers()
        while time.monotonic() < end:
            with self.changed:
                new = [(v, e) for v, e in self.history if v > seen]
                if not new:
                    self.changed.wait(0.5)
            for version, event in new:
                request.wfile.write(json.dumps(event).encode() + b"\n")
                seen = version
        return None

    def answer(self, request):
        url = urllib.parse.urlsplit(request.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if self.unknown(request):
            return status(401, "Unauthorized")
        if url.path.startswith("/apis/events.k8s.io/v1/"):
            self.events += 1
            return Answer(201, dict(json.loads(request.body), kind="Event",
                                    metadata={"name": f"e{self.events}"}))
        if url.path == "/api/v1/nodes" and query.get("watch"):
            return self.watch(request, query)
        if url.path == "/api/v1/nodes":
            with self.changed:
                return Answer(200, {"kind": "NodeList", "apiVersion": "v1",
                                    "metadata": {"resourceVersion": str(self.version)},
                                    "items": [self.node] if self.node else []})
        if url.path.split("/")[:5] != ["", "api", "v1", "nodes", NODE]:
            return status(404, "the server could not find the requested resource")
        if request.command == "PATCH":
            return self.patch(request)
        return Answer(200, self.node) if self.node else status(404, f'nodes "{NODE}" not found')


def grow_devices(api, delay):
    """Stands in for a device plugin, once muster has closed the gate."""
    def wait():
        while not api.is_closed():
            time.sleep(0.05)
        time.sleep(delay)
        with api.changed:
            api.node["status"]["allocatable"]["example.com/device"] = "2"
            api.bump("MODIFIED")
    if delay is not None:
        threading.Thread(target=wait, daemon=True).start()


def labels_of(root):
    """What join has told the kubelet to register."""
    with open(root + "/etc/eks/kubelet/environment", encoding="utf-8") as f:
        words = [w for w in f.read().split() if w.startswith("--node-labels=")]
    return dict(p.split("=", 1) for p in words[0].split("=", 1)[1].strip("'\"").split(","))


def replay(request):
    """A watch that tells the same old events over and over, and closes."""
    api = request.server.service
    request.send_response(200)
    request.send_header("Connection", "close")
    request.end_headers()
    old = b"".join(json.dumps({"type": "DELETED", "object": {
        "kind": "Node", "metadata": {"name": NODE, "resourceVersion": str(v)}}}).encode() + b"\n"
        for v in range(90, 100))
    told = b"".join(json.dumps(e).encode() + b"\n" for _, e in api.history)
    request.wfile.write(old * 20 + told * 3)


def kubelet(root, api, network, delay):
    """Stands in for it: registers the Node once join says so and the network is there; never
    where the delay is None."""
    def wait():
        while not (os.path.exists(root + "/run/muster/may-join") and network()):
            time.sleep(0.05)
        time.sleep(delay)
        if not api.node:
            api.register(labels_of(root))
    if delay is None:
        return
    threading.Thread(target=wait, daemon=True).start()
