"""UNLOAD: what it writes, and COPY reads it again."""

from __future__ import annotations

import io
import json
from typing import Any
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
import redshift_connector

from tests.redshift.client import BUCKET, ROLE

TABLE = "create table t (id int, v varchar(20), d decimal(8,2), at timestamp, ok boolean)"
ROWS = (
    "insert into t values (1, 'a,\"b', 1.50, '2024-02-29 10:00:00', true), "
    "(2, null, null, null, false), (3, '', 0, null, null)"
)


@pytest.fixture
def target(put: Any) -> str:
    del put  # it makes the bucket
    return f"s3://{BUCKET}/unload/{uuid4().hex}/"


@pytest.mark.parametrize(
    ("options", "back"),
    [
        ("csv null as '~'", "csv null as '~'"),
        ("csv header gzip null as '~' parallel off", "csv ignoreheader 1 gzip null as '~'"),
        ("delimiter ';' null as '~' escape", "delimiter ';' null as '~' escape"),
        ("format as parquet", "format as parquet"),
    ],
)
def test_copy_reads_what_unload_wrote(sql: Any, target: str, options: str, back: str) -> None:
    sql(TABLE)
    sql(ROWS)
    before = sql("select * from t order by id")
    sql(f"unload ('select * from t') to '{target}' {ROLE} manifest verbose {options}")
    sql("delete from t")
    sql(f"copy t from '{target}manifest' {ROLE} manifest {back}")
    assert sql("select * from t order by id") == before


def test_the_manifest_lists_the_files(sql: Any, s3: Any, target: str) -> None:
    sql(TABLE)
    sql(ROWS)
    sql(f"unload ('select id, d from t where id < 3') to '{target}' {ROLE} manifest parquet")
    key = target.removeprefix(f"s3://{BUCKET}/")
    listed = json.loads(s3.get_object(Bucket=BUCKET, Key=key + "manifest")["Body"].read())["entries"]
    assert [entry["url"] for entry in listed] == [f"{target}000{n}_part_00.parquet" for n in range(2)]
    assert sum(entry["meta"]["record_count"] for entry in listed) == 2
    data = s3.get_object(Bucket=BUCKET, Key=key + "0000_part_00.parquet")["Body"].read()
    assert len(data) == listed[0]["meta"]["content_length"]
    assert str(pq.read_schema(io.BytesIO(data)).field("d").type) == "decimal128(8, 2)"


def test_files_that_are_there_are_not_overwritten(sql: Any, target: str) -> None:
    sql(TABLE)
    statement = f"unload ('select id from t') to '{target}' {ROLE} csv"
    sql(statement)
    with pytest.raises(redshift_connector.ProgrammingError, match="not empty"):
        sql(statement)
    sql(statement + " allowoverwrite")


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("select 1", "csv"),
        ("select id from t limit 1", f"{ROLE} csv"),
        ("delete from t", f"{ROLE} csv"),
        ("select id from t", f"{ROLE} parquet header"),
        ("select array_agg(id) from t", f"{ROLE} csv"),
    ],
)
def test_unload_refuses(sql: Any, target: str, query: str, options: str) -> None:
    sql(TABLE)
    with pytest.raises(redshift_connector.ProgrammingError):
        sql(f"unload ('{query}') to '{target}' {options}")
