"""Clients that die, race and hurry: nothing of theirs is left behind, and nothing of theirs is lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redshift_connector

from tests.redshift.client import ROLE, connect, rows
from tests.redshift.standin.server import StandIn

CLIENT = """
import sys, time
import redshift_connector
host, port, user, database = sys.argv[1:5]
connection = redshift_connector.connect(
    host=host, port=int(port), user=user, database=database, password=sys.stdin.readline().strip(), ssl=False)
cursor = connection.cursor()
for statement in sys.argv[5:]:
    cursor.execute(statement)
print("done", flush=True)
time.sleep(60)
"""
LOCKED = "select count(*) from pg_locks as l join pg_class as c on c.oid = l.relation where c.relname = 't'"


@pytest.fixture
def start(standin: StandIn) -> Iterator[Any]:
    """Start a client of its own process that runs statements in a transaction and then waits."""
    running: list[subprocess.Popen[str]] = []

    def run(*statements: str) -> subprocess.Popen[str]:
        place = [standin.host, str(standin.port), standin.user, standin.database]
        client = subprocess.Popen(
            [sys.executable, "-c", CLIENT, *place, *statements],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        running.append(client)
        assert client.stdin
        client.stdin.write(standin.password + "\n")
        client.stdin.flush()
        return client

    yield run
    for client in running:
        client.kill()
        client.communicate()


def eventually(check: Any, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


def test_a_client_killed_after_its_copy_leaves_nothing(sql: Any, put: Any, start: Any) -> None:
    sql("create table t (id int)")
    where = put("robust/one.csv", "1\n2\n")
    client = start("lock t", f"copy t from '{where}' {ROLE} csv")
    assert client.stdout.readline() == "done\n"
    os.kill(client.pid, signal.SIGKILL)
    eventually(lambda: sql(LOCKED) == [[0]])
    assert sql("select count(*) from t") == [[0]]


def test_a_client_killed_within_its_copy_leaves_nothing(sql: Any, put: Any, start: Any) -> None:
    sql("create table t (id int, v varchar(100))")
    where = put("robust/long.csv", "".join(f"{n},{'x' * 90}\n" for n in range(100_000)))
    client = start("insert into t values (0, '')", f"copy t from '{where}' {ROLE} csv")
    eventually(lambda: sql(LOCKED) != [[0]])
    os.kill(client.pid, signal.SIGKILL)
    eventually(lambda: sql(LOCKED) == [[0]])
    assert sql("select count(*) from t") == [[0]]


def test_a_killed_client_frees_those_who_wait_for_its_lock(sql: Any, open_session: Any, start: Any) -> None:
    sql("create table t (id int)")
    client = start("lock t")
    assert client.stdout.readline() == "done\n"
    waiting = open_session()
    outcome: list[Any] = []
    waiter = threading.Thread(
        target=lambda: (rows(waiting, "lock t"), outcome.append(rows(waiting, "select count(*) from t")))
    )
    waiter.start()
    time.sleep(0.3)
    assert not outcome
    os.kill(client.pid, signal.SIGKILL)
    waiter.join(20)
    assert outcome == [[[0]]]


def test_a_lock_shows_what_it_waited_for(sql: Any, open_session: Any) -> None:
    sql("create table t (id int)")
    first, second = open_session(), open_session()
    rows(first, "lock t")
    seen: list[Any] = []
    waiter = threading.Thread(
        target=lambda: (rows(second, "lock t"), seen.append(rows(second, "select count(*) from t")))
    )
    waiter.start()
    time.sleep(0.3)
    rows(first, "insert into t values (1)")
    first.commit()
    waiter.join(20)
    assert seen == [[[1]]]


@pytest.mark.parametrize(
    "write",
    ["insert into t values (2)", "update t set id = id where id = 9", "delete from t where id = 9", "copy"],
)
def test_writers_of_a_table_wait_for_each_other(sql: Any, put: Any, open_session: Any, write: str) -> None:
    sql("create table t (id int)")
    where = put("robust/write.csv", "2\n")
    write = f"copy t from '{where}' {ROLE} csv" if write == "copy" else write
    first, second = open_session(), open_session()
    rows(first, "insert into t values (1)")
    done: list[str] = []
    writer = threading.Thread(target=lambda: (rows(second, write), done.append("written")))
    writer.start()
    time.sleep(0.3)
    assert not done
    assert sql("select count(*) from t") == [[0]], "readers wait for none"
    first.commit()
    writer.join(20)
    assert done == ["written"]
    second.commit()


def test_writers_of_the_same_row_conflict(sql: Any, open_session: Any) -> None:
    sql("create table t (id int, v int)")
    sql("insert into t values (1, 0)")
    first, second = open_session(), open_session()
    rows(first, "update t set v = 1 where id = 1")
    refused: list[str] = []

    def write() -> None:
        try:
            rows(second, "update t set v = 2 where id = 1")
        except redshift_connector.ProgrammingError as error:
            refused.append(str(error.args[0]["M"]))

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(0.3)
    first.commit()
    writer.join(20)
    assert refused == ["could not complete because of conflict with concurrent transaction"]
    second.rollback()
    assert sql("select v from t") == [[1]]


@pytest.mark.parametrize("wait", [0, 0.001, 0.02])
def test_a_commit_that_was_sent_is_made(sql: Any, standin: StandIn, wait: float) -> None:
    sql("create table t (id int)")
    for number in range(10):
        session = connect(standin)
        rows(session, "insert into t values (%s)", [number])
        session._usock.sendall(b"Q" + (11).to_bytes(4, "big") + b"commit\0")
        time.sleep(wait)
        session._usock.shutdown(socket.SHUT_RDWR)
    eventually(lambda: sql("select count(*) from t") == [[10]])


def test_a_client_that_leaves_without_commit_has_none(sql: Any, standin: StandIn) -> None:
    sql("create table t (id int)")
    for _ in range(5):
        session = connect(standin)
        rows(session, "insert into t values (1)")
        session._usock.shutdown(socket.SHUT_RDWR)
    eventually(lambda: sql(LOCKED) == [[0]])
    assert sql("select count(*) from t") == [[0]]


def test_eight_clients_at_once(sql: Any, standin: StandIn, put: Any) -> None:
    sql("create table t (client int, n int)")
    where = put("robust/eight.csv", "".join(f"0,{n}\n" for n in range(500)))
    wrong: list[Exception] = []

    def work(client: int) -> None:
        session = connect(standin)
        try:
            for n in range(5):
                rows(session, "insert into t values (%s, %s)", [client, n])
                rows(session, f"copy t from '{where}' {ROLE} csv")
                session.commit()
                assert rows(session, "select count(*) from t where client = %s", [client]) == [[n + 1]]
                session.commit()
        except Exception as error:
            wrong.append(error)
        finally:
            session.close()

    workers = [threading.Thread(target=work, args=(client,)) for client in range(1, 9)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong
    assert sql("select count(*), count(distinct client) from t") == [[8 * 5 * 501, 9]]


def test_fifty_connections_in_a_row_are_fast(standin: StandIn) -> None:
    cpu, start = time.process_time(), time.monotonic()
    for _ in range(50):
        session = connect(standin)
        assert rows(session, "select 1") == [[1]]
        session.close()
    assert time.process_time() - cpu < 5
    assert time.monotonic() - start < 30
