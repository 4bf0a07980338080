"""The stand-in itself: protocol, transactions, strings, refusals, racing sessions."""

from __future__ import annotations

import threading
import time
from decimal import Decimal
from typing import Any

import pytest
import redshift_connector

from tests.redshift.client import connect, refusal
from tests.redshift.standin.server import StandIn

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
        connect(standin, password="wrong")  # pragma: allowlist secret


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
