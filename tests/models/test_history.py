"""History is a function of the daily pictures: however its days are run, and however often."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from loaders.contract import load_contracts
from loaders.dbt import DbtProject, NodeResult
from loaders.settings import Settings
from loaders.warehouse import Warehouse, open_warehouse
from tests.conftest import scratch

pytestmark = pytest.mark.xdist_group("dbt")

SNAPSHOT = "snap_core_banking__customers"
ALL_VERSIONS = "from snapshots.snap_core_banking__customers order by customer_id, dbt_valid_from"
DAYS = [date(2024, 1, day) for day in (1, 2, 3, 4)]
JOINED = date(2020, 5, 1)
# Customer by day and city: 1 moves, 2 stays, 3 leaves and comes back, 4 joins on the second day.
PICTURES: list[Mapping[str, str]] = [
    {"1": "Brno", "2": "Praha", "3": "Plzen", "5": "Zlin", "6": "Zlin", "7": "Zlin"},
    {"1": "Praha", "2": "Praha", "4": "Zlin", "5": "Zlin", "6": "Zlin", "7": "Zlin"},
    {"1": "Praha", "2": "Praha", "3": "Plzen", "4": "Zlin", "5": "Zlin", "6": "Zlin", "7": "Zlin"},
    {"1": "Brno", "2": "Praha", "3": "Plzen", "4": "Zlin", "5": "Zlin", "6": "Zlin", "7": "Zlin"},
]


@contextmanager
def warehouse_of(settings: Settings) -> Iterator[Warehouse]:
    with open_warehouse(settings) as warehouse:
        warehouse.ensure_tables(load_contracts(settings.project_dir))
        yield warehouse


def deliver(settings: Settings, day: date, picture: Mapping[str, str]) -> None:
    """Put a picture where the loader would put it."""
    with warehouse_of(settings) as warehouse:
        load_id = warehouse.query("select coalesce(max(load_id), 0) + 1 as id from ops.load_ledger")[0]["id"]
        name = f"customers_{day}.csv"
        warehouse.query(
            """
            insert into ops.load_ledger (load_id, source, table_name, file_name, file_date, sha256, mapping,
                contract_version, manifest, rows_in, rows_loaded, rows_dead, started_at, loaded_at)
            values ($1, 'core_banking', 'customers', $2, $3, $4, 'bankmart', 1, 'm', $5, $5, 0, $3, $3)
            """,
            [load_id, name, day, f"digest {load_id}", len(picture)],
        )
        for number, (customer, city) in enumerate(picture.items(), start=1):
            joined = day if customer == "4" else JOINED
            warehouse.query(
                """
                insert into raw.core_banking__customers (customernumber, city, customeropeningdate,
                    _load_id, _source_file, _row_number, _file_date, _loaded_at)
                values ($1, $2, $3, $4, $5, $6, $7, $7)
                """,
                [customer, city, joined, load_id, name, number, day],
            )


def run(settings: Settings, *days: date) -> list[NodeResult]:
    """Run the history of some days, giving the nodes that failed on any."""
    project = DbtProject(settings)
    project.manifest = parsed(settings.project_dir)
    command = ["build", "--selector", "history"]
    return [node for day in days for node in project.run(command, day) if node.failed]


@cache
def parsed(project_dir: Path) -> Any:
    """The project, parsed once for all tests: each warehouse bears the same name."""
    return DbtProject(Settings(_env_file=None, project_dir=project_dir)).manifest


def versions(settings: Settings) -> list[dict[str, Any]]:
    with warehouse_of(settings) as warehouse:
        return warehouse.query(ALL_VERSIONS)


def spans(settings: Settings, customer: str) -> list[tuple[str, str, str | None]]:
    """City, first day and end of each version of a customer."""
    return [
        (
            row["city"],
            str(row["dbt_valid_from"].date()),
            str(row["dbt_valid_to"].date()) if row["dbt_valid_to"] else None,
        )
        for row in versions(settings)
        if row["customer_id"] == customer
    ]


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A warehouse in which all days were loaded first, and then run in a row."""
    settings = scratch(tmp_path_factory.mktemp("replayed"))
    for day, picture in zip(DAYS, PICTURES, strict=True):
        deliver(settings, day, picture)
    assert run(settings, *DAYS) == []
    return settings


def test_versions_begin_and_end_with_what_the_pictures_show(replayed: Settings) -> None:
    assert spans(replayed, "1") == [
        ("Brno", "2020-05-01", "2024-01-02"),
        ("Praha", "2024-01-02", "2024-01-04"),
        ("Brno", "2024-01-04", None),
    ]
    assert spans(replayed, "2") == [("Praha", "2020-05-01", None)]


def test_a_row_that_disappears_is_closed_and_a_new_version_when_it_returns(replayed: Settings) -> None:
    assert spans(replayed, "3") == [
        ("Plzen", "2020-05-01", "2024-01-02"),
        ("Plzen", "2024-01-03", None),
    ]


def test_days_one_by_one_give_the_history_of_a_replay(replayed: Settings, tmp_path: Path) -> None:
    settings = scratch(tmp_path)
    for day, picture in zip(DAYS, PICTURES, strict=True):
        deliver(settings, day, picture)
        assert run(settings, day) == []
    assert versions(settings) == versions(replayed)


def test_a_day_run_twice_changes_nothing(replayed: Settings) -> None:
    before = versions(replayed)
    assert run(replayed, DAYS[-1]) == []
    assert versions(replayed) == before
    with warehouse_of(replayed) as warehouse:
        recorded = warehouse.query(
            "select as_of from ops.snapshot_days where snapshot_name = ? order by as_of", [SNAPSHOT]
        )
    assert [row["as_of"] for row in recorded] == DAYS


def test_a_corrected_picture_of_the_last_day_gives_the_history_of_a_replay(
    replayed: Settings, tmp_path: Path
) -> None:
    settings = scratch(tmp_path)
    deliver(settings, DAYS[0], PICTURES[0])
    deliver(settings, DAYS[1], {**PICTURES[0], "1": "Olomouc", "8": "Zlin"})
    assert run(settings, *DAYS[:2]) == []
    for day, picture in list(zip(DAYS, PICTURES, strict=True))[1:]:
        deliver(settings, day, picture)
        assert run(settings, day) == []
    loads = {"file_date", "dbt_scd_id", "customer_id", "city", "dbt_valid_from", "dbt_valid_to"}
    assert [{name: row[name] for name in loads} for row in versions(settings)] == [
        {name: row[name] for name in loads} for row in versions(replayed)
    ]


def test_a_past_day_is_refused(replayed: Settings) -> None:
    before = versions(replayed)
    failed = [node for node in run(replayed, DAYS[1]) if node.name == SNAPSHOT]
    assert "already knows 2024-01-04" in failed[0].message
    assert versions(replayed) == before


def test_a_picture_that_shrank_is_refused(tmp_path: Path) -> None:
    settings = scratch(tmp_path)
    deliver(settings, DAYS[0], PICTURES[0])
    deliver(settings, DAYS[1], {"1": "Brno"})
    assert run(settings, DAYS[0]) == []
    before = versions(settings)
    failed = run(settings, DAYS[1])
    assert "max_shrink" in failed[0].message
    assert versions(settings) == before
