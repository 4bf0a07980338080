"""The stand-in itself: protocol, transactions, strings, refusals, COPY, racing sessions."""

from __future__ import annotations

import gzip
import io
import json
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import redshift_connector

from tests.redshift.standin.server import StandIn

BUCKET = "standin-lake"
ROLE = "iam_role 'arn:aws:iam::123456789012:role/copy'"


def connect(standin: StandIn, **more: Any) -> Any:
    return redshift_connector.connect(
        host=standin.host,
        port=standin.port,
        database=standin.database,
        user=standin.user,
        password=more.pop("password", standin.password),
        ssl=False,
        **more,
    )


@pytest.fixture
def connection(standin: StandIn) -> Iterator[Any]:
    opened = connect(standin)
    opened.autocommit = True
    yield opened
    opened.close()


@pytest.fixture
def sql(connection: Any) -> Any:
    def run(statement: str, values: Any = None) -> list[list[Any]]:
        cursor = connection.cursor()
        cursor.execute(statement, values)
        return [list(row) for row in cursor.fetchall()] if cursor.description else []

    run("drop table if exists t cascade")
    return run


@pytest.fixture
def put(s3: Any) -> Any:
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    if BUCKET not in names:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})

    def write(key: str, data: bytes | str) -> str:
        s3.put_object(Bucket=BUCKET, Key=key, Body=data)
        return f"s3://{BUCKET}/{key}"

    return write


def manifest(put: Any, key: str, *entries: dict[str, Any]) -> str:
    return str(put(key, json.dumps({"entries": list(entries)})))


def refusal(error: pytest.ExceptionInfo[Any]) -> str:
    return str(error.value.args[0]["M"])


# Protocol


def test_the_driver_sees_redshift(connection: Any, sql: Any) -> None:
    assert (b"server_version", b"8.0.2") in connection.parameter_statuses
    assert sql("select 1, 'a', 1.50, true, null, date '2024-02-29', cast(2 as bigint)") == [
        [1, "a", Decimal("1.50"), True, None, __import__("datetime").date(2024, 2, 29), 2]
    ]
    assert sql("select %s::int + 1, %s", [41, "it's"]) == [[42, "it's"]]
    assert "Redshift" in sql("select version()")[0][0]


def test_a_wrong_password_is_refused(standin: StandIn) -> None:
    with pytest.raises(redshift_connector.InterfaceError, match="password authentication failed"):
        connect(standin, password="wrong")


def test_many_rows_and_prepared_statements_come_back(sql: Any) -> None:
    sql("create table t (id int, v varchar(20))")
    for start in range(3):
        sql("insert into t values (%s, %s)", [start, f"row {start}"])
    assert sql("select count(*) from t") == [[3]]
    rows = sql(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 50000) select i from n"
    )
    assert len(rows) == 50000


# Transactions


def test_a_rollback_undoes_and_truncate_commits(standin: StandIn, sql: Any) -> None:
    sql("create table t (id int)")
    sql("insert into t values (1)")
    session = connect(standin)
    cursor = session.cursor()
    cursor.execute("insert into t values (2)")
    session.rollback()
    assert sql("select count(*) from t") == [[1]]
    cursor.execute("truncate t")
    session.rollback()
    assert sql("select count(*) from t") == [[0]]
    cursor.execute("insert into t values (3)")
    cursor.execute("truncate table t")
    cursor.execute("insert into t values (4)")
    session.rollback()
    session.close()
    assert sql("select count(*) from t") == [[0]]


def test_an_error_aborts_the_transaction(standin: StandIn, sql: Any) -> None:
    sql("create table t (id int)")
    session = connect(standin)
    cursor = session.cursor()
    cursor.execute("insert into t values (1)")
    with pytest.raises(redshift_connector.ProgrammingError):
        cursor.execute("select array_agg(id) from t")
    with pytest.raises(redshift_connector.ProgrammingError) as error:
        cursor.execute("select 1")
    assert "current transaction is aborted" in refusal(error)
    session.rollback()
    session.close()
    assert sql("select count(*) from t") == [[0]]


