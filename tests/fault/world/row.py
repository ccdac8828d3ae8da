#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one row of the table: `row.py BUILD CERTS FOLDER NAME`, as the first process of namespaces of
its own (mount, network, process ids), which take everything with them when it ends. Prints what
happened as one JSON object."""

import base64
import json
import os
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
import aws  # noqa: E402
import kube  # noqa: E402
import names  # noqa: E402
import table  # noqa: E402

TIME = ("budget.exhausted", "kube.await_timeout")  # say that it is up, not for what it was needed
PATIENCE = 100  # seconds; a run that takes longer has not ended


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class World:
    """The node's network is a namespace of its own, joined to this one by one cable."""

    def __init__(self, certs, folder):
        self.certs, self.folder = certs, folder
        self.region = self.bucket_region = "us-west-2"
        self.instance, self.keys = aws.INSTANCE, aws.Keys()
        with open(f"{certs}/ca.crt", "rb") as f:
            self.authority = base64.b64encode(f.read()).decode()
        self.cable, self.calls = True, []
        self.imds, self.s3 = aws.Imds(self), aws.S3(self, certs)
        self.eks, self.api = aws.Eks(self, certs), kube.Api(self, certs)
        self.dns, self.proxy = names.Resolver(), names.Proxy()
        self.services = {n: getattr(self, n) for n in ("imds", "s3", "eks", "api", "dns", "proxy")}
        self.absent = {}  # name of a service -> seconds until it listens; None: never
        self.route_after, self.kubelet_after, self.devices_after = 0, 0, None
        for service in self.services.values():
            service.world = self

    def lay_cable(self):
        self.node = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        ours = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{self.node.pid}/ns/net") == ours:
            time.sleep(0.01)
        ip("link", "set", "lo", "up")
        for service in self.services.values():
            ip("addr", "add", service.address + "/32", "dev", "lo")
        ip("link", "add", "world", "type", "veth", "peer", "name", "eth0", "netns",
           str(self.node.pid))
        ip("addr", "add", "10.9.0.1/24", "dev", "world")
        ip("link", "set", "world", "up")
        self.inside("ip", "link", "set", "lo", "up")
        self.inside("ip", "addr", "add", "10.9.0.2/24", "dev", "eth0")
        self.inside("ip", "link", "set", "eth0", "up")
        if not self.route_after:
            self.add_route()

    def add_route(self):
        self.inside("ip", "route", "add", "default", "via", "10.9.0.1")

    def inside(self, *words):
        subprocess.run(["nsenter", f"--net=/proc/{self.node.pid}/ns/net", *words], check=True)

    def cut_cable(self, seconds):
        self.cable = False
        ip("link", "set", "world", "down")
        self.later(seconds, self.mend_cable)

    def mend_cable(self):
        ip("link", "set", "world", "up")
        self.cable = True

    @staticmethod
    def later(seconds, what):
        timer = threading.Timer(seconds, what)
        timer.daemon = True
        timer.start()

    def open(self):
        self.lay_cable()
        if self.route_after:
            self.later(self.route_after, self.add_route)
        for name, service in self.services.items():
            if name not in self.absent:
                service.start()
            elif self.absent[name] is not None:
                self.later(self.absent[name], service.start)
        with open(f"{self.folder}/resolv.conf", "w", encoding="utf-8") as f:
            f.write("nameserver 10.9.1.53\noptions timeout:1 attempts:2\n")
        subprocess.run(["mount", "--bind", f.name, "/etc/resolv.conf"], check=True)

    def connects(self):
        """Connections that the node has begun, answered or not."""
        with open(f"/proc/{self.node.pid}/net/snmp", encoding="ascii") as f:
            head, values = [line.split() for line in f if line.startswith("Tcp:")]
        return int(dict(zip(head, values))["ActiveOpens"])


def configure(root, row):
    config = {"apiVersion": "muster/v1", "kind": "Node", "identity": {"wait": "2s"},
              "cluster": {"name": "c1", "version": "1.35"},
              "hostcheck": {"memoryShare": "0%", "minFreeDisk": "0", "diskBytes": "4KiB"},
              "lifecycle": {"source": "s3://bundles/life/"}, "check": {"levels": ["quick"]},
              "join": {"timeout": "40s"}, "report": {"timeout": "40s", "gate": "cordon"},
              "budget": {"total": "60s"}}
    for path, value in row.config.items():
        folder = config
        *folders, key = path.split(".")
        for name in folders:
            folder = folder.setdefault(name, {})
        folder[key] = value
        if value is None:
            del folder[key]
    os.makedirs(root + "/etc/muster")
    for name in ("proc", "sys"):
        os.symlink("/" + name, f"{root}/{name}")
    with open(root + "/etc/muster/muster.yaml", "w", encoding="utf-8") as f:
        json.dump(config, f)


