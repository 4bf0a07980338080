"""Faults on the way to S3: an upload ends right or fails clearly, and never leaves a torn object."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from botocore.retries.standard import ExponentialBackoff

from loaders.errors import LakeError
from loaders.lake import s3 as s3_lake
from loaders.lake.s3 import S3Lake
from tests.s3.conftest import MakeLake, Server
from tests.s3.faults import ANSWERS, KINDS, TORN, Fault, FaultProxy

Write = Callable[[bytes], tuple[Path, str]]

PIECE = 5 << 20  # the least that S3 takes as a piece that is not the last
SMALL, LARGE = b"rows" * 1000, bytes(range(256)) * (PIECE // 256) + b"more"
KEY, FULL_KEY = "raw/part-00000.parquet", "a/lake/raw/part-00000.parquet"
UPLOADS = {
    "whole": (SMALL, "PUT", FULL_KEY),
    "create": (LARGE, "POST", "?uploads"),
    "first piece": (LARGE, "PUT", "partNumber=1"),
    "last piece": (LARGE, "PUT", "partNumber=2"),
    "complete": (LARGE, "POST", "?uploadId="),
}
MAY_PASS = [kind for kind in KINDS if kind not in ("412", "409")]
PASS = [*product(MAY_PASS, ["whole", "last piece", "complete"]), *product(["500", "torn"], UPLOADS)]
STAY = [
    *product(["500", "torn", "412"], UPLOADS),
    *product(["503", "hang", "reset after", "409"], ["whole", "complete"]),
]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pieces, and the same waits between attempts, but shorter."""
    monkeypatch.setattr(s3_lake, "CHUNK", PIECE)
    delay = ExponentialBackoff.delay_amount
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *arguments: delay(*arguments) / 20)


def lake_at(make_lake: MakeLake, server: Server, proxy: FaultProxy, attempts: int = 4) -> S3Lake:
    return make_lake(server, proxy.endpoint, s3_timeout=2, s3_attempts=attempts)


@pytest.mark.parametrize(("kind", "step"), sorted(set(PASS)))
def test_a_fault_that_passes_leaves_the_whole_object(
    seaweed_server: Server, make_lake: MakeLake, write: Write, step: str, kind: str
) -> None:
    body, method, part = UPLOADS[step]
    with FaultProxy(seaweed_server.endpoint, [Fault(kind, method, part)], hang=3) as proxy:
        lake_at(make_lake, seaweed_server, proxy).put(KEY, *write(body))
        assert [fault[0] for fault in proxy.injected] == [kind]
    assert seaweed_server.bodies() == {FULL_KEY: body}


@pytest.mark.parametrize("step", ["whole", "complete"])
@pytest.mark.parametrize("kind", ["412", "409"])
def test_a_condition_that_fails_for_nothing_is_tried_again(
    seaweed_server: Server, make_lake: MakeLake, write: Write, step: str, kind: str
) -> None:
    body, method, part = UPLOADS[step]
    with FaultProxy(seaweed_server.endpoint, [Fault(kind, method, part)]) as proxy:
        lake_at(make_lake, seaweed_server, proxy).put(KEY, *write(body))
        assert proxy.injected
    assert seaweed_server.bodies() == {FULL_KEY: body}
    assert seaweed_server.open_uploads() == []


@pytest.mark.parametrize(("kind", "step"), STAY)
def test_a_fault_that_stays_is_told_and_nothing_is_torn(
    seaweed_server: Server, make_lake: MakeLake, write: Write, step: str, kind: str
) -> None:
    body, method, part = UPLOADS[step]
    plan = [Fault(kind, method, part)] * 50
    with FaultProxy(seaweed_server.endpoint, plan, hang=3) as proxy:
        try:
            lake_at(make_lake, seaweed_server, proxy, attempts=2).put(KEY, *write(body))
        except LakeError as error:
            assert f"s3://{seaweed_server.bucket}/{FULL_KEY}" in str(error)
            assert error.hint
        else:
            assert kind == "reset after"  # the server had done it, and a second look found that out
        assert len(proxy.injected) >= 2
    assert set(seaweed_server.bodies().values()) <= {body}
    make_lake(seaweed_server).put(KEY, *write(body))  # the restart
    assert seaweed_server.bodies() == {FULL_KEY: body}