def test_two_sessions_race_under_snapshot_isolation(standin: StandIn, sql: Any) -> None:
    sql("create table t (source varchar(10), next_offset bigint)")
    sql("insert into t values ('a', 0)")
    outcomes: list[str] = []

    def advance(start: threading.Barrier) -> None:
        session = connect(standin)
        cursor = session.cursor()
        try:
            cursor.execute("select next_offset from t")
            start.wait()
            cursor.execute("update t set next_offset = 10 where source = 'a' and next_offset = 0")
            time.sleep(0.2)
            session.commit()
            outcomes.append(f"committed {cursor.rowcount}")
        except redshift_connector.ProgrammingError as error:
            outcomes.append(str(error.args[0]["M"]))
        finally:
            session.close()

    barrier = threading.Barrier(2)
    racers = [threading.Thread(target=advance, args=(barrier,)) for _ in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(outcomes) == [
        "committed 1",
        "could not complete because of conflict with concurrent transaction",
    ]
    assert sql("select next_offset from t") == [[10]]


def test_a_cycle_of_serializable_transactions_is_1023(standin: StandIn, sql: Any) -> None:
    sql("create table t (id int)")
    sessions = [connect(standin) for _ in range(2)]
    outcomes = []
    for session in sessions:
        session.autocommit = True
        cursor = session.cursor()
        cursor.execute("begin isolation level serializable")
        cursor.execute("select count(*) from t")
    for session in sessions:
        try:
            session.cursor().execute("insert into t values (1)")
            session.cursor().execute("commit")
            outcomes.append("committed")
        except redshift_connector.ProgrammingError as error:
            outcomes.append(str(error.args[0]["M"]))
        session.close()
    assert outcomes == ["committed", "1023"]


def test_a_reader_keeps_its_snapshot(standin: StandIn, sql: Any) -> None:
    sql("create table t (id int)")
    reader = connect(standin)
    cursor = reader.cursor()
    cursor.execute("select count(*) from t")
    assert cursor.fetchone() == [0]
    sql("insert into t values (1)")
    cursor.execute("select count(*) from t")
    assert cursor.fetchone() == [0]
    reader.commit()
    cursor.execute("select count(*) from t")
    assert cursor.fetchone() == [1]
    reader.close()


# Strings, numbers, keys


def test_varchar_counts_bytes_and_blanks_at_the_end_are_equal(sql: Any) -> None:
    sql("create table t (v varchar(3), w varchar)")
    sql("insert into t values ('é', 'a '), ('abc', 'a')")
    with pytest.raises(redshift_connector.ProgrammingError) as error:
        sql("insert into t values ('éé', '')")
    assert refusal(error) == "value too long for type character varying(3)"
    assert sql("select count(distinct w), count(*) from t where w = 'a   '") == [[1, 2]]
    assert sql("select character_maximum_length from information_schema.columns where table_name = 't'") == [
        [3],
        [256],
    ]
    assert sql("select 'ééé'::varchar(3)") == [["é"]]


def test_keys_are_parsed_and_not_enforced(sql: Any) -> None:
    sql("create table t (id int primary key, other int references t(id), v int unique not null)")
    sql("insert into t values (1, 99, 5), (1, 98, 5)")
    with pytest.raises(redshift_connector.ProgrammingError) as error:
        sql("insert into t values (2, 1, null)")
    assert "Cannot insert a NULL value into column v" in refusal(error)


def test_integers_stay_integers(sql: Any) -> None:
    sql("create table t (n int)")
    sql("insert into t values (1), (2), (4)")
    assert sql("select avg(n), sum(n) / 2, 7 / 2 from t") == [[2, 3, 3]]


REFUSED = [
    "create index i on t (n)",
    "create trigger g before insert on t execute procedure f()",
    "create sequence s",
    "create table r (id serial)",
    "create table r (a int[])",
    "create table r (j jsonb)",
    "select string_agg(v, ',') from t",
    "select array_agg(n) from t",
    "select n from t, generate_series(1, 3)",
    "select distinct on (n) n from t",
    "insert into t values (1, 'a') on conflict do nothing",
    "insert into t values (1, 'a') returning n",
    "select * from t cross join lateral (select 1) as x",
    "savepoint a",
    "select * from (values (1)) as v(a)",
    "select n is distinct from 1 from t",
    "select count(*) filter (where n > 1) from t",
    "copy t from stdin",
    "select array[1, 2]",
    "select n from t for update",
    "create table r (n int check (n > 0))",
    "alter table t add column a int, add column b int",
    "merge into t using (select 1 as n) as s on t.n = s.n "
    "when matched then update set v = 'x' when not matched then insert values (1, 'b')",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_what_redshift_lacks_is_refused(sql: Any, statement: str) -> None:
    sql("create table t (n int, v varchar(10))")
    with pytest.raises(redshift_connector.ProgrammingError):
        sql(statement)


def test_names_fold_and_are_cut_at_127_bytes(sql: Any) -> None:
    name = "Long" * 32
    sql(f'drop table if exists "{name}"')
    sql(f'create table "{name}" ("{name}" int)')
    asked = "select table_name, column_name from information_schema.columns where table_name = '{}'"
    assert sql(asked.format(name.lower()[:127])) == [[name.lower()[:127]] * 2]
    sql(f"drop table {name}")


def test_qualify_and_aliases(sql: Any) -> None:
    sql("create table t (id int, n int)")
    sql("insert into t values (1, 1), (1, 2), (2, 3)")
    latest = "select * from t as q qualify row_number() over (partition by id order by n desc) = 1"
    assert sql(f"with d as ({latest}) select * from d order by id") == [[1, 2], [2, 3]]
    assert sql("select n + 1 as m, m * 2 as k from t where m > 2 order by n") == [[3, 6], [4, 8]]
    sql("create table d as " + latest)
    assert sql("select count(*) from d") == [[2]]
    sql("drop table d")


# COPY


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
