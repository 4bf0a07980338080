"""Masking policies: what a user sees whom one is attached to, in whatever way he asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redshift_connector

from tests.redshift.client import PASSWORD, connect, refusal, rows
from tests.redshift.standin.server import StandIn

CARD, MASKED = "4111111111111111", "XXXX1111"
SETUP = [
    "create schema bank",
    "create table bank.cards (card_id int, number varchar(20), holder varchar(20))",
    f"insert into bank.cards values (1, '{CARD}', 'ann'), (2, '5500005555555559', 'bob')",
    "create view bank.v as select card_id, number as n from bank.cards where holder in ('ann', 'bob')",
    "create view bank.vv as with c as (select n, card_id i from bank.v) select max(n) as n from c group by i",
    "create view bank.late as select number from bank.cards with no schema binding",
    f"create user analyst password '{PASSWORD}'",
    f"create user reader password '{PASSWORD}'",
    "create role analysts",
    "create role employees",
    "grant role employees to role analysts",
    "grant role analysts to analyst",
    "grant usage on schema bank to role employees",
    "grant usage on schema bank to reader",
    "grant select on bank.cards, bank.v, bank.vv, bank.late to role employees",
    "grant select on bank.v to reader",
    "create masking policy last4 with (number varchar(20)) using (('XXXX' || right(number, 4))::varchar(20))",
    "attach masking policy last4 on bank.cards(number) to role employees priority 5",
]
TEARDOWN = [
    "drop schema if exists bank cascade",
    "drop schema if exists other cascade",
    *("drop user if exists analyst", "drop user if exists reader"),
]


@pytest.fixture
def bank(sql: Any, connection: Any) -> Iterator[Any]:
    for statement in SETUP:
        sql(statement)
    yield sql
    connection.rollback()
    for statement in TEARDOWN:
        sql(statement)
    for kind, names in (("role", ("analysts", "employees")), ("masking policy", ("last4", "other"))):
        view = "svv_roles where role_name" if kind == "role" else "svv_masking_policy where policy_name"
        for name in names:
            if sql(f"select 1 from {view} = '{name}'"):
                sql(f"drop {kind} {name}" + (" force" if kind == "role" else ""))


@pytest.fixture
def analyst(standin: StandIn, bank: Any) -> Iterator[Any]:
    session = connect(standin, user="analyst", password=PASSWORD)
    session.autocommit = True
    yield session
    session.close()


QUERIES = [
    "select number from bank.cards order by card_id limit 1",
    "select c.number from bank.cards as c where c.card_id = 1",
    "select bank.cards.number from bank.cards where bank.cards.card_id = 1",
    "select cards.number from bank.cards where card_id = 1",
    "select number from dev.bank.cards where card_id = 1",
    "select n from bank.v where card_id = 1",
    "select min(n) from bank.vv",
    "select min(number) from bank.late",
    "with cards as (select * from bank.cards) select number from cards where card_id = 1",
    "with x as (with y as (select number, card_id from bank.cards) select * from y) "
    "select number from x where card_id = 1",
    "select (select number from bank.cards where card_id = 1)",
    "select b.number from (bank.cards a join bank.cards b on a.card_id = b.card_id) where b.card_id = 1",
    "select b.number from bank.cards a, bank.cards b where a.card_id = b.card_id and b.card_id = 1",
    "select min(number) from (select number from bank.cards union all select number from bank.cards) as u",
    "select case when exists (select 1 from bank.cards where number = 'XXXX1111') then 'XXXX1111' end",
    "select number from bank.cards as q qualify row_number() over (order by card_id) = 1",
    "select top 1 number from bank.cards order by card_id",
    "select nvl(null, number) from bank.cards where card_id = 1",
    "select listagg(number) within group (order by card_id) from bank.cards where card_id = 1",
]


@pytest.mark.parametrize("query", QUERIES)
def test_the_mask_holds_however_one_asks(analyst: Any, query: str) -> None:
    assert rows(analyst, query) == [[MASKED]]
    assert rows(analyst, query + " -- %s", []) == [[MASKED]]


def test_one_sees_it_who_has_no_policy(bank: Any, standin: StandIn, analyst: Any) -> None:
    reader = connect(standin, user="reader", password=PASSWORD)
    assert rows(reader, "select n from bank.v where card_id = 1") == [[CARD]]
    with pytest.raises(redshift_connector.ProgrammingError) as error:
        rows(reader, "select number from bank.cards")
    assert refusal(error) == "permission denied for relation cards"
    reader.close()
    assert bank("select number from bank.cards where card_id = 1") == [[CARD]]
    assert rows(analyst, f"select count(*) from bank.cards where number = '{CARD}'") == [[0]]


def test_copies_hold_what_was_seen(bank: Any, analyst: Any) -> None:
    bank("create schema other")
    bank("grant all on schema other to role analysts")
    rows(analyst, "create table other.a as select * from bank.cards")
    rows(analyst, "create table other.b (number varchar(20))")
    rows(analyst, "insert into other.b select number from bank.cards")
    rows(analyst, "select number into other.c from bank.cards")
    for table in "abc":
        assert bank(f"select max(number) from other.{table} where number like '%1111'") == [[MASKED]], table


def test_rights_are_still_needed(bank: Any, analyst: Any) -> None:
    bank("revoke select on bank.cards from role employees")
    assert rows(analyst, "select n from bank.v where card_id = 1") == [[MASKED]]
    with pytest.raises(redshift_connector.ProgrammingError, match="permission denied for relation cards"):
        rows(analyst, "select number from bank.cards")
    bank("grant select (card_id, number) on bank.cards to role employees")
    assert rows(analyst, "select card_id, number from bank.cards where card_id = 1") == [[1, MASKED]]
    with pytest.raises(redshift_connector.ProgrammingError):
        rows(analyst, "select holder from bank.cards")


def test_a_prepared_statement_learns_of_a_policy(bank: Any, analyst: Any) -> None:
    query = "select number from bank.cards where card_id = %s"
    assert rows(analyst, query, [1]) == [[MASKED]]
    bank("detach masking policy last4 on bank.cards(number) from role employees")
    assert rows(analyst, query, [1]) == [[CARD]]
    bank("attach masking policy last4 on bank.cards(number) to analyst")
    assert rows(analyst, query, [1]) == [[MASKED]]
    bank("alter masking policy last4 using (null::varchar(20))")
    assert rows(analyst, query, [1]) == [[None]]


def test_the_highest_priority_counts(bank: Any, analyst: Any) -> None:
    bank("create masking policy other with (number varchar(20)) using ('none'::varchar(20))")
    bank("attach masking policy other on bank.cards(number) to public")
    query = "select number from bank.cards where card_id = 1"
    assert rows(analyst, query) == [[MASKED]]
    assert bank(query) == [["none"]], "PUBLIC has superusers in it"
    bank("detach masking policy other on bank.cards(number) from public")
    bank("attach masking policy other on bank.cards(number) to role analysts priority 6")
    assert rows(analyst, query) == [["none"]]


def test_a_condition_on_another_column(bank: Any, analyst: Any) -> None:
    bank("detach masking policy last4 on bank.cards(number) from role employees")
    bank(
        "create masking policy other with (who varchar(20), pan varchar(20)) "
        "using (case when who = current_user or who = 'bob' then pan else null end)"
    )
    bank("attach masking policy other on bank.cards(number) using (holder, number) to role analysts")
    assert rows(analyst, "select number from bank.cards order by card_id") == [[None], ["5500005555555559"]]


def test_dbt_swaps_the_table_and_the_policy_is_gone(bank: Any, analyst: Any) -> None:
    query = "select number from bank.cards where card_id = 1"
    attached = "select table_name from svv_attached_masking_policy where policy_name = 'last4'"
    bank("create table bank.cards__tmp as select * from bank.cards")
    bank("grant select on bank.cards__tmp to role employees")
    bank("alter table bank.cards rename to cards__backup")
    assert bank(attached) == [["cards__backup"]]
    bank("alter table bank.cards__tmp rename to cards")
    assert rows(analyst, query) == [[CARD]]
    bank("drop table bank.cards__backup cascade")
    assert bank(attached) == []
    bank("attach masking policy last4 on bank.cards(number) to role employees")
    assert rows(analyst, query) == [[MASKED]]


def test_attaching_is_part_of_the_transaction(bank: Any, standin: StandIn, analyst: Any) -> None:
    query = "select number from bank.cards where card_id = 1"
    admin = connect(standin)
    rows(admin, "detach masking policy last4 on bank.cards(number) from role employees")
    assert rows(analyst, query) == [[MASKED]], "not committed yet"
    admin.rollback()
    assert rows(analyst, query) == [[MASKED]]
    rows(admin, "create table bank.fresh as select * from bank.cards")
    rows(admin, "grant select on bank.fresh to role employees")
    rows(admin, "attach masking policy last4 on bank.fresh(number) to role employees")
    admin.commit()
    admin.close()
    assert rows(analyst, "select number from bank.fresh where card_id = 1") == [[MASKED]]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("attach masking policy none on bank.cards(number) to public", "does not exist"),
        ("attach masking policy last4 on bank.cards(nothing) to public", "does not exist"),
        ("attach masking policy last4 on bank.cards(card_id) to public", "not compatible"),
        ("attach masking policy last4 on bank.cards(number) to role none", "does not exist"),
        ("attach masking policy last4 on bank.cards(number) to role employees", "already"),
        ("attach masking policy last4 on bank.cards(number) to public priority 5", "already"),
        ("attach masking policy last4 on bank.v(n) to public", "permanent tables"),
        ("detach masking policy last4 on bank.cards(number) from public", "not attached"),
        ("drop masking policy last4", "attached"),
        ("create masking policy last4 with (a int) using (1)", "already exists"),
        ("create masking policy other with (a int) using (b)", "does not exist"),
        ("create masking policy other with (a int)", "syntax error"),
        ("alter masking policy last4 using (1, 2", "syntax error"),
    ],
)
def test_what_does_not_fit_is_refused(bank: Any, statement: str, words: str) -> None:
    with pytest.raises(redshift_connector.ProgrammingError, match=words):
        bank(statement)


def test_only_security_administrators_change_policies(bank: Any, analyst: Any) -> None:
    statement = "detach masking policy last4 on bank.cards(number) from role employees"
    with pytest.raises(redshift_connector.ProgrammingError, match="permission denied"):
        rows(analyst, statement)
    assert rows(analyst, "select * from svv_masking_policy") == []
    assert rows(analyst, "select * from svv_attached_masking_policy") == []
    bank("grant role sys:secadmin to analyst")
    assert rows(
        analyst,
        "select policy_name, grantee, grantee_type, priority, output_columns "
        "from svv_attached_masking_policy",
    ) == [["last4", "employees", "role", 5, '["number"]']]
    rows(analyst, statement)
    assert rows(analyst, "select number from bank.cards where card_id = 1") == [[CARD]]


def test_multi_statement_texts_and_the_users_in_between(bank: Any, connection: Any) -> None:
    bank("set session authorization analyst")
    try:
        assert bank("select number from bank.cards where card_id = 1") == [[MASKED]]
    finally:
        bank("reset session authorization")
    assert bank("select number from bank.cards where card_id = 1") == [[CARD]]


def test_force_takes_the_rights_of_a_role_in_every_database(standin: StandIn, sql: Any) -> None:
    sql("create database elsewhere")
    sql("create role visitors")
    other = connect(standin, database="elsewhere")
    other.autocommit = True
    for statement in ("create schema s", "grant usage on schema s to role visitors"):
        other.cursor().execute(statement)
    sql("drop role visitors force")
    assert sql("select 1 from svv_roles where role_name = 'visitors'") == []
    other.close()
    sql("drop database elsewhere")
