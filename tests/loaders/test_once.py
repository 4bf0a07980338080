"""Once and whole: the same content, pictures that come back, crashes, and the lake's bytes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from datetime import date
from typing import Any

import pyarrow.parquet as pq
import pytest

from loaders.errors import LakeError
from loaders.sources import plain
from loaders.warehouse import books
from loaders.warehouse.duckdb import DuckDBWarehouse

CSV = "id,day,amount\na,2025-01-01,1.50\nb,2025-01-02,2\n"


def test_the_same_content_twice_does_nothing_and_says_so(bank: Any) -> None:
    bank.load_file("sales.csv", CSV)
    before = bank.rows(), bank.rows("*", "ops.load_ledger")
    assert {r.status for r in bank.load().results} == {"already_loaded"}
    bank.write("sales_copy.csv", CSV)
    assert {r.status for r in bank.load().results} == {"already_loaded"}
    assert (bank.rows(), bank.rows("*", "ops.load_ledger")) == before


def test_a_picture_that_comes_back_on_a_later_day_is_a_picture_of_that_day(bank: Any) -> None:
    bank.contract = bank.contract.replace("delivery: events", "delivery: full")
    bank.declare()
    other = CSV.replace("a,", "z,")
    for day, content in ((1, CSV), (2, other), (3, CSV)):
        assert bank.load(bank.write("sales.csv", content), file_date=date(2025, 2, day)).rows_loaded == 2
        assert bank.load(file_date=date(2025, 2, day)).results[0].status == "already_loaded"
    bank.write("sales_again.csv", CSV)
    assert {r.status for r in bank.load(file_date=date(2025, 2, 3)).results} == {"already_loaded"}


def test_a_correction_that_is_taken_back_counts(bank: Any) -> None:
    bank.contract = bank.contract.replace("delivery: events", "delivery: full")
    bank.declare()
    for content in (CSV, CSV.replace("a,", "z,"), CSV):
        assert bank.load_file("sales.csv", content).status == "loaded"
    assert bank.load().results[0].status == "already_loaded"


def test_a_large_file_gives_the_same_bytes_whatever_the_threads(bank: Any) -> None:
    path = bank.write(
        "sales.csv", "id,day,amount\n" + "".join(f"{i},2025-01-02,{i % 977}.5\n" for i in range(400_000))
    )
    digests = set()
    for threads in (2, 1, 4):
        bank.settings = bank.settings.model_copy(update={"threads": threads})
        assert bank.load(path).rows_loaded == 400_000
        [part] = bank.settings.lake.rglob("part-*.parquet")
        digests.add(hashlib.sha256(part.read_bytes()).hexdigest())
        table = pq.read_table(part, columns=["id", "_row_number"])
        assert [int(i) + 1 for i in table["id"].to_pylist()] == table["_row_number"].to_pylist()
        shutil.rmtree(bank.settings.lake)
        bank.settings.duckdb_path.unlink()
    assert len(digests) == 1


def test_a_killed_load_leaves_no_raw_text_once_the_next_one_starts(bank: Any) -> None:
    scratch = bank.settings.lake / ".staging"
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    left = scratch / f"{int(dead.stdout)}-abc"
    left.mkdir(parents=True)
    (left / "scratch.parquet").write_text("raw")
    alive = scratch / f"{os.getppid()}-abc"
    alive.mkdir()
    bank.load_file("sales.csv", CSV)
    assert list(scratch.iterdir()) == [alive]


def test_a_crash_between_lake_and_commit_leaves_nothing_and_the_next_load_lands_once(
    bank: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bank.write("sales.csv", CSV + "c,bad,3\n")
    for owner, step in (
        (DuckDBWarehouse, "commit"),
        (DuckDBWarehouse, "insert_dead"),
        (books, "_ledger_row"),
    ):

        def crash(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(owner, step, crash)
            with pytest.raises(KeyboardInterrupt):
                bank.load(path)
        assert bank.rows() == bank.dead() == bank.rows("*", "ops.load_ledger") == []
        assert not list((bank.settings.lake / ".staging").iterdir())
    parts = {p: p.read_bytes() for p in bank.settings.lake.rglob("*") if p.is_file()}
    names = {"part-00000.parquet", "dead-00000.parquet", "manifest.json", "dead-manifest.json"}
    assert {p.name for p in parts} == names
    assert bank.load(path).rows_loaded == 2
    assert parts == {p: p.read_bytes() for p in bank.settings.lake.rglob("*") if p.is_file()}
    bank.check_books()


def test_other_bytes_in_the_lake_are_never_overwritten(bank: Any) -> None:
    bank.load_file("sales.csv", CSV)
    [part] = bank.settings.lake.rglob("part-*.parquet")
    bank.settings.duckdb_path.unlink()
    part.write_bytes(b"x")
    result = bank.load().results[0]
    assert (result.status, result.exit_code) == ("failed", LakeError.exit_code)
    assert "other bytes" in result.error
    assert part.read_bytes() == b"x"


def test_the_manifests_name_each_part_with_length_digest_and_rows(bank: Any) -> None:
    bank.load_file("sales.csv", CSV + "c,bad,3\n")
    [row] = bank.query("select manifest from ops.load_ledger")
    manifest = bank.settings.lake / row["manifest"]
    for path, name, rows in (
        (manifest, "part-00000.parquet", 2),
        (manifest.with_name("dead-manifest.json"), "dead-00000.parquet", 1),
    ):
        [entry] = json.loads(path.read_text())["entries"]
        part = bank.settings.lake / entry["url"]
        assert part == path.with_name(name)
        meta = {"content_length": part.stat().st_size, "record_count": rows, "sha256": plain.digest(part)}
        assert entry == {"url": entry["url"], "mandatory": True, "meta": meta}


def test_a_load_without_good_rows_has_an_empty_manifest(bank: Any) -> None:
    bank.load_file("sales.csv", "id,day,amount\nc,bad,3\n")
    [row] = bank.query("select manifest from ops.load_ledger")
    assert json.loads((bank.settings.lake / row["manifest"]).read_text()) == {"entries": []}
