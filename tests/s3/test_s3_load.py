"""Loads through DuckDB with the lake on S3: landed once, replayed, and whole after a crash or a race."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from loaders import lake as lakes
from loaders.errors import LakeError
from loaders.lake.s3 import S3Lake
from loaders.rejects import replay
from loaders.settings import PROJECT_ROOT, Settings
from tests.loaders.conftest import Bank
from tests.s3.conftest import Server
from tests.s3.faults import Fault, FaultProxy
from tests.s3.servers import REGION

CSV = "id,day,amount\na,2025-01-01,1.50\nb,2025-01-02,2\nc,bad,3\n"
MakeBank = Callable[..., Bank]


@pytest.fixture
def make_bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeBank:
    """Make a bank with a warehouse of its own, whose lake is the server's bucket."""

    def make(server: Server, name: str = "one", **options: Any) -> Bank:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret_key)
        project = tmp_path / name
        ops = project / "models" / "staging" / "ops"
        ops.mkdir(parents=True)
        source = PROJECT_ROOT / "models" / "staging" / "ops" / "_ops__sources.yml"
        (ops / source.name).write_text(source.read_text())
        values = {"lake": f"s3://{server.bucket}/lake", "s3_endpoint": server.endpoint, "aws_region": REGION}
        values |= {"project_dir": project, "memory_limit": "1GB", "s3_timeout": 10, "s3_attempts": 3}
        return Bank(Settings(_env_file=None, **{**values, **options}))

    return make


def manifest(server: Server, name: str) -> list[dict[str, Any]]:
    [body] = [body for key, body in server.bodies().items() if key.endswith(f"/{name}")]
    entries: list[dict[str, Any]] = json.loads(body)["entries"]
    return entries


def test_a_load_lands_once_with_manifests_that_copy_can_read(server: Server, make_bank: MakeBank) -> None:
    bank = make_bank(server)
    result = bank.load_file("sales.csv", CSV)
    assert (result.status, result.rows_loaded, result.rows_dead) == ("loaded", 2, 1), result.error
    bank.check_books()
    bodies = server.bodies()
    names = ["dead-00000.parquet", "dead-manifest.json", "manifest.json", "part-00000.parquet"]
    assert sorted(key.rpartition("/")[2] for key in bodies) == names
    for name, rows in (("manifest.json", 2), ("dead-manifest.json", 1)):
        [entry] = manifest(server, name)
        body = bodies[entry["url"].removeprefix(f"s3://{server.bucket}/")]
        digest = hashlib.sha256(body).hexdigest()
        assert entry["mandatory"] is True
        assert entry["meta"] == {"content_length": len(body), "record_count": rows, "sha256": digest}
        assert pq.read_table(io.BytesIO(body)).num_rows == rows
    [row] = bank.query("select manifest from ops.load_ledger")
    assert f"lake/{row['manifest']}" in bodies
    assert {r.status for r in bank.load().results} == {"already_loaded"}
    assert server.bodies() == bodies
    assert list(bank.settings.scratch.iterdir()) == []


def test_a_fresh_warehouse_loads_the_same_objects_again(server: Server, make_bank: MakeBank) -> None:
    first, second = make_bank(server), make_bank(server, "two")
    first.load_file("sales.csv", CSV)
    bodies = server.bodies()
    assert second.load_file("sales.csv", CSV).rows_loaded == 2
    assert server.bodies() == bodies
    assert first.rows("id, day, amount") == second.rows("id, day, amount")


def test_dead_letters_are_replayed_into_the_lake(server: Server, make_bank: MakeBank) -> None:
    bank = make_bank(server)
    text = "id,day,amount,kind\na,2025-01-01,1.50,abcd\nb,2025-01-02,2,xyz\n"
    assert bank.load_file("sales.csv", text).rows_dead == 1
    bank.contract = bank.contract.replace("varchar(3)", "varchar(4)")
    bank.declare()
    [result] = replay(bank.settings, bank.mapping()).results
    assert (result.status, result.rows_loaded, result.rows_dead) == ("loaded", 1, 0), result.error
    bank.check_books()
    manifests = bank.query("select manifest from ops.load_ledger order by load_id")
    assert {f"lake/{row['manifest']}" for row in manifests} <= server.bodies().keys()
    assert len(manifests) == 2


def test_other_bytes_in_the_lake_stop_the_load(server: Server, make_bank: MakeBank) -> None:
    make_bank(server).load_file("sales.csv", CSV)
    [key] = [key for key in server.bodies() if "part-" in key]
    server.client.put_object(Bucket=server.bucket, Key=key, Body=b"x")
    other = make_bank(server, "two")
    result = other.load_file("sales.csv", CSV)
    assert (result.status, result.exit_code) == ("failed", LakeError.exit_code)
    assert f"other bytes at s3://{server.bucket}/{key}" in result.error
    assert other.rows() == other.rows("*", "ops.load_ledger") == []
    assert server.bodies()[key] == b"x"


