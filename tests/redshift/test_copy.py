"""COPY: formats, manifests, refusals, what it logs, and its transaction."""

from __future__ import annotations

import gzip
import io
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import redshift_connector

from tests.redshift.client import BUCKET, ROLE, connect, refusal
from tests.redshift.standin.server import StandIn


def manifest(put: Any, key: str, *entries: dict[str, Any]) -> str:
    return str(put(key, json.dumps({"entries": list(entries)})))


def test_copy_csv_with_every_option(sql: Any, put: Any) -> None:
    sql("create table t (id int, v varchar(10), d decimal(8,2), at timestamp, flag boolean)")
    text = 'id;v;d;at;flag\n1;"a;""b";20.259;2024-01-01 10:00:00;t\n2;;~;;false\n'
    where = put("csv/one.csv.gz", gzip.compress(text.encode()))
    sql(f"copy t from '{where}' {ROLE} csv delimiter ';' ignoreheader 1 null as '~' gzip")
    assert [row[:3] for row in sql("select id, v, d from t order by id")] == [
        [1, 'a;"b', Decimal("20.25")],
        [2, "", None],
    ]
    assert sql("select pg_last_copy_count()") == [[2]]
    assert sql("select lines_scanned from stl_load_commits where query = pg_last_copy_id()") == [[2]]


def test_copy_is_rolled_back_with_its_transaction(standin: StandIn, sql: Any, put: Any) -> None:
    sql("create table t (id int)")
    where = put("atomic/one.csv", "1\n2\n")
    session = connect(standin)
    cursor = session.cursor()
    cursor.execute(f"copy t from '{where}' {ROLE} csv")
    cursor.execute("select pg_last_copy_count(), pg_last_copy_id(), count(*) from t")
    assert cursor.fetchone()[0::2] == [2, 2]
    assert sql("select count(*) from t") == [[0]]
    session.rollback()
    assert sql("select count(*) from t") == [[0]]
    session.close()


def test_a_bad_row_fails_the_copy_and_is_told(sql: Any, put: Any) -> None:
    sql("create table t (id int, v varchar(3))")
    where = put("bad/one.csv", "1,abc\nx,abc\n3,abcd\n4,a,b\n")
    with pytest.raises(redshift_connector.ProgrammingError) as error:
        sql(f"copy t from '{where}' {ROLE} csv")
    assert "Load into table 't' failed.  Check 'stl_load_errors' system table for details." in refusal(error)
    assert sql("select count(*) from t") == [[0]]
    found = "select line_number, err_code, colname from stl_load_errors where filename = %s"
    assert [[row[0], row[1], row[2].strip()] for row in sql(found, [where])] == [[2, 1207, "id"]]
    sql(f"copy t from '{where}' {ROLE} csv maxerror 10")
    assert sql("select count(*), pg_last_copy_count() from t") == [[1, 1]]


def test_a_manifest_is_obeyed(sql: Any, put: Any) -> None:
    sql("create table t (id int)")
    one, two = put("parts/1.csv", "1\n"), put("parts/1.csv.bak", "2\n")
    missing = f"s3://{BUCKET}/parts/none.csv"
    sql(f"copy t from '{manifest(put, 'm1', {'url': one, 'mandatory': True})}' {ROLE} csv manifest")
    assert sql("select id from t") == [[1]]
    sql(f"copy t from '{one}' {ROLE} csv")
    assert sql("select count(*) from t") == [[3]], "a path is a prefix"
    lenient = manifest(put, "m2", {"url": missing}, {"url": two, "mandatory": True}, {"url": two})
    sql(f"copy t from '{lenient}' {ROLE} csv manifest")
    assert sql("select count(*) from t") == [[5]], (
        "a file listed twice is loaded twice, one missing is passed over"
    )
    strict = manifest(put, "m3", {"url": missing, "mandatory": True}, {"url": one})
    with pytest.raises(redshift_connector.ProgrammingError, match="NoSuchKey"):
        sql(f"copy t from '{strict}' {ROLE} csv manifest")
    assert sql("select count(*) from t") == [[5]]


def parquet(**columns: pa.Array) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def test_parquet_goes_by_position(sql: Any, put: Any) -> None:
    sql("create table t (id bigint, v varchar(4), d decimal(8,2), at timestamp, j super)")
    at = pa.array([1704103200000000, None], pa.timestamp("us"))
    data = parquet(
        x=pa.array([1, 2], pa.int64()),
        y=["", None],
        d=pa.array([Decimal("1.50"), None], pa.decimal128(8, 2)),
        at=at,
        j=['{"a":1}', None],
    )
    where = put("parquet/one.parquet", data)
    entry = {"url": where, "mandatory": True, "meta": {"content_length": len(data)}}
    sql(f"copy t from '{manifest(put, 'p1', entry)}' {ROLE} format as parquet manifest")
    assert [row[:3] for row in sql("select * from t order by id")] == [
        [1, "", Decimal("1.50")],
        [2, None, None],
    ]
    bare = manifest(put, "p2", {"url": where, "mandatory": True})
    wrong = manifest(put, "p3", {**entry, "meta": {"content_length": 1}})
    for source in (bare, wrong):
        with pytest.raises(redshift_connector.ProgrammingError, match="content"):
            sql(f"copy t from '{source}' {ROLE} format as parquet manifest")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"v": ["a"], "id": [1]}, "incompatible Parquet schema"),
        ({"id": [1]}, "Unmatched number of columns"),
        ({"id": [1], "v": ["too long"]}, "longer than the length defined"),
    ],
)
def test_parquet_that_does_not_fit_is_refused(
    sql: Any, put: Any, columns: dict[str, Any], words: str
) -> None:
    sql("create table t (id bigint, v varchar(4))")
    where = put(f"parquet/{len(words)}.parquet", parquet(**columns))
    with pytest.raises(redshift_connector.ProgrammingError, match=words):
        sql(f"copy t from '{where}' {ROLE} parquet")


def test_json_goes_by_name(sql: Any, put: Any) -> None:
    sql("create table t (id int, v varchar(10), j super)")
    where = put("json/one.json", '{"id": 1, "v": "a", "other": 5, "j": {"k": [1, 2]}}\n{"V": "b", "id": 2}\n')
    sql(f"copy t from '{where}' {ROLE} json 'auto'")
    assert sql("select id, v, j from t order by id") == [[1, "a", '{"k":[1,2]}'], [2, None, None]]


@pytest.mark.parametrize(
    "options",
    [
        "csv",
        "access_key_id 'a' secret_access_key 'b' csv",
        "credentials 'aws_access_key_id=a' csv",
        f"{ROLE} parquet maxerror 5",
        f"{ROLE} csv maxerror 100001",
        f"{ROLE} csv region 'us-west-2'",
        f"{ROLE} csv escape",
    ],
)
def test_copy_refuses(sql: Any, put: Any, options: str) -> None:
    sql("create table t (id int)")
    where = put("refused/one.csv", "1\n")
    with pytest.raises(redshift_connector.ProgrammingError):
        sql(f"copy t from '{where}' {options}")
    assert sql("select count(*) from t") == [[0]]
