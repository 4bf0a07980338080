"""A load on Redshift is whole or not there: counts, columns and readers."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from loaders.errors import WarehouseError
from loaders.lake.s3 import S3Lake
from loaders.ledger import Load, utc_now
from loaders.warehouse import open_warehouse
from loaders.warehouse.redshift.booking import RedshiftBooking
from loaders.warehouse.redshift.connection import Transaction
from loaders.warehouse.redshift.copying import copy_statement
from loaders.warehouse.redshift.warehouse import RedshiftWarehouse

HEAD = "id,day,amount\n"
LOSSY = (
    *("maxerror", "ignoreallerrors", "truncatecolumns", "acceptinvchars", "acceptanydate", "fillrecord"),
    *("blanksasnull", "emptyasnull", "trimblanks", "ignoreblanklines", "roundec", "noload", "compupdate"),
    *("credentials", "access_key", "secret", "session_token", "serializetojson", "explicit_ids"),
)


def copies(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every COPY that is sent from now on."""
    sent: list[str] = []
    query = Transaction.query

    def spy(self: Transaction, statement: str, params: Any = ()) -> Any:
        if statement.lstrip().lower().startswith("copy"):
            sent.append(statement)
        return query(self, statement, params)

    monkeypatch.setattr(Transaction, "query", spy)
    return sent


def test_copy_reads_a_manifest_by_role_and_nothing_in_it_loses_data(
    bank: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = copies(monkeypatch)
    bank.load_file("sales.csv", HEAD + "a,,1\nb,bad,1\n")
    assert len(sent) == 2
    for statement in sent:
        words = statement.lower().split()
        assert words[-4:] == ["format", "as", "parquet", "manifest"]
        assert words[4:6] == ["iam_role", "'arn:aws:iam::123456789012:role/copy'"]
        assert words[3].startswith("'s3://") and words[3].endswith("manifest.json'")
        assert not [word for word in LOSSY if word in statement.lower()]


@pytest.mark.parametrize("bad", ["s3://b/o'brien", "s3://b/a\\b", "s3://b/a\nb", "s3://b/a\0b"])
def test_what_can_not_be_quoted_never_reaches_a_copy(bad: str) -> None:
    with pytest.raises(WarehouseError, match="can't stand in a COPY"):
        copy_statement('"t"', bad, "default")
    with pytest.raises(WarehouseError, match="can't stand in a COPY"):
        copy_statement('"t"', "s3://b/m", bad)


def test_a_part_that_is_counted_twice_leaves_nothing(bank: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bank.write("sales.csv", HEAD + "a,,1\nb,,2\nc,bad,2\n")
    commit = RedshiftWarehouse.commit

    def tampered(self: RedshiftWarehouse, load: Load) -> int | None:
        lake = S3Lake(bank.settings)
        manifest = json.loads(lake.read(load.manifest))
        manifest["entries"] *= 2
        key = f"{lake.prefix}{load.manifest}"
        lake.client.put_object(Bucket=lake.bucket, Key=key, Body=json.dumps(manifest))
        return commit(self, load)

    with monkeypatch.context() as patch:
        patch.setattr(RedshiftWarehouse, "commit", tampered)
        result = bank.load(path).results[0]
    assert result.status == "failed"
    assert "COPY loaded 4 rows, where the manifest has 2 rows" in result.error
    assert bank.rows() == bank.dead() == bank.query("select * from ops.load_ledger") == []


def test_a_part_that_was_changed_in_s3_leaves_nothing(bank: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bank.write("sales.csv", HEAD + "a,,1\nb,,2\n")
    commit = RedshiftWarehouse.commit

    def tampered(self: RedshiftWarehouse, load: Load) -> int | None:
        lake = S3Lake(bank.settings)
        entry = json.loads(lake.read(load.manifest))["entries"][0]
        shorter = load.good[0].with_name("shorter.parquet")
        pq.write_table(pq.read_table(load.good[0]).slice(1), shorter)
        key = entry["url"].removeprefix(f"s3://{lake.bucket}/")
        lake.client.put_object(Bucket=lake.bucket, Key=key, Body=shorter.read_bytes())
        return commit(self, load)

    with monkeypatch.context() as patch:
        patch.setattr(RedshiftWarehouse, "commit", tampered)
        result = bank.load(path).results[0]
    assert result.status == "failed"
    assert "The warehouse refused: The content length of s3://" in result.error
    assert bank.rows() == []


def hand_made(bank: Any, warehouse: Any, table: pa.Table, **changes: Any) -> Load:
    """A load of one part, as the loader would hand it over."""
    lake, part = S3Lake(bank.settings), bank.settings.landing / "part-00000.parquet"
    pq.write_table(table, part)
    digest = "0" * 64
    lake.client.put_object(Bucket=lake.bucket, Key="part", Body=part.read_bytes())
    meta = {"content_length": part.stat().st_size, "record_count": table.num_rows}
    entry = {"url": f"s3://{lake.bucket}/part", "mandatory": True, "meta": meta}
    lake.client.put_object(Bucket=lake.bucket, Key="manifest", Body=json.dumps({"entries": [entry]}))
    load = Load(
        contract=bank.mapping().contracts["shop.sales"],
        file_name="sales.csv",
        file_date=date(2025, 1, 31),
        sha256=digest,
        mapping="test",
        manifest="manifest",
        rows_in=table.num_rows,
        rows_loaded=table.num_rows,
        rows_dead=0,
        started_at=utc_now(),
        good=(part,),
        good_manifest=f"s3://{lake.bucket}/manifest",
    )
    return replace(load, **changes)


def good_table() -> pa.Table:
    columns = {
        "id": pa.array(["a", "b"]),
        "day": pa.array([None, None], pa.date32()),
        "amount": pa.array([None, None], pa.decimal128(18, 2)),
        "pieces": pa.array([1, 2], pa.int32()),
        "paid": pa.array([True, False]),
        "note": pa.array(["n", None], pa.string()),
        "kind": pa.array(["k", None], pa.string()),
        "_row_number": pa.array([1, 2], pa.int64()),
    }
    return pa.table(columns)


def test_a_part_as_the_contract_says_is_taken(bank: Any, warehouse: Any) -> None:
    assert warehouse.commit(hand_made(bank, warehouse, good_table())) == 1
    assert bank.rows("id, note, kind") == [("a", "n", "k"), ("b", None, None)]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda t: t.select(["id", "day", "amount", "pieces", "paid", "kind", "note", "_row_number"]),
            r"column 6 of part-00000.parquet is kind \(string\), where the table has note",
        ),
        (lambda t: t.drop_columns(["kind"]), "column 7 of .* is _row_number .*, where the table has kind"),
        (
            lambda t: t.set_column(2, "amount", pa.array([None, None], pa.decimal128(18, 3))),
            r"column 3 of .* is amount \(decimal128\(18, 3\)\), where the table has amount",
        ),
        (
            lambda t: t.append_column("more", pa.array([1, 1])),
            "column 9 .* is more .*, where the table has none",
        ),
    ],
)
def test_columns_in_other_places_or_types_are_refused_before_copy(
    bank: Any, warehouse: Any, monkeypatch: pytest.MonkeyPatch, change: Any, told: str
) -> None:
    sent = copies(monkeypatch)
    with pytest.raises(WarehouseError, match=told):
        warehouse.commit(hand_made(bank, warehouse, change(good_table())))
    assert sent == [] == bank.rows()