@pytest.mark.parametrize(
    "name", ["part-00000.parquet", "dead-00000.parquet", "dead-manifest.json", "manifest.json"]
)
def test_a_crash_before_or_after_any_object_is_mended_by_the_next_load(
    moto_server: Server, make_bank: MakeBank, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    bank, put = make_bank(moto_server), S3Lake.put
    path = bank.write("sales.csv", CSV)

    def crash(after: bool) -> None:
        def crashing(lake: S3Lake, key: str, *arguments: Any) -> None:
            hit = key.endswith(f"/{name}")
            if not hit or after:
                put(lake, key, *arguments)
            if hit:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(S3Lake, "put", crashing)
            with pytest.raises(KeyboardInterrupt):
                bank.load(path)
        assert bank.rows() == bank.dead() == bank.rows("*", "ops.load_ledger") == []

    crash(after=False)
    assert not any(key.endswith(f"/{name}") for key in moto_server.bodies())
    crash(after=True)
    left = moto_server.bodies()
    assert any(key.endswith(f"/{name}") for key in left)
    assert bank.load(path).rows_loaded == 2
    assert left.items() <= moto_server.bodies().items()
    assert len(moto_server.bodies()) == 4
    bank.check_books()


def test_two_loaders_that_publish_the_same_at_once_agree(server: Server, make_bank: MakeBank) -> None:
    banks = [make_bank(server, name) for name in ("one", "two")]
    for i in range(6):
        for bank in banks:
            bank.write(f"sales_{i}.csv", CSV.replace("a,", f"a{i},"))
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda bank: bank.load(), banks))
    for bank, report in zip(banks, reports, strict=True):
        assert [result.error for result in report.results] == [None] * 6
        bank.check_books()
    assert len(server.bodies()) == 6 * 4
    assert banks[0].rows("id, day, amount") == banks[1].rows("id, day, amount")


@pytest.mark.parametrize("seed", range(3))
def test_loads_through_a_bad_network_lose_nothing(
    seaweed_server: Server, make_bank: MakeBank, seed: int
) -> None:
    kinds = ("500", "500 after", "reset after", "torn", "412", "409", "cut")
    with FaultProxy(seaweed_server.endpoint, seed=seed, rate=0.4, kinds=kinds) as proxy:
        bank = make_bank(seaweed_server, s3_endpoint=proxy.endpoint, s3_attempts=4)
        for i in range(6):
            bank.write(f"sales_{i}.csv", CSV.replace("a,", f"a{i},"))
        for _ in range(10):
            report = _load_or_none(bank)
            if report is not None and report.exit_code == 0:
                break
        else:
            pytest.fail("ten loads were not enough")
        assert len(proxy.injected) >= 3
    assert bank.query("select count(*) as n from raw.shop__sales")[0]["n"] == 12
    bank.check_books()
    for key, body in seaweed_server.bodies().items():
        if key.endswith("manifest.json"):
            for entry in json.loads(body)["entries"]:
                part = seaweed_server.bodies()[entry["url"].removeprefix(f"s3://{seaweed_server.bucket}/")]
                assert hashlib.sha256(part).hexdigest() == entry["meta"]["sha256"]


def _load_or_none(bank: Bank) -> Any:
    try:
        return bank.load()
    except LakeError:  # the first look at the bucket failed
        return None


def test_a_lake_that_is_not_there_stops_before_the_first_file(
    seaweed_server: Server, make_bank: MakeBank
) -> None:
    bank = make_bank(seaweed_server, lake="s3://no-such-bucket/lake")
    bank.write("sales.csv", CSV)
    with pytest.raises(LakeError, match="There is no bucket no-such-bucket"):
        bank.load()


def test_a_fault_at_one_file_does_not_stop_the_others(seaweed_server: Server, make_bank: MakeBank) -> None:
    with FaultProxy(seaweed_server.endpoint, [Fault("403", "PUT")]) as proxy:
        bank = make_bank(seaweed_server, s3_endpoint=proxy.endpoint)
        bank.write("sales_1.csv", CSV)
        bank.write("sales_2.csv", CSV.replace("a,", "z,"))
        report = bank.load()
        assert bank.load().rows_loaded == 2
    assert [result.exit_code for result in report.results] == [LakeError.exit_code, 0]
    assert "Give this role s3:PutObject" in str(report.results[0].error)
    bank.check_books()


def test_slices_share_the_rows_of_a_large_file(moto_server: Server, make_bank: MakeBank) -> None:
    letters = str.maketrans("0123456789", "ghijklmnop")  # digits might be a card number
    lines = [
        f"{i},2025-01-02,{i % 977}.5,{hashlib.sha256(b'%d' % i).hexdigest()[:40].translate(letters)}\n"
        for i in range(120_000)
    ]
    text = "id,day,amount,note\n" + "".join(lines)
    bank = make_bank(moto_server, slices=2)
    assert bank.load_file("sales.csv", text).rows_loaded == 120_000
    entries = manifest(moto_server, "manifest.json")
    assert len(entries) == 2
    assert all(entry["meta"]["content_length"] >= 1 << 20 for entry in entries)
    assert sum(entry["meta"]["record_count"] for entry in entries) == 120_000
    assert bank.query("select count(distinct id) as n, max(_row_number) as last from raw.shop__sales") == [
        {"n": 120_000, "last": 120_000}
    ]
    whole = make_bank(moto_server, "two", slices=1)
    assert whole.load_file("sales.csv", text).rows_loaded == 120_000
    marks = {key.split("/")[-2] for key in moto_server.bodies()}
    assert len(marks) == 2  # other parts have another place, so that nothing is an alarm
    assert lakes.ROW_GROUP_ROWS > 120_000
