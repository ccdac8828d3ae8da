# SPDX-License-Identifier: Apache-2.0
"""The one table: what may be wrong with the world outside, at which step, and how a run must end.

Where a world mends, what is scaled down is its time alone: minutes of an outage are seconds here."""

import dataclasses
import itertools
import typing

import kube
import names
from serve import Trouble


@dataclasses.dataclass
class Row:
    """end: "Schedulable" or a fault; "FAULT at last": it is tried again until the time of the step, or
    of the run, is over, and the run may end as that, after it was tried again for this fault.
    most: requests that a world in trouble may get; by_connects: connections are counted instead.
    or_end: what is as right, for two deadlines race.
    mended_after: seconds from the start, where the troubles themselves do not say it."""
    name: str
    step: str
    what: str
    end: str
    most: int = 40
    troubles: dict = dataclasses.field(default_factory=dict)
    config: dict = dataclasses.field(default_factory=dict)
    env: dict = dataclasses.field(default_factory=dict)
    world: tuple = ()
    by_connects: bool = False
    or_end: str = ""
    mended_after: typing.Optional[float] = None
    also: typing.Optional[typing.Callable] = None

    def is_right(self, end):
        """end: as row.py words it, "FAULT", or "TIME < FAULT, FAULT" and what was tried again."""
        fault = self.end.removesuffix(AT_LAST)
        before = end.partition(" < ")[2].split(", ")
        return end in (fault, self.or_end) or fault != self.end and fault in before


AT_LAST = " at last"


def at_last(fault):
    return fault + AT_LAST


GOOD = "Schedulable"
DOCUMENT = "GET /latest/dynamic"
TOKEN = "PUT /latest/api/token"
ROLE = "security-credentials"
LIST, DATA = "GET /?", "GET /life/data"
GET_NODE, PATCH, STATUS = "GET /api/v1/nodes/", "PATCH", "/status"
WATCH, EVENT = "watch=true", "POST /apis/events"
SHORT = {"budget.total": "10s"}
JOIN = {"join.timeout": "8s"}
USER_DATA = b"""MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="//"

--//
Content-Type: application/vnd.muster.node
Content-Transfer-Encoding: base64

*** no base64 ***
--//--
"""
PAGE = b"<html><body>Please log in to the network</body></html>"


def setting(path, value):
    """A change of the world: "s3.skew" and a value."""
    def change(world):
        *folders, name = path.split(".")
        for folder in folders:
            world = getattr(world, folder)
        setattr(world, name, value)
    return change


def absent(name, seconds=None):
    return lambda world: world.absent.update({name: seconds})


def later(seconds, path, value):
    return lambda world: world.later(seconds, lambda: setting(path, value)(world))


def refused(code, status=403):
    return {"status": status, "body": f"<Error><Code>{code}</Code></Error>".encode()}


def said(status, words="no", **headers):
    return {"status": status, "headers": list(headers.items()),
            "body": {"kind": "Status", "code": status, "message": words}}


def gap_of(seconds):
    """Nothing may be asked again before the time that the server named."""
    def look(_, troubles):
        moments = troubles[0].moments
        gaps = [b - a for a, b in zip(moments, moments[1:])]
        return [f"asked again after {g:.2f} s" for g in gaps if g < seconds]
    return look


def asked_in(name, region):
    """Every signed request went to the region's own name."""
    def look(world, _):
        hosts = world.services[name].hosts
        return [] if hosts and all(region in h for h in hosts) else [f"{name} was asked at {hosts}"]
    return look


def hollow(_, count=itertools.count(1)):
    """Every page names a new one after it."""
    return (f"<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>{next(count)}"
            "</NextContinuationToken></ListBucketResult>").encode()


def drop_cordon(node):
    node["spec"].pop("unschedulable", None)


def row(step, name, what, end, service=None, trouble=None, **more):
    if trouble:
        more["troubles"] = {service: trouble}
    return Row(name=name, step=step, what=what, end=end, **more)


def imds(name, what, end, trouble=None, **more):
    return row("identify", "imds-" + name, "IMDS " + what, end, "imds", trouble, **more)


def s3(name, what, end, trouble=None, **more):
    return row("fetch", "s3-" + name, "S3 " + what, end, "s3", trouble, **more)


def eks(name, what, end, trouble=None, **more):
    return row("join", "eks-" + name, "EKS " + what, end, "eks", trouble, **more)


def api(name, what, end, trouble=None, step="join", **more):
    return row(step, "api-" + name, "API server " + what, end, "api", trouble, **more)


