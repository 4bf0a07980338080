"""The files of a generated bank as tables of DuckDB."""

# ruff: noqa: S608 - the statements are put together from names of the generator

from __future__ import annotations

from pathlib import Path

import duckdb

from datagen.exports import EXPORTS


def views(out: Path) -> duckdb.DuckDBPyConnection:
    """One table of good lines as text for each table of the bank, without the copied files, and the truth."""
    con = duckdb.connect()
    for table, export in EXPORTS.items():
        files = f"{out}/{export.folder}/{table}_????-??-??.csv"
        if not list(Path(out, export.folder).glob(f"{table}_????-??-??.csv")):
            continue
        con.execute(
            f"""create table {table} as
            select * exclude (filename), strptime(right(parse_filename(filename, true), 10), '%Y-%m-%d')::date
                as file_date
            from read_csv('{files}', header = true, all_varchar = true, filename = true, ignore_errors = true,
                union_by_name = true, quote = '"', delim = ',')"""
        )
    for path in sorted((out / "_truth").glob("*.parquet")):
        con.execute(f"create view true_{path.stem} as select * from '{path}'")
    return con