def test_a_torn_upload_is_no_object(seaweed_server: Server, make_lake: MakeLake, write: Write) -> None:
    with FaultProxy(seaweed_server.endpoint, [Fault("torn", "PUT")]) as proxy:
        with pytest.raises(LakeError, match="S3 gives no answer"):
            lake_at(make_lake, seaweed_server, proxy, attempts=1).put(KEY, *write(SMALL))
        assert proxy.injected
    assert seaweed_server.bodies() == {}


@pytest.mark.parametrize("kind", ["500", "503", "hang", "reset after", "cut"])
def test_a_read_that_breaks_is_repeated(
    seaweed_server: Server, make_lake: MakeLake, write: Write, tmp_path: Path, kind: str
) -> None:
    make_lake(seaweed_server).put(KEY, *write(LARGE))
    with FaultProxy(seaweed_server.endpoint, [Fault(kind, "GET")] * 2, hang=3) as proxy:
        lake = lake_at(make_lake, seaweed_server, proxy)
        assert lake.read(KEY) == LARGE
        assert len(proxy.injected) == 2
        proxy.plan = [Fault(kind, "GET")]
        assert lake.fetch(KEY, tmp_path / "copy").read_bytes() == LARGE
        assert len(proxy.injected) == 3


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("403", "Give this role s3:PutObject"),
        ("kms", "Mend BANKMART_KMS_KEY"),
        ("301", "Set BANKMART_AWS_REGION"),
    ],
)
def test_what_does_not_pass_is_told_at_once(
    seaweed_server: Server, make_lake: MakeLake, write: Write, kind: str, words: str
) -> None:
    with FaultProxy(seaweed_server.endpoint, [Fault(kind, "PUT")] * 9) as proxy:
        with pytest.raises(LakeError, match=words) as caught:
            lake_at(make_lake, seaweed_server, proxy).put(KEY, *write(SMALL))
        assert len(proxy.injected) <= 2  # botocore looks for the region once
        assert seaweed_server.bucket in str(caught.value)
    assert seaweed_server.bodies() == {}


@pytest.mark.parametrize("seed", range(4))
def test_many_objects_through_a_bad_network(
    seaweed_server: Server, make_lake: MakeLake, write: Write, seed: int
) -> None:
    """Every object ends whole, or its error is told and a restart without faults ends it."""
    kinds = [kind for kind in KINDS if "hang" not in kind]
    bodies = {f"raw/{i}": hashlib.sha256(b"%d" % i).digest() * 300 for i in range(15)}
    told = []
    with FaultProxy(seaweed_server.endpoint, seed=seed, rate=0.5, kinds=kinds) as proxy:
        lake = lake_at(make_lake, seaweed_server, proxy, attempts=3)
        for key, body in bodies.items():
            try:
                lake.put(key, *write(body))
            except LakeError as error:
                told.append(str(error))
        assert len(proxy.injected) >= 3
    assert not any("other bytes" in text for text in told)
    full = {f"a/lake/{key}": body for key, body in bodies.items()}
    found = seaweed_server.bodies()
    assert found.items() <= full.items()
    assert len(found) >= len(full) - len(told)
    again = make_lake(seaweed_server)
    for key, body in bodies.items():
        again.put(key, *write(body))
    assert seaweed_server.bodies() == full


def test_the_same_seed_breaks_the_same_requests(
    seaweed_server: Server, make_lake: MakeLake, write: Write
) -> None:
    found = []
    for key in ("first", "second"):
        with FaultProxy(seaweed_server.endpoint, seed=3, rate=0.5, kinds=("500", "torn")) as proxy:
            lake = lake_at(make_lake, seaweed_server, proxy, attempts=8)
            for i in range(5):
                lake.put(f"{key}/{i}", *write(SMALL))
            found.append([(kind, method) for kind, method, _ in proxy.injected])
    assert found[0] == found[1]
    assert found[0]


def test_the_seed_draws_from_all_kinds_and_each_is_known() -> None:
    assert set(KINDS) <= {*ANSWERS, *TORN, "hang", "500 after", "hang after", "reset after"}
