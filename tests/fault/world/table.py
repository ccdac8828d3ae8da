# SPDX-License-Identifier: Apache-2.0
"""The one table: what may be wrong with the world outside, at which step, and how a run must end."""

import dataclasses
import typing

from serve import Trouble


@dataclasses.dataclass
class Row:
    """end: "Schedulable", a fault, or "budget.exhausted < " and the fault that used it up.
    most: requests that a world in trouble may get; by_connects: connections are counted instead."""
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
    also: typing.Optional[typing.Callable] = None


GOOD = "Schedulable"
DOCUMENT = "GET /latest/dynamic"
TOKEN = "PUT /latest/api/token"

ROWS = [
    Row("none", "all", "nothing is wrong", GOOD),
    Row("imds-late", "identify", "IMDS answers nothing for 4 s", GOOD, most=20,
        troubles={"imds": Trouble("hang", seconds=4)}, config={"identity.wait": "20s"}),
    Row("s3-slowdown", "fetch", "S3: 503 SlowDown, 6 times", GOOD, most=6,
        troubles={"s3": Trouble("status", status=503, times=6,
                                body=b"<Error><Code>SlowDown</Code></Error>")}),
    Row("imds-v1", "identify", "IMDS has no version 2: 404 for a token", "imds.v1_only", most=2,
        troubles={"imds": Trouble("status", TOKEN, status=404)}),
    Row("api-401", "join", "API: 401", "kube.unauthorized", most=8,
        troubles={"api": Trouble("status", status=401)}),
]
