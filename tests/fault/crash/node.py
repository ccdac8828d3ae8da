# SPDX-License-Identifier: Apache-2.0
"""A machine in a folder, on which the real muster runs and may be killed, and what must hold of it
afterwards. Its script says in files of the root that it has begun, and that it has come to its end;
what it leaves running would be seen by the next attempt."""

import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import time

VERDICTS = (0, 2, 65, 69, 70, 75, 80, 81, 82, 83)  # after any other code systemd starts it again
HANG = 60  # seconds; a run takes less than one
RESTARTS = 4

CONFIG = """apiVersion: muster/v1
kind: Node
identity: {file: /etc/muster/identity.json}
hostcheck: {memoryShare: 0%, minFreeDisk: 0, diskBytes: 4KiB}
lifecycle: {source: "file:///bundle"}
"""
IDENTITY = '{"instanceId":"i-0123456789abcdef0","region":"us-west-2","instanceType":"m7i.large"}\n'
SCRIPT = """#!/bin/sh
if tr '\\0' '\\n' <"/proc/$(cat "$MUSTER_ROOT/other")/environ" | grep -qx "MUSTER_ROOT=$MUSTER_ROOT"
then echo "$MUSTER_ATTEMPT" >>"$MUSTER_ROOT/beside"
fi 2>/dev/null
echo "$MUSTER_ATTEMPT $MUSTER_PREVIOUS" >>"$MUSTER_ROOT/ran"
setsid sleep 60 &
echo "$!" >"$MUSTER_ROOT/other"
sleep 0.05
echo "$MUSTER_ATTEMPT" >>"$MUSTER_ROOT/finished"
"""


def lines(path):
    try:
        with open(path, encoding="utf-8") as f:
            return f.read().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return []


class Tap:
    def __init__(self):
        self.number = self.failed = 0

    def check(self, what, wrong):
        self.number += 1
        self.failed += bool(wrong)
        verdict = "not ok" if wrong else "ok"
        print(f"{verdict} {self.number} - {what}", *wrong, sep="\n# ", flush=True)