def bring_up(build, root, world, row):
    """Exit code of `muster run`, None where it did not end; and seconds."""
    environment = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "TERM")}
    environment.update({"MUSTER_NET": f"{build}/muster-net", "HOME": root,
                        "AWS_CA_BUNDLE": f"{world.certs}/ca.crt"} | row.env)
    began = time.monotonic()
    with open(f"{world.folder}/log", "wb") as log:
        run = subprocess.Popen(["nsenter", f"--net=/proc/{world.node.pid}/ns/net",
                                f"{build}/muster", "--root", root, "run"],
                               env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            code = run.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            code = None
    return code, began, time.monotonic()


def status_of(build, root):
    out = subprocess.run([f"{build}/muster", "--root", root, "status", "--json"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    return json.loads(out or "{}")


def retries(root):
    """The faults after which steps were tried again, as the history has them, each once."""
    faults = {}
    with open(root + "/var/lib/muster/history", encoding="utf-8") as f:
        for line in f.readlines()[1:]:
            record = json.loads(line.split(" ", 1)[1])
            if record.get("outcome") == "retry":
                faults[record["fault"]["id"]] = True
    return ", ".join(faults) or "nothing"


def end_of(told, root):
    """In words: a state, or a fault; behind it what used up the time that it says is over."""
    if not told.get("faults"):
        return told.get("state", "nothing")
    first = told["faults"][0]["id"]
    if first in TIME or first.endswith(".timeout") and not first.startswith("net."):
        return f"{first} < {retries(root)}"
    return first


def promised(build, fault):
    words = subprocess.run([f"{build}/muster", "explain", fault], stdout=subprocess.PIPE,
                           check=False).stdout.decode().splitlines()
    return words[0].rsplit("exit code ", 1)[-1].rstrip(").") if words else "none"


def open_to_pods(world):
    node = world.api.node
    if not node:
        return False
    label = node["metadata"]["labels"].get("sagemaker.amazonaws.com/node-health-status")
    return label == "Schedulable" and not node["spec"].get("unschedulable")


def left_over():
    """Processes of this namespace that are neither this one nor the node's."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                words = f.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if "muster" in words and "row.py" not in words:
            found.append(words)
    return found


def judge(row, world, build, root, code):
    told = status_of(build, root)
    end = end_of(told, root)
    wrong = [] if row.is_right(end) else [f"it ended as {end}"]
    if code is None:
        return end, wrong + [f"no end within {PATIENCE} s"]
    want = "0" if row.end == "Schedulable" else promised(build, end.split(" < ")[0])
    if str(code) != want or told.get("exit") != code:
        wrong.append(f"exit code {code}, {want} is promised, status says {told.get('exit')}")
    if told.get("faults") and not told["faults"][0].get("remedy"):
        wrong.append("no word of what to do")
    if open_to_pods(world) != (end == "Schedulable"):
        wrong.append(f"the Node is {'open' if open_to_pods(world) else 'not open'} to pods")
    if end == "Schedulable":
        with open(root + "/ran", encoding="ascii") as f:
            wrong += [] if f.read() == "1\n" else ["the script did not run just once"]
    return end, wrong + [f"still there: {w}" for w in left_over()]


def troubles_of(row, world):
    found = []
    for name, trouble in row.troubles.items():
        for t in trouble if isinstance(trouble, list) else [trouble]:
            if t.when:
                t.when = {"closed": world.api.is_closed,
                          "true condition": world.api.is_verified}[t.when]
            world.services[name].troubles.append(t)
            found.append(t)
    return found


def good_from(row, world, troubles, began):
    """When the last ill of the world was gone."""
    if row.mended_after:
        return began + row.mended_after
    times = [t.good_from() for t in troubles if t.good_from() is not None]
    times += [began + s for s in world.absent.values() if s]
    times += [began + world.route_after] if world.route_after else []
    return max(times, default=None) if row.end == "Schedulable" else None


def main():
    build, certs, folder, name = sys.argv[1:]
    row = next(r for r in table.ROWS if r.name == name)
    root = folder + "/root"
    os.makedirs(root)
    os.chmod(folder, 0o755)
    world = World(certs, folder)
    troubles = troubles_of(row, world)
    for change in row.world:
        change(world)
    configure(root, row)
    world.open()
    kube.kubelet(root, world.api, lambda: world.cable, world.kubelet_after)
    kube.grow_devices(world.api, world.devices_after)
    code, began, ended = bring_up(build, root, world, row)
    end, wrong = judge(row, world, build, root, code)
    asked = sum(t.answered for t in troubles) if not row.by_connects else world.connects()
    if row.troubles and not all(t.answered for t in troubles):
        wrong.append("the world never came to be ill")
    if asked > row.most:
        wrong.append(f"{asked} requests meanwhile, at most {row.most} are right")
    wrong += row.also(world, troubles) if row.also else []
    good = good_from(row, world, troubles, began)
    print(json.dumps({"name": name, "end": end, "wrong": wrong, "requests": asked,
                      "seconds": round(ended - began, 1),
                      "recovery": round(ended - good, 1) if good else None}), flush=True)
    world.node.kill()
    os._exit(0)


main()
