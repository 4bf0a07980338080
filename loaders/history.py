"""Which days the snapshots have seen, and which they still have to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from loaders.contract import load_contracts
from loaders.errors import BuildError
from loaders.settings import Settings
from loaders.warehouse import Warehouse, open_warehouse

# dbt's objects have no types that its release notes keep.
Manifest = Any
Node = Any


@dataclass(frozen=True)
class History:
    """The days of files behind the snapshots, and how far the snapshots are.

    Attributes:
        latest_file_date: Latest day of any loaded file.
        file_days: Day of each file behind a snapshot, with the newest load of that day.
        seen: By snapshot its last day and the newest load that it knew; nothing where it never ran.
    """

    latest_file_date: date | None
    file_days: dict[date, int]
    seen: dict[str, tuple[date, int] | None]

    @property
    def last_day(self) -> date | None:
        """Last day that any snapshot has seen; there is no way back behind it."""
        return max((seen[0] for seen in self.seen.values() if seen), default=None)

    def check(self, as_of: date) -> None:
        """Refuse a day before the last of the history.

        Args:
            as_of: The day to build for.

        Raises:
            BuildError: The snapshots have gone on.
        """
        if self.last_day and as_of < self.last_day:
            raise BuildError(
                f"The snapshots already know {self.last_day}; the history can't go back to {as_of}.",
                hint=f"Build for {self.last_day} or later, or replay the history with --rebuild-history.",
            )

    def stale_days(self) -> tuple[date, ...]:
        """Give the days for which files came after the snapshots had gone on to a later day."""
        last_load = max((seen[1] for seen in self.seen.values() if seen), default=0)
        return tuple(
            day
            for day, load_id in sorted(self.file_days.items())
            if self.last_day and day < self.last_day and load_id > last_load
        )


def catch_up_days(history: History, as_of: date) -> tuple[date, ...]:
    """Give the file days before a day that some snapshot hasn't seen, and that it can still take.

    Args:
        history: How far the snapshots are.
        as_of: The day that is built for, itself not among the days.

    Returns:
        The days in order; the last day seen is among them if it got another file since.
    """

    def lacks(seen: tuple[date, int] | None, day: date) -> bool:
        return seen is None or day > seen[0] or (day == seen[0] and history.file_days[day] > seen[1])

    earliest = history.last_day or date.min
    return tuple(
        day
        for day in sorted(history.file_days)
        if earliest <= day < as_of and any(lacks(seen, day) for seen in history.seen.values())
    )


def read_history(settings: Settings, manifest: Manifest) -> History:
    """Read from the ledger and the snapshots' own record; the loader's tables are created where missing.

    Args:
        settings: The settings.
        manifest: dbt's manifest, which says what the snapshots are made from.

    Returns:
        The state.
    """
    with open_warehouse(settings) as warehouse:
        warehouse.ensure_tables(load_contracts(settings.project_dir))
        return _read(warehouse, manifest)


def latest_file_date(settings: Settings) -> date | None:
    """Give the latest day of any loaded file, which a build takes where no other day is asked for.

    Args:
        settings: The settings.

    Returns:
        The day, if anything is loaded.
    """
    with open_warehouse(settings) as warehouse:
        warehouse.ensure_tables(load_contracts(settings.project_dir))
        return _latest(warehouse)


def forget_history(settings: Settings, manifest: Manifest) -> History:
    """Drop the snapshots and their record, so that every loaded day is due again.

    Args:
        settings: The settings.
        manifest: dbt's manifest, which names the snapshots' tables.

    Returns:
        The state after it.
    """
    with open_warehouse(settings) as warehouse:
        relations = [snapshot.relation_name for snapshot in _snapshots(manifest)]
        # What is made from them is made again by the build that follows.
        drops = [f"drop table if exists {relation} cascade" for relation in relations]
        warehouse.execute([*drops, "delete from ops.snapshot_days"])
        return _read(warehouse, manifest)


def _read(warehouse: Warehouse, manifest: Manifest) -> History:
    snapshots = _snapshots(manifest)
    tables = sorted(
        {table for snapshot in snapshots for table in _source_tables(manifest, snapshot.unique_id)}
    )
    marks = ", ".join(f"${place}" for place in range(1, len(tables) + 1))
    days = warehouse.query(
        f"""
        select file_date, max(load_id) as load_id from ops.load_ledger
        where source || '.' || table_name in ({marks})
        group by file_date
        """,  # noqa: S608
        tables,
    )
    last = warehouse.query(
        """
        select snapshot_name, max(as_of) as as_of, coalesce(max(last_load_id), 0) as load_id
        from ops.snapshot_days group by snapshot_name
        """
    )
    seen = {row["snapshot_name"]: (row["as_of"], row["load_id"]) for row in last}
    return History(
        latest_file_date=_latest(warehouse),
        file_days={row["file_date"]: row["load_id"] for row in days},
        seen={snapshot.name: seen.get(snapshot.name) for snapshot in snapshots},
    )


def _latest(warehouse: Warehouse) -> date | None:
    found = warehouse.query("select max(file_date) as file_date from ops.load_ledger")
    latest: date | None = found[0]["file_date"]
    return latest


def _snapshots(manifest: Manifest) -> list[Node]:
    return [node for node in manifest.nodes.values() if str(node.resource_type) == "snapshot"]


def _source_tables(manifest: Manifest, unique_id: str) -> set[str]:
    if unique_id in manifest.sources:
        source = manifest.sources[unique_id]
        return {f"{source.source_name}.{source.name}"}
    # A seed depends on no node: it is the same on every day.
    parents = getattr(manifest.nodes[unique_id].depends_on, "nodes", [])
    return {table for parent in parents for table in _source_tables(manifest, parent)}
