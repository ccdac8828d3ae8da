#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the archives of test-archive: honest ones of every kind, and hostile ones, one trick each."""

import gzip
import io
import lzma
import os
import struct
import subprocess
import sys
import tarfile
import zipfile


def entry(name, kind=tarfile.REGTYPE, data=b"", mode=0o644, link=""):
    t = tarfile.TarInfo(name)
    t.type, t.mode, t.linkname, t.size = kind, mode, link, len(data)
    return t, data


def tar(*entries, fmt=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=fmt) as t:
        for info, data in entries:
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zip_info(name, mode=0o100644):
    z = zipfile.ZipInfo(name)
    z.create_system, z.external_attr = 3, mode << 16
    z.compress_type = zipfile.ZIP_DEFLATED
    return z


def zipped(*members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for info, data in members:
            z.writestr(info, data)
    return out.getvalue()


def zstd(data):
    return subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout


DIR, SYM, HARD = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
SCRIPT = b"#!/bin/sh\necho hello\n"
HONEST = [
    entry("./", DIR, mode=0o755),
    entry("./on_create.sh", data=SCRIPT, mode=0o755),
    entry("./lib", DIR, mode=0o750),
    entry("./lib/a", data=b"x" * 100000),
    entry("./lib/link", SYM, link="../on_create.sh"),
    entry("deep/er/f", data=b""),
    entry("n\u00e4me", data=b"utf-8"),
]
honest = tar(*HONEST)
files = {
    "honest.tar": honest,
    "honest-gnu.tar": tar(*HONEST, fmt=tarfile.GNU_FORMAT),
    "honest.tar.gz": gzip.compress(honest),
    "honest.tar.xz": lzma.compress(honest),
    "honest.tar.zst": zstd(honest),
    "two-members.tar.gz": gzip.compress(honest[:700]) + gzip.compress(honest[700:]),
    "honest.zip": zipped(
        (zip_info("on_create.sh", 0o100755), SCRIPT),
        (zip_info("lib/", 0o040750), b""),
        (zip_info("lib/a"), b"x" * 100000),
        (zip_info("lib/link", 0o120777), b"../on_create.sh"),
        (zip_info("deep/er/f"), b""),
        (zip_info("n\u00e4me"), b"utf-8"),
    ),
    "late-folder.tar": tar(entry("d/f", data=b"1"), entry("d", DIR)),
    "inside-links.tar": tar(
        entry("a/b", DIR), entry("a/b/up", SYM, link="../../x"), entry("here", SYM, link="./a/b")),
    # names
    "absolute.tar": tar(entry("/etc/passwd", data=b"x")),
    "dotdot.tar": tar(entry("../evil", data=b"x")),
    "dotdot-inside.tar": tar(entry("a/../../evil", data=b"x")),
    "dotdot-end.tar": tar(entry("a/..", DIR)),
    "control.tar": tar(entry("a\x1b[2Jb", data=b"x")),
    "newline.tar": tar(entry("a\nb", data=b"x")),
    "long.tar": tar(entry("/".join(["n" * 100] * 11), data=b"x")),
    "deep.tar": tar(entry("/".join(["d"] * 65), data=b"x")),
    "latin1.tar": tar(entry("n\udce4me", data=b"x"), fmt=tarfile.USTAR_FORMAT),
    "self.tar": tar(entry(".", data=b"x")),
    # names that meet
    "twice.tar": tar(entry("f", data=b"1"), entry("f", data=b"2")),
    "twice-normalised.tar": tar(entry("a/f", data=b"1"), entry("./a//f", data=b"2")),
    "twice-folder.tar": tar(entry("d", DIR), entry("d/", DIR)),
    "file-is-folder.tar": tar(entry("a", data=b"1"), entry("a/b", data=b"2")),
    "folder-then-file.tar": tar(entry("a/b", data=b"1"), entry("a", data=b"2")),
    "through-link.tar": tar(entry("l", SYM, link="d"), entry("l/f", data=b"x")),
    # kinds
    "hardlink.tar": tar(entry("f", data=b"x"), entry("g", HARD, link="f")),
    "hardlink-out.tar": tar(entry("g", HARD, link="/etc/shadow")),
    "fifo.tar": tar(entry("p", tarfile.FIFOTYPE)),
    "chardev.tar": tar(entry("null", tarfile.CHRTYPE)),
    "blockdev.tar": tar(entry("sda", tarfile.BLKTYPE)),
    "setuid.tar": tar(entry("su", data=b"x", mode=0o4755)),
    "setgid.tar": tar(entry("sg", data=b"x", mode=0o2755)),
    "setgid-folder.tar": tar(entry("sg", DIR, mode=0o2755)),
    # links that leave
    "link-absolute.tar": tar(entry("l", SYM, link="/etc")),
    "link-up.tar": tar(entry("l", SYM, link="../x")),
    "link-up-deep.tar": tar(entry("a/l", SYM, link="../../x")),
    "link-later-up.tar": tar(entry("a/l", SYM, link="b/../../../x")),
    "link-dot-up.tar": tar(entry("l", SYM, link="./../x")),
    "link-empty.tar": tar(entry("l", SYM, link="")),
    # more than there may be
    "many.tar": tar(*[entry(f"f{i}") for i in range(300)]),
    "large.tar": tar(entry("f", data=b"x" * 9000000)),
    "bomb.tar.xz": lzma.compress(tar(entry("f", data=b"\0" * 8000000)), preset=9),
    "bomb.zip": zipped((zip_info("f"), b"\0" * 8000000)),
    "nested.tar.gz": gzip.compress(gzip.compress(honest)),
    # damage
    "zeros.tar": b"\0" * 10240,
    "empty": b"",
    "text.tar": b"#!/bin/sh\necho this is no archive\n" * 100,
    "cut-header.tar": honest[:900],
    "cut-data.tar": honest[:30000],
    "cut-mark.tar": tar(entry("a", data=b"x"))[:1024],
    "cut.tar.gz": gzip.compress(honest)[:-40],
    "cut-trailer.tar.gz": gzip.compress(honest)[:-4],
    "cut.tar.xz": lzma.compress(honest)[:-30],
    "cut.tar.zst": zstd(honest)[:-5],
    "tail.tar": honest + b"evil" + b"\0" * 508,
    "tail-far.tar": honest + b"\0" * 300000 + b"evil",
    "second.tar": honest + honest,
    "tail.tar.gz": gzip.compress(honest) + b"evil" * 100,
    "tail.tar.xz": lzma.compress(honest) + b"evil" * 100,
    "tail.tar.zst": zstd(honest) + b"evil" * 100,
    "inner-tail.tar.gz": gzip.compress(honest + b"\0" * 100000 + b"evil"),
}

broken = bytearray(honest)
broken[0] ^= 1  # the first header's checksum no longer fits
files["checksum.tar"] = bytes(broken)

flipped = bytearray(gzip.compress(honest, compresslevel=0))
flipped[flipped.index(b"echo hello")] ^= 1
files["flipped.tar.gz"] = bytes(flipped)

z = files["honest.zip"]
files["cut.zip"] = z[: len(z) // 2]
files["cut-end.zip"] = z[:-3]
files["tail.zip"] = z + b"evil"
files["dotdot.zip"] = zipped((zip_info("../evil"), b"x"))
files["absolute.zip"] = zipped((zip_info("/etc/passwd"), b"x"))
files["link-out.zip"] = zipped((zip_info("l", 0o120777), b"/etc/passwd"))
files["setuid.zip"] = zipped((zip_info("su", 0o104755), b"x"))
files["fifo.zip"] = zipped((zip_info("p", 0o010644), b""))
files["twice.zip"] = zipped((zip_info("f"), b"1"), (zip_info("g"), b"2")).replace(b"g", b"f")
flip = bytearray(zipped((zipfile.ZipInfo("f"), b"stored and flipped")))
flip[flip.index(b"stored")] ^= 1
files["crc.zip"] = bytes(flip)

# A header that promises more than follows.
lie = bytearray(tar(entry("f", data=b"x" * 100)))
lie[124:136] = b"%011o\0" % 5000000
lie[148:156] = b"        "
lie[148:156] = b"%06o\0 " % sum(lie[:512])
files["size-lie.tar"] = bytes(lie)

for name, data in files.items():
    with open(os.path.join(sys.argv[1], name), "wb") as f:
        f.write(data)
