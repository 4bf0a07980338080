"""The synthetic bank, loaded and built twice: the second run finds nothing new and changes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from .bank import Bank
from .manifest import Manifest, nodes

# What foreign mappings alone fill.
NOT_OF_THIS_BANK = {"stg_marketing__call_outcomes"}


class Runs(NamedTuple):
    """What two runs said and left behind."""

    bank: Bank
    first: dict[str, Any]
    second: dict[str, Any]
    before: dict[str, tuple[int, int]]
    after: dict[str, tuple[int, int]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    bank = Bank(tmp_path_factory.mktemp("bank"))
    # Large enough for one of the models to pass the gate.
    bank.call("generate", "--customers", "3000", "--months", "16", "--days", "2")
    first = bank.call("run")
    before = bank.contents()
    second = bank.call("run")
    return Runs(bank, first, second, before, bank.contents())


def test_the_first_run_fills_the_bank(runs: Runs, manifest: Manifest) -> None:
    assert runs.first["load"]["rows_loaded"] > 0
    assert runs.first["load"]["rows_dead"] > 0
    built = list(nodes(manifest, "model", "snapshot", "seed"))
    empty = {node["name"] for node in built if runs.before[_relation(node)][0] == 0}
    assert empty == NOT_OF_THIS_BANK


def test_the_second_run_finds_nothing_new(runs: Runs) -> None:
    assert runs.second["load"]["rows_loaded"] == 0
    assert {file["status"] for file in runs.second["load"]["files"]} == {"already_loaded"}
    assert runs.second["build"]["history_days"] == []
    assert {file["status"] for file in runs.second["models"]["load"]["files"]} == {"already_loaded"}


def test_a_model_that_passes_the_gate_scores_everybody(runs: Runs) -> None:
    decisions = {each["model_name"]: each["decision"] for each in runs.first["models"]["trainings"]}
    assert decisions["propensity_other"] == "promoted"
    assert {each["use_case"] for each in runs.first["models"]["scorings"]} == {
        name.removeprefix("propensity_") for name, decision in decisions.items() if decision == "promoted"
    }
    assert runs.second["models"]["trainings"] == []
    assert runs.second["models"]["scorings"] == runs.first["models"]["scorings"]
    with duckdb.connect(str(runs.bank.database), read_only=True) as connection:
        scored, members = connection.execute(
            "select (select count(distinct customer_id) from raw.ml__customer_scores),"
            " (select count(*) from marketing.audience_members)"
        ).fetchone()
    assert scored > members > 0


def test_eligibility_is_asked_for_a_past_day(runs: Runs) -> None:
    with duckdb.connect(str(runs.bank.database), read_only=True) as connection:
        rows = connection.execute(
            "select customer_id, channel, product_code, is_eligible, refused_by"
            " from marketing.contact_eligibility where customer_id = ("
            "select min(customer_id) from marketing.audience_members) order by product_code, channel"
        ).fetchall()
    customer = rows[0][0]
    today = runs.bank.call("eligibility", customer)
    keys = ("channel", "product_code", "is_eligible", "refused_by")
    assert [tuple(answer[key] for key in keys) for answer in today["answers"]] == [row[1:] for row in rows]
    before = runs.bank.call("eligibility", customer, "--as-of", "2000-01-01", "--channel", "email")
    assert {answer["refused_by"] for answer in before["answers"]} == {"unknown_customer"}


def test_the_second_run_changes_nothing(runs: Runs) -> None:
    assert runs.before
    changed = [name for name, found in runs.after.items() if runs.before.get(name) != found]
    assert changed == []
    assert runs.before.keys() == runs.after.keys()


def test_an_audience_is_built_where_the_models_fail(runs: Runs, tmp_path: Path) -> None:
    shutil.copytree(runs.bank.database.parent, tmp_path / "copy")
    bank = Bank(tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "models")
    (tmp_path / "copy" / "models").write_text("not a folder", "utf-8")
    night = bank.call("run", exit_code=1)
    assert "models" in night["models_failed"]["message"]
    assert night["build_on_scores"]["exit_code"] == 0
    with duckdb.connect(str(bank.database), read_only=True) as connection:
        assert connection.execute("select count(*) from marketing.audience_members").fetchone()[0] > 0


@pytest.mark.parametrize("rule", ["no_consent", "opted_out"])
def test_an_ineligible_member_of_an_audience_is_noticed(rule: str, runs: Runs, tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    shutil.copy(runs.bank.database, bank.database)
    tests = (
        "assert_no_ineligible_customer_is_in_an_audience",
        "assert_every_member_of_an_audience_agreed",
    )
    bank.dbt("test", "--select", *tests)
    with duckdb.connect(str(bank.database)) as connection:
        connection.execute(
            "update marketing.audience_members set customer_id = barred.customer_id, channel = barred.channel"
            " from (select members.customer_id as member, eligibility.customer_id, eligibility.channel"
            " from marketing.audience_members as members"
            " inner join core.dim_offers as offers using (offer_id)"
            " inner join marketing.contact_eligibility as eligibility using (product_code)"
            " where eligibility.refused_by = $1 order by all limit 1) as barred"
            " where audience_members.customer_id = barred.member",
            [rule],
        )
    with pytest.raises(AssertionError) as failed:
        bank.dbt("test", "--select", *tests)
    assert all(f"Failure in test {test}" in str(failed.value) for test in tests)


def test_one_changed_value_would_be_noticed(runs: Runs, tmp_path: Path) -> None:
    bank = Bank(tmp_path)
    shutil.copy(runs.bank.database, bank.database)
    with duckdb.connect(str(bank.database)) as connection:
        connection.execute(
            "update core.dim_customers set city = city || '!' where customer_id = "
            "(select min(customer_id) from core.dim_customers)"
        )
    changed = {name for name, found in bank.contents().items() if runs.after[name] != found}
    assert '"core"."dim_customers"' in changed


@pytest.mark.parametrize("kind", ["model", "seed", "snapshot", "source"])
def test_every_column_is_described(kind: str, runs: Runs, manifest: Manifest) -> None:
    described = list(nodes(manifest, kind)) if kind != "source" else list(manifest["sources"].values())
    real = runs.bank.columns()
    broken = []
    for node in described:
        own = {name.lower() for name in node["columns"]}
        there = {name for name in real[(node["schema"], _name(node))] if not _added(name, kind)}
        broken += [f"{node['name']}.{name} is not described" for name in sorted(there - own)]
        broken += [f"{node['name']}.{name} is described and not there" for name in sorted(own - there)]
    assert not broken, "\n".join(["", *broken])


def _name(node: dict[str, Any]) -> str:
    return node.get("identifier") or node.get("alias") or node["name"]


def _relation(node: dict[str, Any]) -> str:
    return f'"{node["schema"]}"."{_name(node)}"'


def _added(column: str, kind: str) -> bool:
    """Columns that the loader adds to each raw table, which the contract leaves to it."""
    return kind == "source" and column.startswith("_")
