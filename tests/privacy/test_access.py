"""On Redshift an analyst sees masked values only, whatever dbt rebuilds, and a missing mask fails the run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import redshift_connector

from loaders.dbt import FAILED, DbtProject
from loaders.errors import BuildError
from tests.privacy.conftest import RedshiftBank
from tests.privacy.people import OTHER, OTHER_MAIL, SUBJECT, customer
from tests.privacy.test_marts import nodes
from tests.redshift.client import PASSWORD

ANALYST, READER = "amy_analyst", "rita_reader"
Ask = Callable[[str], list[tuple[Any, ...]]]
CONTACTS = "select customer_id, full_name, email, phone, address from core.dim_customer_contacts order by 1"
ACCOUNTS = "select counterparty_account from core.fct_account_transactions"
MASKED = [(number, None, None, None, None) for number in (SUBJECT, f"{SUBJECT}0", OTHER)]


@pytest.fixture(scope="module")
def bank(redshift_bank: RedshiftBank) -> RedshiftBank:
    redshift_bank.load()
    redshift_bank.build()
    return redshift_bank


@pytest.fixture(scope="module")
def people(bank: RedshiftBank) -> Iterator[dict[str, Ask]]:
    """An analyst and a reader of personal data, each with a session of his own."""
    for user, role in ((ANALYST, "bankmart_analyst"), (READER, "bankmart_pii_reader")):
        bank.query(f"create user {user} password '{PASSWORD}'")
        bank.query(f"grant role {role} to {user}")
    yield {user: bank.ask(user) for user in (ANALYST, READER)}
    for user in (ANALYST, READER):
        bank.query(f"drop user {user}")


def test_an_analyst_sees_masked_values_and_the_reader_clear_ones(people: dict[str, Ask]) -> None:
    assert people[ANALYST](CONTACTS) == MASKED
    clear = people[READER](CONTACTS)
    assert [row[2] for row in clear] == [None, "not.ann@safe.example", OTHER_MAIL]
    births = "select distinct date_of_birth from core.dim_customers"
    assert people[ANALYST](births) == [(date(1980, 1, 1),)]
    assert people[READER](births) == [(date(1980, 2, 1),)]


def test_an_analyst_sees_no_customer_under_18_and_the_reader_does(
    bank: RedshiftBank, people: dict[str, Ask]
) -> None:
    path = bank.settings.landing / "core_banking" / "customers_2025-01-31_2.csv"
    lines = (bank.settings.landing / "core_banking" / "customers_2025-01-31.csv").read_text().splitlines()
    # 18 on the day itself, the day after, and nobody knows when.
    born = {"2000001": "31/01/2007", "2000002": "01/02/2007", "2000003": ""}
    path.write_text("\n".join([lines[0], *(customer(number, day) for number, day in born.items())]) + "\n")
    bank.load()
    bank.build()
    for table in ("core.dim_customers", "core.dim_customers_history", "marketing.customer_360"):
        query = f"select customer_id from {table} where customer_id like '200000%' order by 1"  # noqa: S608
        assert people[READER](query) == [("2000001",), ("2000002",), ("2000003",)], table
        assert people[ANALYST](query) == [("2000001",), ("2000003",)], table


def test_no_mart_shows_an_analyst_a_minor_or_what_is_masked(
    bank: RedshiftBank, people: dict[str, Ask]
) -> None:
    """Asked of each mart by a row put into it, so that a new mart is asked, too."""
    manifest, born = DbtProject(bank.settings).manifest, {"date": "'2008-02-29'", "integer": "17"}
    guarded, masked = set(), set()
    for node in nodes(manifest, "marts"):
        place = f"{node.schema}.{node.alias}"
        for column in node.columns.values():
            meta = column.config.meta
            if meta.get("rows") == "adults":
                guarded.add(node.name)
                assert minors_seen(bank, people, place, column.name, born[column.data_type]) == (0, 1), place
            elif meta.get("mask") == "hide" or meta.get("pii") == "direct":
                masked.add(f"{node.name}.{column.name}")
                assert values_seen(bank, people, place, column.name) == ([], [("secret",)]), place
    assert {"audience_members", "contact_eligibility", "customer_features", "customer_segments"} <= guarded
    assert "dim_customer_contacts.email" in masked


def minors_seen(
    bank: RedshiftBank, people: dict[str, Ask], place: str, column: str, value: str
) -> tuple[int, int]:
    """Give how many rows of a minor, put into a table, an analyst and a reader see."""
    bank.query(f"insert into {place} (customer_id, {column}) values ('minor', {value})")  # noqa: S608
    query = f"select count(*) from {place} where customer_id = 'minor'"  # noqa: S608
    seen = people[ANALYST](query)[0][0], people[READER](query)[0][0]
    bank.query(f"delete from {place} where customer_id = 'minor'")  # noqa: S608
    return seen


def values_seen(
    bank: RedshiftBank, people: dict[str, Ask], place: str, column: str
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Give what an analyst and a reader find of a value put into a masked column."""
    bank.query(f"insert into {place} ({column}) values ('secret')")  # noqa: S608
    query = f"select {column} from {place} where {column} = 'secret'"  # noqa: S608
    seen = people[ANALYST](query), people[READER](query)
    bank.query(f"delete from {place} where {column} = 'secret'")  # noqa: S608
    return seen