class Node:
    def __init__(self, build, root, settings=""):
        self.root, self.muster = root, f"{build}/muster"
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MUSTER_"))}
        self.env.update(MUSTER_NET=f"{build}/muster-net", FAULT_WORLD=root)
        for folder in ("etc/muster", "bundle"):
            os.makedirs(f"{root}/{folder}")
        self.configure(settings)
        self.write("bundle/on_create.sh", SCRIPT)
        self.write("etc/muster/identity.json", IDENTITY)
        os.chmod(f"{root}/bundle/on_create.sh", 0o755)
        for name in ("proc", "sys"):
            os.symlink("/" + name, f"{root}/{name}")

    def write(self, name, text):
        with open(f"{self.root}/{name}", "w", encoding="utf-8") as f:
            f.write(text)

    def configure(self, settings=""):
        self.write("etc/muster/muster.yaml", CONFIG + settings)

    def start(self, tracer=()):
        """muster run, in the background; what it says is in ROOT.log."""
        with open(self.root + ".log", "ab") as log:
            return subprocess.Popen([*tracer, self.muster, "--root", self.root, "run"],
                                    env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def run(self, tracer=()):
        """Its exit code as a shell has it, or None for a run that hangs."""
        return self.wait(self.start(tracer))

    def wait(self, child):
        try:
            code = child.wait(HANG)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            self.kill_all()
            return None
        return code if code >= 0 else 128 - code

    def run_to_verdict(self):
        """As systemd does: again after a crash. Returns the codes; the last is the verdict's."""
        codes = []
        while len(codes) < RESTARTS and (not codes or codes[-1] not in VERDICTS + (None,)):
            codes.append(self.run())
        return codes

    def status(self):
        out = subprocess.run([self.muster, "--root", self.root, "status", "--json"], env=self.env,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
        try:
            return json.loads(out)
        except ValueError:
            return {}

    def snapshot(self):
        try:
            with open(f"{self.root}/run/muster/status.json", encoding="utf-8") as f:
                return json.load(f)
        except (OSError, ValueError):
            return {}

    def records(self):
        """Of the history, those that are whole."""
        found = []
        for line in lines(f"{self.root}/var/lib/muster/history")[1:]:
            try:
                found.append(json.loads(line[9:]))
            except ValueError:
                pass
        return found

    def said(self, name):
        return lines(f"{self.root}/{name}")

    def processes(self):
        """Muster's, its steps' and what they have started: by their environment."""
        found, mark = [], f"MUSTER_ROOT={self.root}".encode()
        ours = f"FAULT_WORLD={self.root}".encode()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as f:
                    entries = f.read().split(b"\0")
            except OSError:
                continue
            if (mark in entries or ours in entries) and self.is_alive(pid):
                found.append(int(pid))
        return found

    @staticmethod
    def is_alive(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
                return f.read().rpartition(")")[2].split()[0] not in "ZX"
        except OSError:
            return False

    def kill_all(self):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def files(self):
        """Path, mode and what is in it, of all that there is; of files that differ from run to run
        and of the script's own, path and mode."""
        found = set()
        for folder, names, files in os.walk(self.root):
            for name in names + files:
                path = os.path.join(folder, name)
                inside = os.path.relpath(path, self.root)
                st = os.lstat(path)
                digest = ""
                if stat.S_ISREG(st.st_mode) and inside.startswith(("var/lib/muster/", "opt/")) and \
                        inside != "var/lib/muster/history":
                    with open(path, "rb") as f:
                        digest = hashlib.sha256(f.read()).hexdigest()[:12]
                found.add((inside, oct(st.st_mode), digest))
        return found

    def forget(self):
        self.kill_all()
        shutil.rmtree(self.root)
        os.unlink(self.root + ".log")


def script_problems(node, most):
    """A script with an END never runs again; an interrupted one does, once, and knows it."""
    wrong, attempts, ended = [], [], None
    for record in node.records():
        if record.get("step") != "scripts":
            continue
        if record["t"] == "begin":
            if ended == "done":
                wrong.append("scripts were begun again after their END")
            previous = "failed" if ended == "failed" else "interrupted" if attempts else "none"
            attempts.append(f"{len(attempts) + 1} {previous}")
            if f"{record['attempt']} {record['previous']}" != attempts[-1]:
                wrong.append(f"begun as {record['attempt']} {record['previous']}, "
                             f"not as {attempts[-1]}")
            ended = None
        else:
            crashed = record.get("fault", {}).get("id") == "engine.step_crashed"
            ended = None if crashed else "done" if record["outcome"] == "done" else "failed"
    ran, finished = node.said("ran"), node.said("finished")
    if len(attempts) > most:
        wrong.append(f"{len(attempts)} attempts, not {most} at most")
    if ran != [a for a in attempts if a in ran] or attempts[-1:] != ran[-1:]:
        wrong.append(f"the script ran as {ran}, begun as {attempts}")
    if not attempts or finished[-1:] != [attempts[-1].split()[0]] or len(finished) > len(ran):
        wrong.append(f"its attempts {finished} came to their end, begun as {attempts}")
    if node.said("beside"):
        wrong.append(f"attempt {node.said('beside')[0]} ran beside what another had left")
    return wrong


def end_problems(node, codes, files):
    """The run has ended well, as the records and every word on it say, and nothing is left that a
    run without a fault would not leave."""
    wrong = []
    if codes[-1] != 0:
        wrong.append(f"the starts ended with {codes}" + (": it hangs" if None in codes else ""))
    status, last = node.status(), node.records()[-1:]
    if (status.get("state"), status.get("exit")) != ("Schedulable", 0):
        wrong.append(f"status says {status.get('state')}, exit {status.get('exit')}")
    if not last or (last[0]["t"], last[0].get("state")) != ("verdict", "Schedulable"):
        wrong.append(f"the history's last record is {last}")
    if node.snapshot().get("state") != "Schedulable":
        wrong.append("the snapshot in /run says something else")
    wrong += [f"process {pid} is left" for pid in settled(node)]
    if files is not None:
        wrong += [f"not there: {entry}" for entry in sorted(files - node.files())]
        wrong += [f"left behind: {entry}" for entry in sorted(node.files() - files)]
    return wrong


def settled(node):
    """What still runs a moment after the end: the killed take a while to be gone."""
    for _ in range(40):
        left = node.processes()
        if not left:
            break
        time.sleep(0.05)
    return left


def problems(node, files=None, most=2):
    """Starts it again until its verdict, and once more: what is not as it must be. The script may
    have been begun so often at most."""
    codes = node.run_to_verdict()
    wrong = end_problems(node, codes, files) + script_problems(node, most)
    ran = node.said("ran")
    again = node.run()
    if again != 0 or node.said("ran") != ran:
        wrong.append(f"a further start: {again}, the script ran as {node.said('ran')}")
    return wrong


def end_all(folder):
    """Whatever a test that ends early has left running below its folder."""
    mark = f"FAULT_WORLD={folder}/".encode()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as f:
                if mark in f.read() and int(pid) != os.getpid():
                    os.kill(int(pid), signal.SIGKILL)
        except OSError:
            pass