IMDS = [
    imds("late", "answers nothing for 4 s", GOOD, Trouble("hang", seconds=4), most=20,
         config={"identity.wait": "20s"}),
    imds("absent-first", "is not there for 4 s", GOOD, by_connects=True, most=60,
         world=(absent("imds", 4),), config={"identity.wait": "20s"}),
    imds("absent", "is never there", "identity.unreachable", by_connects=True, most=80,
         world=(absent("imds"),), config={"identity.wait": "500ms"}),
    imds("silent", "takes connections and never answers", at_last("identity.unreachable"),
         Trouble("hang"), most=12, config={"budget.total": "12s", "identity.wait": "1s"}),
    imds("slow", "takes 0.7 s for each answer", GOOD, Trouble("slow", delay=0.7), most=40),
    imds("very-slow", "takes 2.5 s for each answer, for 20 s", GOOD,
         Trouble("slow", delay=2.5, seconds=20), most=30),
    imds("no-v2", "knows no tokens (404)", "imds.v1_only", Trouble("status", TOKEN, status=404),
         most=2),
    imds("no-put", "knows no tokens (405)", "imds.v1_only", Trouble("status", TOKEN, status=405),
         most=2),
    imds("token-403", "refuses a token (403)", "imds.forbidden",
         Trouble("status", TOKEN, status=403), most=2),
    imds("token-401", "refuses a token (401)", "imds.forbidden",
         Trouble("status", TOKEN, status=401), most=2),
    imds("expired", "takes the first token no longer", GOOD,
         Trouble("status", DOCUMENT, status=401, times=1), most=1),
    imds("get-401", "gives tokens and does not take them", "imds.forbidden",
         Trouble("status", "GET", status=401), most=3),
    imds("portal", "is a login page", at_last("imds.invalid"), Trouble("body", body=PAGE),
         config=SHORT, most=20),
    imds("portal-first", "is a login page, 3 times", GOOD, Trouble("body", body=PAGE, times=3),
         most=3, config={"identity.wait": "20s"}),
    imds("noise", "does not speak HTTP", at_last("identity.unreachable"), Trouble("noise"), config=SHORT,
         most=80),
    imds("closes", "closes every connection, for 3 s", GOOD, Trouble("close", seconds=3), most=30,
         config={"identity.wait": "20s"}),
    imds("garbage", "has a document that is none", at_last("imds.invalid"),
         Trouble("body", DOCUMENT, body=b'{"instanceId": '), config=SHORT, most=20),
    imds("nobody", "has a document without an id", at_last("imds.invalid"),
         Trouble("body", DOCUMENT, body=b'{"region": "us-west-2"}'), config=SHORT, most=20),
    imds("endless", "has a document without an end", at_last("net.too_large"),
         Trouble("endless", DOCUMENT), config=SHORT, most=20),
    imds("cut", "cuts the document short, twice", GOOD, Trouble("cut", DOCUMENT, at=40, times=2),
         most=2),
    imds("stalls", "stops in the middle of the document, once", GOOD,
         Trouble("stall", DOCUMENT, at=40, times=1), most=1),
    imds("500", "says 500, 5 times", GOOD, Trouble("status", status=500, times=5), most=5,
         config={"identity.wait": "20s"}),
    imds("503", "says 503", at_last("identity.unreachable"), Trouble("status", status=503),
         config={"budget.total": "10s", "identity.wait": "1s"}, most=60),
    imds("disabled", "is switched off by the environment", "imds.disabled",
         env={"AWS_EC2_METADATA_DISABLED": "true"}),
    imds("no-region", "names a region that is none", at_last("identity.invalid"), config=SHORT,
         world=(setting("region", "Moon Base"),)),
    imds("two-regions", "names one region, configuration another: S3 and EKS are asked there", GOOD,
         world=(setting("bucket_region", "us-east-1"),), config={"cluster.region": "us-east-1"},
         also=asked_in("eks", "us-east-1")),
    imds("user-data", "has user data that cannot be decoded", "config.user_data",
         world=(setting("imds.user_data", USER_DATA),)),
    imds("role-late", "has no role for 3 s", GOOD, Trouble("status", ROLE, status=404, seconds=3),
         most=12, config={"identity.wait": "20s"}),
    imds("no-role", "has no role", "creds.none", Trouble("status", ROLE, status=404), most=4),
    imds("role-garbage", "has credentials without a secret", "creds.invalid",
         Trouble("body", ROLE + "/node", body={"AccessKeyId": "ASIAGOOD"}), most=2),
]