def test_a_text_over_its_bytes_is_refused_by_redshift_and_leaves_nothing(bank: Any, warehouse: Any) -> None:
    table = good_table().set_column(0, "id", pa.array(["ü" * 6, "b"]))
    with pytest.raises(WarehouseError, match="The length of the data column id is longer than the length"):
        warehouse.commit(hand_made(bank, warehouse, table))
    assert bank.rows() == bank.query("select * from ops.load_ledger") == []


def test_counts_that_differ_from_the_loaders_are_refused(bank: Any, warehouse: Any) -> None:
    with pytest.raises(WarehouseError, match="COPY loaded 2 rows, where the manifest has 3 rows"):
        warehouse.commit(hand_made(bank, warehouse, good_table(), rows_loaded=3, rows_in=3))
    with pytest.raises(WarehouseError, match="3 rows in, but 2 loaded and 0 dead counted"):
        warehouse.commit(hand_made(bank, warehouse, good_table(), rows_in=3))
    assert bank.rows() == []


@pytest.mark.parametrize("step", ["insert_rows", "insert_dead", "_count"])
def test_a_loader_that_stops_within_its_transaction_leaves_nothing(
    bank: Any, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = bank.write("sales.csv", HEAD + "a,,1\nb,bad,2\n")
    done = getattr(RedshiftBooking, step)

    def stop(*args: Any) -> None:
        done(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RedshiftBooking, step, stop)
        with pytest.raises(KeyboardInterrupt):
            bank.load(path)
    assert bank.rows() == bank.dead() == bank.query("select * from ops.load_ledger") == []
    assert bank.load(path).rows_loaded == 1
    bank.check_books()


def test_a_reader_sees_a_load_whole_or_not_at_all_and_never_waits(
    bank: Any, warehouse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, files = 40, 5
    seen: list[int] = []
    went_on: list[bool] = []
    over = threading.Event()
    counted = RedshiftBooking._count

    def read() -> None:
        with open_warehouse(bank.settings) as reader:
            while not over.is_set():
                seen.append(reader.query("select count(*) as n from raw.shop__sales")[0]["n"])

    def wait_for_reads(self: RedshiftBooking, *args: Any) -> int:
        """The rows are in and the transaction is open: the reader must go on reading meanwhile."""
        count: int = counted(self, *args)
        wanted, end = len(seen) + 3, time.monotonic() + 60
        while len(seen) < wanted and time.monotonic() < end:
            time.sleep(0.01)
        went_on.append(len(seen) >= wanted)
        return count

    monkeypatch.setattr(RedshiftBooking, "_count", wait_for_reads)
    thread = threading.Thread(target=read)
    thread.start()
    for file in range(files):
        bank.load_file(f"sales_{file}.csv", HEAD + "".join(f"{file}-{row},,1\n" for row in range(rows)))
    over.set()
    thread.join()
    assert went_on == [True] * files
    assert set(seen) <= {rows * file for file in range(files + 1)}
    assert len(set(seen)) >= files
