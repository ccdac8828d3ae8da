# SPDX-License-Identifier: Apache-2.0
"""What the lints share: where the tree is, its files, C without comments, and TAP."""

import os
import re
import sys

GENERATED = {"build-aux", "autom4te.cache", ".git", "corpus", "__pycache__"}


def arguments(*positional):
    """(tree, positional arguments) of NAME [--root DIR] POSITIONAL...; ends on wrong usage."""
    args = sys.argv[1:]
    tree = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..")
    if len(args) >= 2 and args[0] == "--root":
        tree, args = args[1], args[2:]
    if len(args) != len(positional):
        words = "".join(f" {p}" for p in positional)
        sys.exit(f"usage: {os.path.basename(sys.argv[0])} [--root DIR]{words}")
    return os.path.realpath(tree), args


def files(tree, *folders):
    """Paths below the folders (or the whole tree), relative to it, sorted; nothing generated."""
    found = []
    for folder in folders or [""]:
        for where, names, here in os.walk(os.path.join(tree, folder)):
            names[:] = [n for n in names if n not in GENERATED and not (
                where == tree and n.startswith("build"))]
            found += [os.path.relpath(os.path.join(where, n), tree) for n in here]
    return sorted(set(found))


def sources(tree, *folders):
    return [p for p in files(tree, *folders) if p.endswith((".c", ".h"))]


def read(tree, path):
    with open(os.path.join(tree, path), encoding="utf-8", errors="replace") as f:
        return f.read()


TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(text, strings=True):
    """C with comments (and strings) turned into blanks; every line keeps its number."""
    def away(match):
        token = match.group(0)
        if token[0] in "\"'":
            return token[0] + " " * (len(token) - 2) + token[0] if strings else token
        return re.sub(r"[^\n]", " ", token)
    return TOKEN.sub(away, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


class Tap:
    def __init__(self):
        self.number = 0
        self.failed = 0

    def check(self, what, violations):
        """One line of TAP; each violation ("file:line: words") on a line of its own below."""
        self.number += 1
        self.failed += bool(violations)
        print(f"{'not ok' if violations else 'ok'} {self.number} - {what}")
        for v in violations:
            print(f"# {v}")

    def note(self, words):
        print(f"# {words}")

    def end(self):
        print(f"1..{self.number}")
        sys.exit(1 if self.failed else 0)