S3 = [
    s3("500", "says 500, 6 times", GOOD, Trouble("status", times=6, **refused("InternalError", 500)),
       most=6),
    s3("500-ever", "says 500", at_last("s3.unavailable"),
       Trouble("status", **refused("InternalError", 500)), config=SHORT, most=60),
    s3("slowdown", "says 503 SlowDown, 6 times", GOOD,
       Trouble("status", times=6, **refused("SlowDown", 503)), most=6),
    s3("slowdown-ever", "says 503 SlowDown", at_last("s3.throttled"),
       Trouble("status", **refused("SlowDown", 503)), config=SHORT, most=60),
    s3("retry-after", "says 503 with Retry-After: 1, 3 times", GOOD,
       Trouble("status", LIST, times=3, status=503, headers=[("Retry-After", "1")]), most=3,
       also=gap_of(1)),
    s3("expired", "finds the credentials expired until IMDS has new ones", GOOD, most=30,
       troubles={"imds": Trouble("change", ROLE + "/node", seconds=3,
                                    change=lambda b: b.replace(b"ASIAGOOD", b"ASIAOLD0"))}),
    s3("403", "says 403", "s3.forbidden", Trouble("status", **refused("AccessDenied")), most=1),
    s3("key", "does not know the key", "s3.bad_credentials",
       Trouble("status", **refused("InvalidAccessKeyId")), most=1),
    s3("signature", "finds the signature wrong", "s3.bad_signature",
       Trouble("status", **refused("SignatureDoesNotMatch")), most=1),
    s3("no-bucket", "has no such bucket", "s3.no_bucket",
       Trouble("status", **refused("NoSuchBucket", 404)), most=1),
    s3("404", "has no such object", "s3.not_found",
       config={"lifecycle.source": "s3://bundles/none.tar.gz"}),
    s3("empty", "has nothing below the prefix", "bundle.empty",
       config={"lifecycle.source": "s3://bundles/none/"}),
    s3("301", "sends to another region", GOOD, world=(setting("bucket_region", "us-east-1"),)),
    s3("301-ever", "sends to another region again and again", "s3.redirect",
       Trouble("status", status=301, headers=[("x-amz-bucket-region", "us-east-1")]), most=2),
    s3("cut", "cuts every transfer after 200 kB", GOOD, Trouble("cut", DATA, at=200000), most=10),
    s3("cut-list", "cuts the listing short, twice", GOOD, Trouble("cut", LIST, at=50, times=2),
       most=2),
    s3("cut-ever", "closes every transfer at its first byte", at_last("net.closed"),
       Trouble("cut", DATA, at=0), config=SHORT, most=60),
    s3("stall", "stalls at byte 300,000, once", GOOD, Trouble("stall", DATA, at=300000, times=1),
       most=1),
    s3("archive-short", "has an archive that is cut short", "bundle.archive",
       Trouble("change", "GET /life.tar.gz", change=lambda b: b[:len(b) // 2]), most=2,
       config={"lifecycle.source": "s3://bundles/life.tar.gz"}),
    s3("archive-bits", "has an archive with wrong bytes", "bundle.archive",
       Trouble("change", "GET /life.tar.gz",
               change=lambda b: b[:400] + bytes(x ^ 255 for x in b[400:440]) + b[440:]), most=2,
       config={"lifecycle.source": "s3://bundles/life.tar.gz"}),
    s3("digest", "has a bundle of another digest", "fetch.digest",
       config={"lifecycle.digest": "sha256-" + "0" * 64}),
    s3("endless-list", "lists without an end", at_last("net.too_large"), Trouble("endless", LIST),
       config=SHORT, most=20),
    s3("endless", "has an archive without an end", "bundle.archive",
       Trouble("endless", "GET /life.tar.gz"), most=2,
       config={"lifecycle.source": "s3://bundles/life.tar.gz", "lifecycle.maxBytes": "8Mi"}),
    s3("longer", "sends more than it listed", "bundle.archive",
       Trouble("change", DATA, change=lambda b: b + b"more"), most=2),
    s3("repeats", "repeats its continuation token", at_last("s3.xml"),
       Trouble("body", LIST, body=b"<ListBucketResult><IsTruncated>true</IsTruncated><Next"
               b"ContinuationToken>1</NextContinuationToken></ListBucketResult>"),
       config=SHORT, most=40),
    s3("circle", "lists in a circle", at_last("s3.xml"), Trouble("change", LIST, change=bytes),
       config=SHORT, most=60, world=(setting("s3.page", 1), setting("s3.circle", True))),
    s3("hollow", "lists page after page of nothing", at_last("s3.xml"),
       Trouble("change", LIST, change=hollow), config=SHORT, most=200),
    s3("portal", "is a login page", at_last("s3.xml"), Trouble("body", body=PAGE), config=SHORT,
       most=20),
    s3("changed", "has another object by now, once", GOOD,
       Trouble("status", DATA, times=1, **refused("PreconditionFailed", 412)), most=1),
    s3("clock", "finds the clock wrong", at_last("s3.clock_skew"), config=SHORT,
       world=(setting("s3.skew", 86400),)),
    s3("clock-first", "finds the clock wrong for 4 s", GOOD, mended_after=4,
       world=(setting("s3.skew", 86400), later(4, "s3.skew", 0))),
]

EKS = [
    eks("404", "knows no such cluster", "eks.not_found", Trouble("status", status=404), most=1),
    eks("403", "says 403", "eks.forbidden", Trouble("status", status=403), most=1),
    eks("400", "says 400", "eks.refused", Trouble("status", status=400), most=1),
    eks("expired", "finds the credentials expired, 4 times", GOOD,
        Trouble("status", times=4, status=403, body=b'{"message": "ExpiredTokenException"}'),
        most=4),
    eks("429", "throttles 5 times", GOOD,
        Trouble("status", times=5, status=429, body=b'{"message": "Throttling"}'), most=5),
    eks("429-ever", "throttles", at_last("eks.throttled"),
        Trouble("status", status=429, body=b'{"message": "Throttling"}'), config=JOIN, most=60),
    eks("500", "says 500", at_last("eks.unavailable"), Trouble("status", status=500), config=JOIN, most=60),
    eks("portal", "is a login page", at_last("eks.invalid"), Trouble("body", body=PAGE), config=JOIN,
        most=20),
    eks("noise", "does not speak HTTP", at_last("net.transport"), Trouble("noise"), config=JOIN,
        most=60),
    eks("portal-first", "is a login page, 3 times", GOOD, Trouble("body", body=PAGE, times=3),
        most=3),
    eks("creating", "describes a cluster that has no endpoint yet", "cluster.incomplete",
        Trouble("body", body={"cluster": {"name": "c1", "status": "CREATING"}}), most=1),
]

API = [
    api("absent-first", "is not there for 4 s", GOOD, world=(absent("api", 4),), by_connects=True,
        most=60),
    api("absent", "is never there", at_last("net.connect"), world=(absent("api"),), by_connects=True,
        config=JOIN, most=60),
    api("silent", "takes connections and never answers", at_last("net.timeout"), Trouble("hang"),
        config=JOIN, most=20, or_end="join.timeout < nothing"),
    api("401", "says 401", "kube.unauthorized", Trouble("status", **said(401)), most=8),
    api("403-name", "does not let it be this Node (403)", at_last("join.name_refused"),
        Trouble("status", GET_NODE, **said(403)), config=JOIN, most=30),
    api("403-name-first", "does not let it be this Node (403), for 3 s", GOOD,
        Trouble("status", GET_NODE, seconds=3, **said(403)), most=30),
    api("403-right", "does not allow a patch (403)", "kube.forbidden",
        Trouble("status", PATCH, **said(403)), most=4),
    api("409", "says 409, once", GOOD, Trouble("status", PATCH, times=1, **said(409)), most=1),
    api("409-ever", "says 409", at_last("kube.conflict"), Trouble("status", PATCH, **said(409)),
        config={"join.timeout": "25s"}, most=160),
    api("410", "has forgotten the version of every watch, 3 times", GOOD,
        Trouble("status", WATCH, times=3, **said(410)), most=3,
        world=(setting("kubelet_after", 3),)),
    api("429", "says 429 with Retry-After: 1, 3 times", GOOD,
        Trouble("status", times=3, **said(429, **{"Retry-After": "1"})), most=3, also=gap_of(1)),
    api("429-ever", "says 429", at_last("kube.throttled"), Trouble("status", **said(429)), config=JOIN,
        most=60),
    api("500", "says 500, 6 times", GOOD, Trouble("status", times=6, **said(500)), most=6),
    api("503-ever", "says 503", at_last("kube.unavailable"), Trouble("status", **said(503)), config=JOIN,
        most=60),
    api("422", "finds a patch invalid", "kube.invalid", Trouble("status", PATCH, **said(422)),
        most=4),
    api("418", "refuses in a way of its own", "kube.refused", Trouble("status", **said(418)),
        most=2),
    api("portal", "is a login page", "kube.protocol", Trouble("body", body=PAGE), most=2),
    api("portal-404", "is a web server that knows no such page", "kube.protocol",
        Trouble("status", status=404, body=PAGE), most=2),
    api("watch-closes", "closes every watch at once, for 5 s", GOOD,
        Trouble("body", WATCH, body=b"", seconds=5), world=(setting("kubelet_after", 6),), most=20),
    api("watch-hangs", "never says anything in its first watch", GOOD,
        Trouble("hang", WATCH, times=1), world=(setting("kubelet_after", 1),), most=1),
    api("watch-replays", "replays old events in every watch, for 4 s", GOOD,
        Trouble("act", WATCH, act=kube.replay, seconds=4), world=(setting("kubelet_after", 5),),
        most=60),
    api("watch-garbage", "sends garbage in its watch, 3 times", GOOD,
        Trouble("body", WATCH, body=PAGE + b"\n", times=3), world=(setting("kubelet_after", 3),),
        most=3),
    api("no-kubelet", "never gets a Node from the kubelet", at_last("join.not_registered"),
        world=(setting("kubelet_after", None),), config={"join.timeout": "12s"}),
    api("404", "has lost the Node that it has just shown", "kube.not_found",
        Trouble("status", PATCH, **said(404)), config={"report.gate": "label"}, most=10),
    api("no-version", "is not asked: nothing says which kubelet this is", "join.kubelet_version",
        config={"cluster.version": None}),
    api("webhook", "has a webhook that takes the cordon away", at_last("gate.not_closed"),
        world=(setting("api.webhook", drop_cordon),), config=JOIN),
    api("events", "does not take events (403)", GOOD, Trouble("status", EVENT, **said(403)), most=2,
        step="report"),
    api("report-403", "does not allow the label (403)", "report.refused",
        Trouble("status", PATCH, when="closed", **said(403)), most=4, step="report"),
    api("report-500", "says 500 to the report, 6 times", GOOD,
        Trouble("status", "/api/v1/nodes/", when="closed", times=6, **said(500)), most=6,
        step="report"),
    api("gone-node", "has the Node no longer", at_last("report.no_node"),
        Trouble("status", GET_NODE, when="closed", **said(404)), config={"report.timeout": "8s"},
        most=30, step="report"),
]


def plugins(name, what, end, trouble=None, **more):
    """Waits for devices that are there after 3 s, unless `world` says something else."""
    more.setdefault("world", (setting("devices_after", 3),))
    return row("plugins", "plugins-" + name, "API server " + what, end, "api", trouble,
               config={"plugins.expect": {"example.com/device": 2}, "plugins.timeout": "12s"},
               **more)


PLUGINS = [
    plugins("never", "never shows the devices", at_last("plugins.missing"), world=()),
    plugins("500", "says 500 to the wait, 6 times", GOOD,
            Trouble("status", "/api/v1/nodes?", when="closed", times=6, **said(500)), most=6),
    plugins("watch-closes", "closes every watch at once, for 2 s", GOOD,
            Trouble("body", WATCH, when="closed", body=b"", seconds=2), most=20),
    plugins("gone", "is out of reach in the middle of a watch, for 4 s", GOOD,
            Trouble("gone", WATCH, when="closed", times=1, gone=4), by_connects=True, most=60),
]


def tls(name, service, step, what, end, cert, **more):
    return row(step, f"tls-{service}-{name}", what, end, service,
               Trouble("cert", "TLS", cert=cert, **more.pop("trouble", {})), **more)


TLS = [
    tls("host", "s3", "fetch", "S3's certificate is for another host", "net.tls", "host", most=2),
    tls("ca", "s3", "fetch", "S3's certificate is of an unknown authority", "net.tls", "other",
        most=2),
    tls("expired", "s3", "fetch", "S3's certificate has expired, or the clock is fast",
        at_last("net.clock"), "expired", config=SHORT, most=20),
    tls("future", "s3", "fetch", "the clock is a day slow, for 4 s", GOOD, "future", most=20,
        trouble={"seconds": 4}),
    tls("host", "api", "join", "the API server's certificate is for another host", "kube.tls",
        "host", most=2),
    tls("ca", "api", "join", "the API server's certificate is of another CA", "kube.tls", "other",
        most=2),
    tls("expired", "api", "join", "the API server's certificate has expired, or the clock is fast",
        at_last("net.clock"), "expired", config=JOIN, most=20),
    tls("future", "api", "join", "the clock is a day slow when it joins, for 4 s", GOOD, "future",
        most=20, trouble={"seconds": 4}),
    row("fetch", "tls-roots", "the file of trusted certificates is not there", "net.ca",
        env={"AWS_CA_BUNDLE": "/nowhere/ca.crt"}),
]


def dns(name, what, end, kind, match="A ", **more):
    return row("fetch", "dns-" + name, "DNS " + what, end, "dns",
               Trouble(kind, match, **more.pop("trouble", {})), **more)


DNS = [
    dns("silent-first", "answers nothing for 4 s", GOOD, "drop", most=20, trouble={"seconds": 4}),
    dns("silent", "answers nothing", at_last("net.dns"), "drop", most=60,
        config={"budget.total": "30s"}),
    dns("servfail", "fails (SERVFAIL), for 3 s", GOOD, "servfail", most=60, trouble={"seconds": 3}),
    dns("nxdomain", "knows no such name, for 3 s", GOOD, "nxdomain", most=60,
        trouble={"seconds": 3}),
    dns("nxdomain-ever", "knows no such name", at_last("net.dns"), "nxdomain", most=80,
        config=SHORT),
    dns("late", "takes 0.7 s for each answer", GOOD, "late", trouble={"delay": 0.7}, most=60),
    dns("wrong", "names a machine that does not listen, for 3 s", GOOD, "wrong", most=60,
        trouble={"to": "10.9.1.53", "seconds": 3}),
    dns("hole", "names a machine that is not there", at_last("net.connect"), "wrong", most=20,
        trouble={"to": "10.9.1.99"}, config={"budget.total": "48s"}),
]


def proxy(name, what, end, trouble=None, **more):
    return row("fetch", "proxy-" + name, "the proxy " + what, end, "proxy", trouble,
               env={"HTTPS_PROXY": "http://10.9.1.4:3128"}, **more)


PROXY = [
    proxy("good", "does its work", GOOD),
    proxy("eats", "says yes and swallows everything, once", GOOD,
          Trouble("act", act=names.eat, times=1), most=1),
    proxy("eats-ever", "says yes and swallows everything", at_last("net.connect"),
          Trouble("act", act=names.eat), config={"budget.total": "48s"}, most=20),
    proxy("502", "says 502, 5 times", GOOD, Trouble("status", status=502, times=5), most=5),
    proxy("407", "wants a password", at_last("net.proxy"), Trouble("status", status=407),
          config=SHORT, most=60),
    proxy("absent", "is not there", at_last("net.connect"), world=(absent("proxy"),), config=SHORT,
          by_connects=True, most=80),
]


def gone(step, name, where, service, match, **more):
    return row(step, "gone-" + name, f"the network goes {where}, for 4 s", GOOD, service,
               Trouble("gone", match, times=1, gone=4, when=more.pop("when", None)),
               by_connects=True, most=60, **more)


NETWORK = [
    row("identify", "route-late", "the network comes after 3 s", GOOD, by_connects=True, most=60,
        world=(setting("route_after", 3),), config={"identity.wait": "20s"}),
    gone("identify", "token", "before the first token", "imds", TOKEN,
         config={"identity.wait": "20s"}),
    gone("identify", "document", "before the identity document", "imds", DOCUMENT,
         config={"identity.wait": "20s"}),
    gone("fetch", "role", "before the role's credentials", "imds", ROLE + "/node"),
    gone("fetch", "list", "before the listing", "s3", LIST),
    gone("fetch", "data", "before an object", "s3", DATA),
    gone("join", "eks", "before the cluster is described", "eks", "GET /clusters"),
    gone("join", "get", "before the Node is looked at", "api", GET_NODE),
    gone("join", "watch", "in the middle of a watch", "api", WATCH,
         world=(setting("kubelet_after", 2),)),
    gone("join", "close", "while the gate is closed", "api", PATCH),
    gone("report", "status", "before the condition is set", "api", STATUS, when="closed"),
    gone("report", "label", "while the gate is opened", "api", PATCH, when="true condition"),
    gone("report", "event", "before the event", "api", EVENT),
]

CLASSES = {"metadata service": IMDS, "S3": S3, "EKS": EKS, "API server": API, "device plugins": PLUGINS,
           "TLS": TLS, "DNS": DNS, "proxy": PROXY, "network": NETWORK}
ROWS = [row("all", "none", "nothing is wrong", GOOD), *(r for rows in CLASSES.values() for r in rows)]