def test_an_analyst_can_read_marts_and_nothing_below(bank: RedshiftBank, people: dict[str, Ask]) -> None:
    assert people[ANALYST]("select count(*) from reference.rfm_segments") == [(126,)]
    for table in (
        "raw.core_banking__customer_contacts",
        "ops.dead_letters",
        "staging.stg_core_banking__customer_contacts",
        "snapshots.snap_core_banking__customers",
        "intermediate.int_customers_referenced",
    ):
        for user in (ANALYST, READER):
            with pytest.raises(redshift_connector.ProgrammingError, match="permission denied"):
                people[user](f"select * from {table}")  # noqa: S608


@pytest.mark.parametrize("option", ["--full-refresh", "--threads=4"])
def test_masks_hold_at_every_moment_of_a_rebuild(
    option: str, bank: RedshiftBank, people: dict[str, Ask]
) -> None:
    done, ask = threading.Event(), bank.ask(ANALYST)
    seen: list[list[tuple[Any, ...]]] = []

    def poll() -> None:
        while not done.is_set():
            try:
                seen.append([row[1:] for row in ask(CONTACTS)])
                seen.append(
                    [row[:1] for row in ask("select counterparty_account from core.fct_account_transactions")]
                )
            except redshift_connector.Error as error:
                seen.append([(str(error.args[0].get("M")),)])

    poller = threading.Thread(target=poll)
    poller.start()
    try:
        bank.build(option)
    finally:
        done.set()
        poller.join()
    values = {value for rows in seen for row in rows for value in row}
    read = [rows for rows in seen if rows and rows[0][0] is None]
    assert len(read) > 10
    # Between drop and rename a table may be missing for a moment; what is read is masked.
    assert all(value is None or "does not exist" in value or "conflict" in value for value in values), values
    assert people[ANALYST](CONTACTS) == MASKED


def failures(bank: RedshiftBank, *arguments: str) -> str:
    """Give what a run of dbt says went wrong."""
    try:
        nodes = bank.dbt(*arguments)
    except BuildError as error:
        return str(error)
    return "\n".join(node.message for node in nodes if node.status in FAILED)


def test_a_mask_that_is_gone_fails_the_next_run_by_name(bank: RedshiftBank, people: dict[str, Ask]) -> None:
    quiet = ("run", "--select", "dim_branches")
    assert failures(bank, *quiet) == ""
    bank.query(
        "detach masking policy bankmart_hide_varchar_254 on core.dim_customer_contacts(email)"
        " from role bankmart_analyst"
    )
    assert people[ANALYST]("select max(email) from core.dim_customer_contacts") != [(None,)]
    told = failures(bank, *quiet)
    assert "core.dim_customer_contacts.email lacks the masking policy bankmart_hide_varchar_254" in told
    assert "phone" not in told
    assert failures(bank, "run", "--select", "dim_customer_contacts") == ""
    assert people[ANALYST](CONTACTS) == MASKED


def test_a_row_policy_that_is_gone_fails_the_next_run_by_name(bank: RedshiftBank) -> None:
    bank.query("alter table core.dim_customers row level security off")
    told = failures(bank, "run", "--select", "dim_branches")
    assert "core.dim_customers lacks the row policy bankmart_adults_by_date_of_birth" in told
    bank.query("alter table core.dim_customers row level security on conjunction type or")
    assert failures(bank, "run", "--select", "dim_branches") == ""


@pytest.mark.parametrize(
    ("right", "told"),
    [
        ("select on core.dim_branches to public", "core.dim_branches can be read by the public public"),
        (
            "select on snapshots.snap_core_banking__customers to role bankmart_analyst",
            "snapshots.snap_core_banking__customers can be read by the role bankmart_analyst",
        ),
    ],
)
def test_a_right_too_wide_fails_the_next_run_by_name(bank: RedshiftBank, right: str, told: str) -> None:
    bank.query(f"grant {right}")
    assert told in failures(bank, "run", "--select", "dim_products")
    bank.query(f"revoke {right}".replace(" to ", " from "))
    assert failures(bank, "run", "--select", "dim_products") == ""


def test_roles_may_be_created_again(bank: RedshiftBank) -> None:
    bank.query("drop role bankmart_pii_reader force")
    for _ in range(2):
        assert bank.operate("create_roles") == ["success"]
    roles = bank.query("select role_name from svv_roles where role_name like 'bankmart%' order by 1")
    names = ("analyst", "dbt", "loader", "pii_reader")
    assert roles == [(f"bankmart_{name}",) for name in names]
    # The policies of the role went with it.
    told = failures(bank, "run", "--select", "dim_branches")
    assert (
        "core.dim_customers lacks the row policy bankmart_everyone for the role bankmart_pii_reader" in told
    )
    bank.build()
