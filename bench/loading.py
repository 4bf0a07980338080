"""Ways to load a file of card transactions into DuckDB; each runs in a process of its own (bench.worker)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loaders.settings import Settings

THREADS, MEMORY_LIMIT = 2, "4GB"
TYPES = {
    "customerNumber": "varchar",
    "cardLast4Digits": "varchar",
    "transactionDate": "date",
    "transactionTime": "varchar",
    "transactionAmount": "decimal(18,2)",
    "transactionType": "varchar",
    "merchantName": "varchar",
    "merchantCity": "varchar",
    "merchantState": "varchar",
    "merchantZip": "varchar",
    "stateCode": "varchar",
    "mcc": "varchar",
    "errors": "varchar",
    "isFraud": "boolean",
}


def load_bankmart(csv: Path, folder: Path) -> int:
    """Load by bankmart: contract, dead letters, manifest, ledger, one transaction."""
    from loaders.settings import Settings

    settings = Settings(
        _env_file=None,
        target="dev",
        duckdb_path=folder / "bankmart.duckdb",
        lake=folder / "lake",
        threads=THREADS,
        memory_limit=MEMORY_LIMIT,
    )
    return _load_bankmart(settings, csv)


def load_bankmart_s3(csv: Path, folder: Path) -> int:
    """Load by bankmart into DuckDB with the lake that the environment names."""
    return _load_bankmart(_on_s3(folder, target="dev"), csv)


def load_bankmart_redshift(csv: Path, folder: Path) -> int:
    """Load by bankmart into the warehouse and by the lake that the environment names."""
    return _load_bankmart(_on_s3(folder), csv)


def _on_s3(folder: Path, **values: str) -> Settings:
    from loaders.settings import Settings

    settings = Settings(
        _env_file=None,
        duckdb_path=folder / "bankmart.duckdb",
        scratch=folder / "scratch",
        threads=THREADS,
        memory_limit=MEMORY_LIMIT,
        **values,
    )
    # Nothing is there twice, neither in the lake nor in the warehouse: each run counts in full.
    lake = f"{settings.lake}/{folder.name}"
    return settings.model_copy(update={"lake": lake})


def _load_bankmart(settings: Settings, csv: Path) -> int:
    from loaders.contract import load_contracts
    from loaders.load import load_path
    from loaders.mapping import load_mapping
    from loaders.warehouse import open_warehouse

    contracts = load_contracts(settings.project_dir)
    if settings.target != "dev":
        with open_warehouse(settings) as warehouse:
            table = contracts["cards.card_transactions"].relation
            warehouse.execute([f"drop table if exists {name}" for name in ("ops.load_ledger", table)])
    mapping = load_mapping("bankmart", contracts)
    report = load_path(settings=settings, mapping=mapping, path=csv.parent.parent)
    if report.exit_code:
        raise SystemExit(report.results[0].error)
    return report.rows_loaded


def load_floor(csv: Path, folder: Path) -> int:
    """Load by DuckDB alone, the least that can be done: CSV to typed Parquet to table, unchecked."""
    import duckdb

    config = {"threads": THREADS, "memory_limit": MEMORY_LIMIT, "preserve_insertion_order": False}
    with duckdb.connect(str(folder / "floor.duckdb"), config=config) as connection:
        parquet = folder / "floor.parquet"
        read = f"read_csv('{csv}', header=true, auto_detect=false, columns={TYPES}, dateformat='%m/%d/%Y')"
        connection.execute(f"copy (select * from {read}) to '{parquet}' (format parquet)")
        connection.execute(f"create table card_transactions as select * from '{parquet}'")
        return connection.execute("select count(*) from card_transactions").fetchone()[0]


def load_dlt(csv: Path, folder: Path) -> int:
    """Load by dlt as its documentation shows it: its filesystem source, read_csv, a DuckDB destination."""
    from dlt.sources.filesystem import filesystem, read_csv

    files = filesystem(bucket_url=csv.parent.as_uri(), file_glob=csv.name)
    return _run_dlt(files | read_csv(dtype=str), folder)


def load_dlt_arrow(csv: Path, folder: Path) -> int:
    """Load by dlt's fastest way: Arrow tables, which it hands to DuckDB as Parquet."""
    import dlt
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    @dlt.resource(name="card_transactions")
    def batches() -> Iterator[Any]:
        types = {"transactionDate": pa.timestamp("s")}
        options = arrow_csv.ConvertOptions(timestamp_parsers=["%m/%d/%Y"], column_types=types)
        yield from arrow_csv.open_csv(csv, convert_options=options)

    return _run_dlt(batches(), folder)


def _run_dlt(resource: object, folder: Path) -> int:
    import dlt
    import duckdb

    database = folder / "dlt.duckdb"
    destination = dlt.destinations.duckdb(str(database))
    pipeline = dlt.pipeline("bench", destination=destination, dataset_name="raw", pipelines_dir=str(folder))
    pipeline.run(resource, table_name="card_transactions").raise_on_failed_jobs()
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute("select count(*) from raw.card_transactions").fetchone()[0]


def load_pandas(csv: Path, folder: Path) -> int:
    """Load by pandas: read_csv in chunks, typed, and to_sql by SQLAlchemy into SQLite."""
    import pandas as pd
    import sqlalchemy

    engine = sqlalchemy.create_engine(f"sqlite:///{folder / 'pandas.sqlite'}")
    rows = 0
    for chunk in pd.read_csv(csv, chunksize=100_000, dtype={"customerNumber": str, "merchantZip": str}):
        chunk["transactionDate"] = pd.to_datetime(chunk["transactionDate"], format="%m/%d/%Y")
        chunk.to_sql("card_transactions", engine, if_exists="append", index=False)
        rows += len(chunk)
    return rows


# Imported before the clock starts: nobody waits for an import by the row.
MODULES = {
    "bankmart": ("loaders.load", "loaders.mapping"),
    "bankmart_s3": ("loaders.load", "loaders.mapping", "boto3"),
    "bankmart_redshift": ("loaders.load", "loaders.mapping", "boto3", "redshift_connector"),
    "floor": ("duckdb",),
    "dlt": ("dlt.sources.filesystem", "dlt.destinations", "pandas", "duckdb"),
    "dlt_arrow": ("dlt.destinations", "pyarrow.csv", "duckdb"),
    "pandas": ("pandas", "sqlalchemy.dialects.sqlite"),
}
WAYS: dict[str, Callable[[Path, Path], int]] = {
    "bankmart": load_bankmart,
    "bankmart_s3": load_bankmart_s3,
    "bankmart_redshift": load_bankmart_redshift,
    "floor": load_floor,
    "dlt": load_dlt,
    "dlt_arrow": load_dlt_arrow,
    "pandas": load_pandas,
}
