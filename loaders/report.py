"""What `bankmart status` and the demo's last screen ask the warehouse."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from loaders.contract import TableContract
from loaders.warehouse import Warehouse

# What a new version of a customer may differ in; the other columns are its key and its days.
VERSION_COLUMNS = ("customer_version_id", "customer_id", "is_current", "valid_from", "valid_to")
DEAD = "dead:"


def table_status(
    warehouse: Warehouse, contracts: Mapping[str, TableContract], now: datetime
) -> list[dict[str, Any]]:
    """Tell for each raw table what was loaded, and how fresh it is.

    Args:
        warehouse: The open warehouse.
        contracts: The tables.
        now: The time that freshness is measured from.

    Returns:
        A row for each table, those without a load included.
    """
    loads = warehouse.query(
        """
        select
            source || '.' || table_name as name,
            max(file_date) as file_date,
            max(loaded_at) as loaded_at,
            count(case when replay_of_load_id is null then 1 end) as files,
            cast(sum(case when replay_of_load_id is null then rows_in else 0 end) as bigint) as rows_in,
            cast(sum(rows_loaded) as bigint) as rows_loaded,
            cast(sum(rows_dead) as bigint) as rows_dead
        from ops.load_ledger group by source, table_name
        """
    )
    open_letters = warehouse.query(
        """
        select source || '.' || table_name as name, count(*) as open
        from ops.dead_letters where replayed_load_id is null group by source, table_name
        """
    )
    by_name = {row["name"]: row for row in loads}
    still_open = {row["name"]: row["open"] for row in open_letters}
    return [_status_row(name, by_name.get(name), still_open.get(name, 0), now) for name in contracts]


def _status_row(name: str, load: dict[str, Any] | None, still_open: int, now: datetime) -> dict[str, Any]:
    loaded_at = load["loaded_at"].replace(microsecond=0) if load else None
    age = round((now - loaded_at.replace(tzinfo=UTC)).total_seconds() / 3600, 1) if loaded_at else None
    counts = {key: load[key] if load else 0 for key in ("files", "rows_in", "rows_loaded", "rows_dead")}
    return {
        "table": name,
        "file_date": load["file_date"] if load else None,
        "loaded_at": loaded_at,
        "age_hours": age,
        **counts,
        "rows_dead_open": still_open,
    }


def last_build_day(warehouse: Warehouse) -> date | None:
    """Give the last day that the snapshots were built for.

    Args:
        warehouse: The open warehouse.

    Returns:
        The day, if there was any.
    """
    found: date | None = warehouse.query("select max(as_of) as as_of from ops.snapshot_days")[0]["as_of"]
    return found


def segment_sizes(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Count the customers of each segment and what they spent.

    Args:
        warehouse: The open warehouse, its marts built.

    Returns:
        A row for each segment, the most valuable first.
    """
    return warehouse.query(
        """
        with medians as (
            -- Redshift has one median a query, except over windows.
            select
                segment,
                net_spend_12m,
                median(recency_days) over (partition by segment) as recency_days,
                median(purchase_days_12m) over (partition by segment) as purchase_days,
                median(net_spend_12m) over (partition by segment) as spend
            from marketing.customer_segments
        )
        select
            segment,
            count(*) as customers,
            round(100.0 * count(*) / sum(count(*)) over (), 1) as share,
            cast(round(max(recency_days)) as bigint) as median_recency_days,
            cast(round(max(purchase_days)) as bigint) as median_purchase_days,
            cast(max(spend) as double precision) as median_spend,
            cast(sum(net_spend_12m) as double precision) as total_spend
        from medians
        group by segment
        order by total_spend desc nulls last, customers desc
        """
    )


def customer_changes(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Count by attribute how often a customer's version differs from the one before.

    Args:
        warehouse: The open warehouse, its marts built.

    Returns:
        A row for each attribute that changed, the most frequent first.
    """
    columns = warehouse.query(
        """
        select column_name from information_schema.columns
        where table_schema = 'core' and table_name = 'dim_customers_history' order by ordinal_position
        """
    )
    attributes = [row["column_name"] for row in columns if row["column_name"] not in VERSION_COLUMNS]
    rows: list[dict[str, Any]] = []
    for attribute in attributes:
        rows += warehouse.query(
            f"""
            select '{attribute}' as attribute, count(*) as changes, count(distinct customer_id) as customers
            from (
                select
                    customer_id, {attribute} as new,
                    lag({attribute}) over (partition by customer_id order by valid_from) as old,
                    row_number() over (partition by customer_id order by valid_from) as version
                from core.dim_customers_history
            ) as versions
            where version > 1 and (new <> old or (new is null) <> (old is null))
            """  # noqa: S608 - names of columns, from the catalogue
        )
    return sorted((row for row in rows if row["changes"]), key=lambda row: -row["changes"])


def version_counts(warehouse: Warehouse) -> dict[str, int]:
    """Count customers and their versions.

    Args:
        warehouse: The open warehouse, its marts built.

    Returns:
        The counts of versions, of customers, and of customers who are gone.
    """
    counts: dict[str, int] = warehouse.query(
        """
        select
            count(*) as versions,
            count(distinct customer_id) as customers,
            count(distinct customer_id) - count(case when is_current then 1 end) as left_the_bank
        from core.dim_customers_history
        """
    )[0]
    return counts


def rejected(warehouse: Warehouse, listing: Path) -> list[dict[str, Any]]:
    """Count rejected rows by reason and table beside the planted ones.

    Args:
        warehouse: The open warehouse.
        listing: The generator's list of planted defects.

    Returns:
        A row for each reason and table that was found or planted.
    """
    letters = warehouse.query(
        """
        select reason_code, table_name, count(*) as n
        from ops.dead_letters group by reason_code, table_name order by reason_code, table_name
        """
    )
    found = {(row["reason_code"], row["table_name"]): row["n"] for row in letters}
    planted: Counter[tuple[str, str]] = Counter()
    with listing.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["expected"].startswith(DEAD):
                table_name = Path(row["file"]).stem.rsplit("_20", 1)[0]
                planted[row["expected"].removeprefix(DEAD), table_name] += 1
    return [
        {
            "reason": reason,
            "table": name,
            "found": found.get((reason, name), 0),
            "planted": planted[reason, name],
        }
        for reason, name in sorted({*found, *planted})
    ]
