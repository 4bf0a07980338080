"""What is learned from and what is scored, read from the feature models through the warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from loaders import sql
from loaders.warehouse import Warehouse
from ml.features import CONTACT_FEATURES, FeatureSet

# Features of a customer and the offered product; where there is no row they are 0.
VIEWS = ("offered_product_views_150d", "offered_product_views_45d")
# Never learned from, kept for the parity report.
PROTECTED = ("gender", "marital_status", "age")
USE_CASES = ("credit", "other")
OUTCOME = "has_converted"
DAY = "planned_date"
# Rows asked for at once: the driver of Redshift keeps the whole of an answer in memory.
PAGE_ROWS = 50_000
BUILT = """
    select 1 as found from information_schema.tables
    where table_schema = 'core' and table_name = 'dim_offers'
"""
CUSTOMERS = """
    select * from features.customer_features
    where feature_date = $1 and customer_id > $2
    order by customer_id
"""
VIEWED = """
    select * from features.customer_product_features
    where feature_date = $1 and customer_id > $2 and customer_id <= $3
    order by customer_id, product_code
"""


def use_cases(warehouse: Warehouse) -> list[str]:
    """Give the use cases of the offers that there are, in alphabetical order; all before the first build."""
    if not warehouse.query(BUILT):
        return list(USE_CASES)
    found = warehouse.query(
        "select use_case from core.dim_offers where use_case is not null group by use_case order by use_case"
    )
    return [row["use_case"] for row in found]


def has_offers(warehouse: Warehouse) -> bool:
    """Tell whether any offer is loaded; asked before the first build, when there are no marts yet."""
    return bool(warehouse.query("select 1 as found from raw.marketing__offers limit 1"))


def has_training(warehouse: Warehouse, model_name: str, as_of: date | None) -> bool:
    """Tell whether the figures of a training are loaded: who is stopped may have saved the model alone."""
    found = warehouse.query(
        """
        select 1 as found from raw.ml__model_runs
        where model_name = $1 and as_of_date = $2 and run_type = 'training'
        limit 1
        """,
        [model_name, as_of],
    )
    return bool(found)


def read_training(warehouse: Warehouse, features: FeatureSet, as_of: date, folder: Path) -> pd.DataFrame:
    """Read the contacts of a use case with the features of the day before each.

    Args:
        warehouse: The open warehouse, the feature models built with the variable `train`.
        features: The use case's features.
        as_of: Contacts up to this day.
        folder: Folder for files in between.

    Returns:
        A row a contact: contact_id, planned_date, offer_id, channel, contact_cost, conversion_value,
        conversion_window_days, has_converted (0 or 1), the features and the protected attributes.
    """
    columns = ", ".join(f"features.{sql.name(name)}" for name in _columns(features))
    views = ", ".join(f"coalesce(viewed.{name}, 0) as {name}" for name in VIEWS)
    statement = f"""
        select
            contacts.contact_id, contacts.planned_date, contacts.offer_id, contacts.channel,
            contacts.contact_cost, offers.conversion_value, offers.conversion_window_days,
            case when contacts.has_converted then 1 else 0 end as {OUTCOME},
            {views},
            {columns}
        from core.fct_campaign_contacts as contacts
        inner join core.dim_offers as offers on contacts.offer_id = offers.offer_id
        inner join features.customer_features as features
            on contacts.customer_id = features.customer_id
            and features.feature_date = contacts.planned_date - 1
        left join features.customer_product_features as viewed
            on features.customer_id = viewed.customer_id
            and features.feature_date = viewed.feature_date
            and offers.product_code = viewed.product_code
        where not contacts.is_holdout and offers.use_case = $1 and contacts.planned_date <= $2
            and contacts.contact_id > $3
        order by contacts.contact_id
        limit {PAGE_ROWS}
    """  # noqa: S608 - names come from the project's own YAML, quoted
    pages: list[pa.Table] = []
    after = ""
    while not pages or pages[-1].num_rows == PAGE_ROWS:
        pages.append(_page(warehouse, statement, [features.use_case, as_of, after], folder))
        after = pages[-1]["contact_id"][-1].as_py() if pages[-1].num_rows else after
    return pa.concat_tables(pages).to_pandas()


def read_offers(warehouse: Warehouse, use_case: str, as_of: date) -> list[dict[str, str]]:
    """Give the offers of a use case that hold on a day.

    Args:
        warehouse: The open warehouse.
        use_case: The use case.
        as_of: The day.

    Returns:
        offer_id and product_code of each, in the order of offer_id.
    """
    return warehouse.query(
        """
        select offer_id, product_code from core.dim_offers
        where use_case = $1 and valid_from <= $2 and (valid_to >= $2 or valid_to is null)
        order by offer_id
        """,
        [use_case, as_of],
    )


def recent_rate(warehouse: Warehouse, use_case: str, as_of: date, days: int) -> float | None:
    """Give the share of conversions among the newest contacts whose window is over.

    Args:
        warehouse: The open warehouse.
        use_case: The use case.
        as_of: The day.
        days: The windows ended in so many days up to it.

    Returns:
        The share, None where no window ended.
    """
    [counted] = warehouse.query(
        """
        select count(*) as contacts, count(case when contacts.has_converted then 1 end) as conversions
        from core.fct_campaign_contacts as contacts
        inner join core.dim_offers as offers on contacts.offer_id = offers.offer_id
        where not contacts.is_holdout and offers.use_case = $1
            and contacts.planned_date + offers.conversion_window_days <= $2
            and contacts.planned_date + offers.conversion_window_days > $3
        """,
        [use_case, as_of, as_of - timedelta(days=days)],
    )
    return counted["conversions"] / counted["contacts"] if counted["contacts"] else None


def read_customers(warehouse: Warehouse, as_of: date, folder: Path) -> tuple[Path, Path]:
    """Write the features of everybody as of a day to files.

    Args:
        warehouse: The open warehouse.
        as_of: The day.
        folder: Where the files go.

    Returns:
        Parquet files of the customers' features and of the products that they viewed, both by customer.
    """
    customers, views = folder / "customers.parquet", folder / "views.parquet"
    with _Appender(customers) as to_customers, _Appender(views) as to_views:
        after, rows = "", PAGE_ROWS
        while rows == PAGE_ROWS:
            page = _page(warehouse, f"{CUSTOMERS} limit {PAGE_ROWS}", [as_of, after], folder)
            last = page["customer_id"][-1].as_py() if page.num_rows else after
            to_customers.append(page)
            to_views.append(_page(warehouse, VIEWED, [as_of, after, last], folder))
            after, rows = last, page.num_rows
    return customers, views


def batches(customers: Path, rows: int) -> Iterator[pd.DataFrame]:
    """Read customers a batch at a time, so that memory doesn't grow with their number."""
    with pq.ParquetFile(customers) as file:
        for batch in file.iter_batches(batch_size=rows):
            yield batch.to_pandas()


def _page(warehouse: Warehouse, statement: str, params: Sequence[Any], folder: Path) -> pa.Table:
    path = folder / "page.parquet"
    warehouse.export(statement, params, path)
    return pq.read_table(path)


class _Appender:
    """A Parquet file that grows page by page, in the types of the first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def append(self, page: pa.Table) -> None:
        self._writer = self._writer or pq.ParquetWriter(self._path, page.schema)
        self._writer.write_table(page)


def _columns(features: FeatureSet) -> list[str]:
    own = [name for name in features.names if name not in (*CONTACT_FEATURES, *VIEWS)]
    return [*own, *(name for name in PROTECTED if name not in own)]
