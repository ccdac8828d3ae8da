# SPDX-License-Identifier: Apache-2.0
"""Certificates of the small world, by openssl: ca.crt and, all with key.pem, good, host (for other
names), expired, future (not valid before tomorrow), other (of another authority)."""

import datetime
import os
import subprocess

NAMES = "DNS:*.s3.us-west-2.amazonaws.com,DNS:*.s3.us-east-1.amazonaws.com," \
        "DNS:eks.us-west-2.amazonaws.com,DNS:eks.us-east-1.amazonaws.com," \
        "DNS:*.gr7.us-west-2.eks.amazonaws.com"
CONFIG = """
[ca]
default_ca = world
[world]
dir = {folder}
database = {folder}/index
serial = {folder}/serial
new_certs_dir = {folder}
private_key = {folder}/ca.key
certificate = {folder}/ca.crt
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
"""


def run(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise RuntimeError(f"{words}: {done.stdout.decode()}")


def authority(folder, name):
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-days", "3", "-subj", f"/CN={name}", "-keyout", f"{folder}/{name}.key", "-out",
        f"{folder}/{name}.crt", "-addext", "basicConstraints=critical,CA:TRUE")


def sign(folder, name, alternatives, begin, end, ca="ca"):
    request = f"{folder}/{name}.csr"
    now = datetime.datetime.now(datetime.timezone.utc)
    begin, end = ((now + datetime.timedelta(days=d)).strftime("%Y%m%d%H%M%SZ")
                  for d in (begin, end))
    run("openssl", "req", "-new", "-key", f"{folder}/key.pem", "-subj", "/CN=world", "-out",
        request, "-addext", f"subjectAltName={alternatives}")
    run("openssl", "ca", "-batch", "-notext", "-config", f"{folder}/ca.conf", "-in", request,
        "-out", f"{folder}/{name}.crt", "-startdate", begin, "-enddate", end,
        "-cert", f"{folder}/{ca}.crt", "-keyfile", f"{folder}/{ca}.key")


def make(folder):
    os.makedirs(folder)
    with open(f"{folder}/ca.conf", "w", encoding="utf-8") as f:
        f.write(CONFIG.format(folder=folder))
    with open(f"{folder}/index", "w", encoding="utf-8"):
        pass
    with open(f"{folder}/serial", "w", encoding="utf-8") as f:
        f.write("1000\n")
    authority(folder, "ca")
    authority(folder, "stranger")
    run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out",
        f"{folder}/key.pem")
    sign(folder, "good", NAMES, -1, 2)
    sign(folder, "host", "DNS:www.example.com", -1, 2)
    sign(folder, "expired", NAMES, -9, -1)
    sign(folder, "future", NAMES, 1, 2)
    sign(folder, "other", NAMES, -1, 2, "stranger")
    for name in ("ca.crt", "stranger.crt"):
        os.chmod(f"{folder}/{name}", 0o644)
