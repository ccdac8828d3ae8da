# SPDX-License-Identifier: Apache-2.0
"""Stand-ins for what Amazon runs: the metadata service, S3 with one bucket, EKS with one cluster.
Honest enough for a whole bring-up; what they are for is to stop being so."""

import datetime
import hashlib
import io
import re
import tarfile
import time
import urllib.parse

from serve import Answer, Service

INSTANCE, ZONE = "i-0fa017000000000001", "us-west-2b"
SCRIPT = b'#!/bin/sh\necho "$MUSTER_ATTEMPT" >>"$MUSTER_ROOT/ran"\n'
META = "/latest/meta-data/"


def stamp(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


class Keys:
    """The role's credentials, as IMDS hands them out and S3 and the API take them."""

    def __init__(self):
        self.current = "ASIAGOOD"


class Imds(Service):
    def __init__(self, world, address="169.254.169.254", port=80):
        super().__init__(address, port)
        self.world, self.token, self.user_data = world, "dG9rZW4=", None

    def document(self):
        return {"instanceId": INSTANCE, "instanceType": "m7i.large", "region": self.world.region,
                "availabilityZone": self.world.region + "b", "accountId": "123456789012",
                "imageId": "ami-0fa01700000000000", "privateIp": "10.9.0.2",
                "architecture": "x86_64", "pendingTime": "2026-01-01T00:00:00Z"}

    def role(self):
        return {"Code": "Success", "AccessKeyId": self.world.keys.current, "SecretAccessKey": "s",
                "Token": "t", "Expiration": stamp(time.time() + 21600).strftime("%FT%TZ")}

    def answer(self, request):
        if request.path == "/latest/api/token":
            return Answer(200 if request.command == "PUT" else 405, self.token.encode())
        if request.headers.get("X-aws-ec2-metadata-token") != self.token:
            return Answer(401)
        texts = {"/latest/dynamic/instance-identity/document": self.document(),
                 META + "local-hostname": b"ip-10-9-0-2.us-west-2.compute.internal",
                 META + "local-ipv4": b"10.9.0.2", META + "instance-life-cycle": b"on-demand",
                 "/latest/user-data": self.user_data,
                 META + "iam/security-credentials/": b"node",
                 META + "iam/security-credentials/node": self.role()}
        text = texts.get(request.path)
        return Answer(404) if text is None else Answer(200, text)


def error(status, code, words="", headers=()):
    return Answer(status, f"<Error><Code>{code}</Code><Message>{words}</Message></Error>".encode(),
                  headers)


def archive(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o755
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


class S3(Service):
    """Bucket "bundles" in world.bucket_region: life/ with a script and 600 kB, and life.tar.gz."""

    def __init__(self, world, cert):
        super().__init__("10.9.1.1", 443, cert)
        self.world, self.skew = world, 0
        files = {"on_create.sh": SCRIPT, "data": bytes(range(256)) * 2400}
        self.objects = {f"life/{k}": v for k, v in files.items()}
        self.objects["life.tar.gz"] = archive(files)
        self.page, self.circle = 1000, False

    def refusal(self, request):
        words = request.headers.get("Authorization", "")
        scope = re.search(r"Credential=([^/]+)/\d+/([^/]+)/s3/aws4_request", words)
        date = request.headers.get("x-amz-date", "")
        if not scope or not re.fullmatch(r"\d{8}T\d{6}Z", date):
            return error(403, "AccessDenied", "Access Denied")
        if scope[1] != self.world.keys.current:
            return error(400, "ExpiredToken", "The provided token has expired.")
        asked = datetime.datetime.strptime(date + "+0000", "%Y%m%dT%H%M%SZ%z").timestamp()
        if abs(time.time() + self.skew - asked) > 900:
            return error(403, "RequestTimeTooSkewed", "The difference is too large.",
                         [("x-date", stamp(time.time() + self.skew).isoformat())])
        if scope[2] != self.world.bucket_region:
            return error(301, "PermanentRedirect", "Elsewhere.",
                         [("x-amz-bucket-region", self.world.bucket_region)])
        return None

    def listing(self, query):
        keys = sorted(k for k in self.objects if k.startswith(query.get("prefix", "")))
        start = int(query.get("continuation-token", "0"))
        if self.circle:
            start = start % len(keys)
        text = "".join(f"<Contents><Key>{k}</Key><ETag>{self.etag(k)}</ETag><Size>"
                       f"{len(self.objects[k])}</Size></Contents>"
                       for k in keys[start:start + self.page])
        if start + self.page < len(keys) or self.circle:
            text += (f"<IsTruncated>true</IsTruncated><NextContinuationToken>{start + self.page}"
                     "</NextContinuationToken>")
        return Answer(200, f"<ListBucketResult>{text}</ListBucketResult>".encode())

    def etag(self, key):
        return f'"{hashlib.md5(self.objects[key]).hexdigest()}"'

    def answer(self, request):
        bad = self.refusal(request)
        if bad:
            return bad
        url = urllib.parse.urlsplit(request.path)
        if request.headers["Host"].split(".")[0] != "bundles":
            return error(404, "NoSuchBucket")
        if url.path == "/":
            return self.listing(dict(urllib.parse.parse_qsl(url.query)))
        key = urllib.parse.unquote(url.path[1:])
        if key not in self.objects:
            return error(404, "NoSuchKey")
        if request.headers.get("If-Match", self.etag(key)) != self.etag(key):
            return error(412, "PreconditionFailed")
        data, asked = self.objects[key], request.headers.get("Range")
        status, start = (206, int(asked[6:-1])) if asked else (200, 0)
        return Answer(status, data[start:], [("ETag", self.etag(key))])


class Eks(Service):
    def __init__(self, world, cert):
        super().__init__("10.9.1.2", 443, cert)
        self.world = world

    def answer(self, request):
        if request.path != "/clusters/c1":
            return Answer(404, {"message": "No cluster found"})
        return Answer(200, {"cluster": {
            "name": "c1", "status": "ACTIVE", "version": "1.35",
            "endpoint": "https://c1.gr7.us-west-2.eks.amazonaws.com",
            "certificateAuthority": {"data": self.world.authority},
            "kubernetesNetworkConfig": {"serviceIpv4Cidr": "10.96.0.0/16"}}})
