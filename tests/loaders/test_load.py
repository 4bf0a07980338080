"""Whole files: formats, twice, crashes, drift, hostile and half-written ones."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from loaders import errors
from loaders.sources import plain
from loaders.warehouse.duckdb import DuckDBWarehouse

CSV = "id,day,amount\na,2025-01-01,1.50\nb,2025-01-02,2\n"
ROWS = [{"id": "a", "day": "2025-01-01", "amount": 1.5}, {"id": "b", "day": "2025-01-02", "amount": 2}]


def zipped(*members: tuple[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def parquet(rows: list[dict[str, Any]], **columns: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns) if columns else pa.Table.from_pylist(rows), out)
    return out.getvalue()


def zstd_file(tmp_path: Path) -> bytes:
    path = tmp_path / "z"
    with pa.CompressedOutputStream(pa.OSFile(str(path), "wb"), "zstd") as stream:
        stream.write(CSV.encode())
    return path.read_bytes()


@pytest.mark.parametrize(
    "kind", ["csv", "csv.gz", "csv.zst", "zip", "ndjson", "ndjson.gz", "json", "parquet"]
)
def test_every_format_lands_the_same(bank: Any, tmp_path: Path, kind: str) -> None:
    lines = "\n".join(json.dumps(row) for row in ROWS)
    content: dict[str, Any] = {
        "csv": CSV,
        "csv.gz": gzip.compress(CSV.encode()),
        "csv.zst": zstd_file(tmp_path),
        "zip": zipped(("one.csv", CSV)),
        "ndjson": lines + "\n\n",
        "ndjson.gz": gzip.compress(lines.encode()),
        "json": json.dumps(ROWS, indent=1),
        "parquet": parquet([], id=["a", "b"], day=[date(2025, 1, 1), date(2025, 1, 2)], amount=[1.5, 2.0]),
    }
    result = bank.load_file(f"sales.{kind}", content[kind])
    assert (result.status, result.rows_loaded, result.error) == ("loaded", 2, None)
    found = bank.rows("id, day, amount, _load_id, _row_number, _file_date")
    assert found == [
        ("a", date(2025, 1, 1), 1.5, 1, 1, date(2025, 1, 31)),
        ("b", date(2025, 1, 2), 2, 1, 2, date(2025, 1, 31)),
    ]
    bank.check_books()


def test_each_member_of_a_zip_is_a_load_of_its_own(bank: Any) -> None:
    bank.write("sales.zip", zipped(("b.csv", CSV), ("a.csv", CSV.replace("a,", "c,")), ("_notes.csv", "x")))
    report = bank.load()
    assert [r.file_name for r in report.results] == ["sales.zip/a.csv", "sales.zip/b.csv"]
    assert report.rows_loaded == 4


def test_broken_json_and_nested_values(bank: Any) -> None:
    bank.mapping_text += "    others: empty\n    columns: {id: $.who.id, note: tags}\n    ignore: [who]\n"
    result = bank.load_file(
        "sales.ndjson",
        '{"who": {"id": "a"}, "tags": [1, {"x": "y"}]}\n{"who": {"id": \n[1]\n{"who": 1, "who": 2}\n'
        '{"who": {"id": "b"}}\n',
    )
    assert (result.rows_in, result.rows_loaded) == (5, 2)
    assert bank.rows("id, note, _row_number") == [("a", '[1,{"x":"y"}]', 1), ("b", None, 5)]
    assert bank.dead() == [(2, "broken_json", None), (3, "broken_json", None), (4, "broken_json", None)]


def test_a_json_number_too_long_for_a_double_dies_rather_than_being_rounded(bank: Any) -> None:
    lines = [
        '{"id": 12345678901234567890123, "day": null, "amount": 1}',
        '{"id": "b", "day": null, "amount": 12345678901234567.25}',
        '{"id": 7, "day": null, "amount": 0.1}',
    ]
    bank.load_file("sales.ndjson", "\n".join(lines))
    assert [(i, float(a)) for i, a in bank.rows("id, amount")] == [("7", 0.1)]
    assert bank.dead("row_number, reason_code") == [(1, "out_of_range"), (2, "out_of_range")]


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
    for step in ("commit", "_insert_dead", "_insert_ledger"):

        def crash(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(DuckDBWarehouse, step, crash)
            with pytest.raises(KeyboardInterrupt):
                bank.load(path)
        assert bank.rows() == bank.dead() == bank.rows("*", "ops.load_ledger") == []
        assert not list((bank.settings.lake / ".staging").iterdir())
    parts = {p: p.read_bytes() for p in bank.settings.lake.rglob("*") if p.is_file()}
    assert {p.name for p in parts} == {"part-00000.parquet", "dead-00000.parquet", "manifest.json"}
    assert bank.load(path).rows_loaded == 2
    assert parts == {p: p.read_bytes() for p in bank.settings.lake.rglob("*") if p.is_file()}
    bank.check_books()


def test_other_bytes_in_the_lake_are_never_overwritten(bank: Any) -> None:
    bank.load_file("sales.csv", CSV)
    [part] = bank.settings.lake.rglob("part-*.parquet")
    bank.settings.duckdb_path.unlink()
    part.write_bytes(b"x")
    result = bank.load().results[0]
    assert result.status == "failed"
    assert "other bytes" in result.error
    assert part.read_bytes() == b"x"


def test_the_manifest_names_each_part_with_length_digest_and_rows(bank: Any) -> None:
    bank.load_file("sales.csv", CSV)
    [row] = bank.query("select manifest from ops.load_ledger")
    [entry] = json.loads((bank.settings.lake / row["manifest"]).read_text())["entries"]
    part = bank.settings.lake / entry["key"]
    assert (entry["content_length"], entry["rows"]) == (part.stat().st_size, 2)
    assert entry["sha256"] == plain.digest(part)


DRIFT = [
    ("missing", ["id", "amount"], "lacks the column 'day'"),
    ("renamed", ["id", "date", "amount"], "lacks the column 'day'; it has 'date' instead"),
    ("extra", ["id", "day", "amount", "colour"], "has the column 'colour'"),
    ("twice", ["id", "day", "amount", "ID"], "has the column 'id' twice"),
]


@pytest.mark.parametrize(("_case", "names", "message"), DRIFT, ids=[case[0] for case in DRIFT])
@pytest.mark.parametrize("kind", ["csv", "ndjson", "parquet"])
def test_a_drifted_file_stops_and_names_the_column(
    bank: Any, _case: str, names: list[str], message: str, kind: str
) -> None:
    values = {"id": "a", "ID": "a", "day": "2025-01-01", "date": "2025-01-01", "amount": "1", "colour": "red"}
    row = {name: values[name] for name in names}
    if kind != "csv" and len({n.lower() for n in names}) == 4 and _case == "twice":
        pytest.skip("no such case")
    content = {
        "csv": ",".join(names) + "\n" + ",".join(row.values()) + "\n",
        "ndjson": json.dumps(row) + "\n",
        "parquet": parquet([row]),
    }[kind]
    result = bank.load_file(f"sales.{kind}", content)
    assert (result.status, result.exit_code) == ("failed", errors.SchemaDriftError.exit_code), result
    if not (_case == "twice" and kind == "parquet"):
        assert message in result.error
    assert bank.rows() == []


@pytest.mark.parametrize("kind", ["csv", "ndjson", "parquet"])
def test_reordered_columns_land_where_they_belong(bank: Any, kind: str) -> None:
    row = {"amount": "1", "id": "a", "day": "2025-01-01"}
    content = {
        "csv": "amount,id,day\n1,a,2025-01-01\n",
        "ndjson": json.dumps(row),
        "parquet": parquet([row]),
    }[kind]
    assert bank.load_file(f"sales.{kind}", content).status == "loaded"
    assert bank.rows("id, day, amount") == [("a", date(2025, 1, 1), 1)]


def test_a_retyped_column_is_drift_and_no_flood_of_dead_letters(bank: Any) -> None:
    bad = "id,day,amount\n" + "".join(f"{i},01.02.2025,1\n" for i in range(10)) + "x,2025-01-01,1\n"
    result = bank.load_file("sales.csv", bad)
    assert result.exit_code == errors.SchemaDriftError.exit_code
    assert "no date in the column 'day': 10 of 11 fail" in result.error
    mixed = "id,day,amount\n" + "".join(f"{i},01.02.2025,1\n{i},2025-01-01,1\n" for i in range(10))
    assert bank.load_file("sales.csv", mixed).rows_dead == 10


def test_ignore_extra_leaves_a_column_out_and_says_so(bank: Any) -> None:
    bank.declare(policy="ignore_extra")
    result = bank.load_file("sales.csv", "id,colour,day,amount\na,red,2025-01-01,1\n")
    assert (result.status, result.notes) == ("loaded", ("columns left out: colour",))
    assert bank.rows("id, day, amount") == [("a", date(2025, 1, 1), 1)]


def test_evolve_adds_a_column_and_old_rows_have_none(bank: Any) -> None:
    bank.declare(policy="evolve")
    bank.load_file("sales.csv", CSV)
    result = bank.load_file("sales_2.csv", "id,Colour,day,amount\nc,red,2025-01-01,1\n")
    assert result.notes == ("columns added: colour",)
    bank.load_file("sales_3.csv", CSV.replace("a,", "d,"))
    assert bank.rows("id, colour") == [("a", None), ("b", None), ("c", "red"), ("d", None), ("b", None)]


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("sales.csv", b"", errors.EmptyFileError),
        ("sales.csv", b"\n \n", errors.EmptyFileError),
        ("sales.csv.gz", gzip.compress(b""), errors.EmptyFileError),
        ("sales.csv", b"id,day,amount\n", errors.HeaderOnlyError),
        ("sales.csv", b"id,day,amount", errors.HeaderOnlyError),
        ("sales.parquet", parquet([], id=[], day=[], amount=[]), errors.HeaderOnlyError),
        ("sales.json", b"[]", errors.EmptyFileError),
        ("sales.csv", b'id,day,amount\na,2025-01-01,"1', errors.IncompleteFileError),
        ("sales.csv", b'id,day,amount\nx"y,,1\nb,,"1\nc,,2\n', errors.IncompleteFileError),
        ("sales.csv.gz", gzip.compress(CSV.encode())[:-12], errors.IncompleteFileError),
        ("sales.zip", zipped(("a.csv", CSV))[:-30], errors.IncompleteFileError),
        ("sales.parquet", parquet(ROWS)[:-10], errors.IncompleteFileError),
        ("sales.json", b'[{"id": "a", "day": null, "amount": 1},', errors.IncompleteFileError),
        ("sales.csv", CSV.encode("utf-16"), errors.InputFileError),
    ],
)
def test_a_file_that_is_no_file_says_what_it_is(
    bank: Any, name: str, content: bytes, error: type[errors.BankmartError]
) -> None:
    result = bank.load_file(name, content)
    assert (result.status, result.exit_code) == ("failed", error.exit_code), result.error
    assert name in result.error
    assert bank.rows() == bank.dead() == []


def test_a_file_that_grows_is_left_alone(bank: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bank.write("sales.csv", CSV)

    def grow(*args: Any) -> Any:
        with path.open("a") as stream:
            stream.write("c,2025-01-03,3\n")
        os.utime(path, ns=(time.time_ns(), time.time_ns()))
        return original(*args)

    original = plain.digest
    monkeypatch.setattr(plain, "digest", grow)
    result = bank.load(path).results[0]
    assert result.exit_code == errors.IncompleteFileError.exit_code
    assert bank.rows() == []


def test_one_bad_file_does_not_stop_the_others(bank: Any) -> None:
    bank.write("sales_1.csv", b"")
    bank.write("sales_2.csv", CSV)
    for ignored in ("sales_3.csv.part", "_sales.csv", ".sales.csv"):
        bank.write(ignored, CSV)
    bank.write("other.txt", "x")
    seen: list[Any] = []
    report = bank.load(on_file=seen.append, on_start=seen.append)
    assert seen[0] == 2
    assert [r.status for r in report.results] == ["failed", "loaded"]
    assert report.exit_code == errors.EmptyFileError.exit_code
    assert [p.name for p in report.unmatched] == ["other.txt"]


def test_a_folder_with_nothing_that_fits_is_an_error_of_its_own(bank: Any) -> None:
    bank.write("other.txt", "x")
    with pytest.raises(errors.NothingToLoadError, match=r"fits the mapping test.*sales\*"):
        bank.load()


def test_files_of_a_later_day_wait(bank: Any) -> None:
    bank.mapping_text = bank.mapping_text.replace("file_date: 2025-01-31", "") + (
        "    file_date: {regex: '_(\\d{4}-\\d{2}-\\d{2})'}\n"
    )
    for day in ("2025-01-02", "2025-01-01", "2025-01-03"):
        bank.write(f"sales_{day}.csv", CSV.replace("a,", f"{day},"))
    bank.write("sales.csv", CSV)
    report = bank.load(as_of=date(2025, 1, 2))
    assert [r.file_date.isoformat() for r in report.results if r.status == "loaded"] == [
        "2025-01-01",
        "2025-01-02",
    ]
    assert [f.name for f in report.later] == ["sales_2025-01-03.csv"]
    assert "finds no day" in next(r.error for r in report.results if r.error)


@pytest.mark.parametrize("name", ["../evil.csv", "/etc/evil.csv", "a\\..\\..\\evil.csv", "C:\\evil.csv"])
def test_a_zip_with_names_that_leave_their_folder_is_refused(bank: Any, name: str) -> None:
    result = bank.load_file("sales.zip", zipped((name, CSV)))
    assert result.status == "failed"
    assert "leaves its folder" in result.error


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_a_bomb_is_stopped_early(bank: Any, kind: str) -> None:
    content = "id,day,amount\n" + "0" * (40 << 20)
    packed = gzip.compress(content.encode()) if kind == "gz" else zipped(("a.csv", content))
    result = bank.load_file(f"sales.csv.{kind}", packed)
    assert result.exit_code == errors.InputFileError.exit_code
    assert "too much to be true" in result.error


def test_a_line_longer_than_the_limit_dies_alone(bank: Any) -> None:
    result = bank.load_file("sales.csv", CSV + "x" * (3 << 20) + ",,1\nc,2025-01-03,3\n")
    assert (result.rows_loaded, result.rows_dead) == (3, 1)
    [(number, reason, raw)] = bank.dead("row_number, reason_code, raw_row")
    assert (number, reason) == (3, "too_long")
    assert len(raw.encode()) <= 65_535
