# SPDX-License-Identifier: Apache-2.0
"""tracer.c, made and used: what each of muster's processes writes, and what happens at one of these
system calls."""

import os
import subprocess

import node

HERE = os.path.dirname(os.path.realpath(__file__))


class Tracer:
    def __init__(self, build, folder):
        self.build, self.folder, self.program = build, folder, folder + "/tracer"
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", self.program,
                        HERE + "/tracer.c"], check=True)

    def run(self, name, role="nobody", number=0, how="none", beneath=None, settings=""):
        """A new machine, its exit code, and the tracer's log; beneath is a path in its root."""
        machine = node.Node(self.build, f"{self.folder}/{name}", settings)
        log = f"{self.folder}/{name}.trace"
        prefix = "" if beneath is None else f"{machine.root}/{beneath}"
        code = machine.run([self.program, log, role, str(number), how, prefix])
        return machine, code, node.lines(log)


def positions(log):
    """(role, number, call, path) of each, in the order of roles."""
    found = [line.split(" ", 3) for line in log]
    return sorted(((role, int(number), call, path) for role, number, call, path in found),
                  key=lambda p: (p[0], p[1]))
