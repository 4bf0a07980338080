"""`make bench`: loading beside its floor and peers, by way of S3 and COPY, a nightly run beside the full."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.data import slice_of
from bench.nightly import limit, measure, show, show_growth
from bench.redshift import LABELS as WAREHOUSES
from bench.redshift import stand_in

LABELS = {
    "floor": "DuckDB alone, unchecked (the floor)",
    "bankmart": "bankmart",
    "dlt": "dlt, filesystem and read_csv",
    "dlt_arrow": "dlt, Arrow tables",
    "pandas": "pandas read_csv, to_sql to SQLite",
}
console = Console(width=110)


def main() -> None:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000, help="card transactions in all")
    parser.add_argument(
        "--slice", type=int, default=250_000, help="rows for the slow peers, scaled by the row"
    )
    parser.add_argument(
        "--repeat", type=int, default=3, help="runs of bankmart and the floor; the fastest counts"
    )
    parser.add_argument("--customers", type=int, default=100_000, help="of the nightly job's bank")
    parser.add_argument(
        "--months", type=int, default=24, help="of its history; half of it is measured beside"
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with the nightly job behind the last stage measured"
    )
    parser.add_argument("--only", choices=["loading", "redshift", "nightly"], help="only this part")
    options = parser.parse_args()
    if options.only in (None, "loading"):
        loading(options.rows, min(options.slice, options.rows), options.repeat)
    if options.only in (None, "redshift"):
        redshift(options.rows, min(options.slice, options.rows), options.repeat)
    if options.only in (None, "nightly"):
        nightly(options.customers, options.months, resume=options.resume)


def loading(rows: int, few: int, repeat: int) -> None:
    """Print the times of loading and the memory as rows grow."""
    whole = slice_of(rows, rows)
    times = {way: fastest(way, whole, repeat) for way in ("floor", "bankmart")}
    slices = {"dlt": few, "dlt_arrow": max(few, rows // 5), "pandas": few}
    times |= {way: worker("load", way, slice_of(rows, size)) for way, size in slices.items()}
    own = per_million(times["bankmart"])
    table = Table(title=f"Loading card transactions from CSV, 2 threads, bankmart and floor best of {repeat}")
    for head in ("", "rows", "seconds", "s per million", "bankmart takes", "peak MB"):
        table.add_column(head, justify="left" if not head else "right")
    for way, label in LABELS.items():
        found = times[way]
        ratio = own / per_million(found)
        cells = (f"{found['rows']:,}", f"{found['seconds']:.2f}", f"{per_million(found):.2f}")
        table.add_row(label, *cells, f"{ratio:.2f} x", f"{found['peak_mb']:,.0f}")
    console.print(table)
    console.print("dlt and pandas load the first rows alone; their times are compared by the row.")
    floor, dlt = per_million(times["floor"]), per_million(times["dlt"])
    console.print(f"To the floor: {own / floor:.2f} times (goal: at most 2). {limit(own / floor <= 2)}")
    console.print(f"As fast as dlt: {dlt / own:.1f} times (goal: at least 5). {limit(dlt / own >= 5)}")
    sizes = [rows // 5, rows // 2, rows]
    peaks = {size: worker("load", "bankmart", slice_of(rows, size))["peak_mb"] for size in sizes}
    shown = ", ".join(f"{size:,} rows {peak:,.0f} MB" for size, peak in peaks.items())
    console.print(f"bankmart's peak of memory: {shown}.\n")


def redshift(rows: int, few: int, repeat: int) -> None:
    """Print the times of loading by way of S3 and COPY."""
    title = f"The way of the parts, {few:,} card transactions, 2 threads, best of {repeat}"
    table = Table(title=title)
    for head in ("", "seconds", "s per million", "peak MB of bankmart"):
        table.add_column(head, justify="left" if not head else "right")
    with stand_in() as environment:
        for way, label in WAREHOUSES.items():
            found = fastest(way, slice_of(rows, few), repeat, environment)
            table.add_row(
                label, f"{found['seconds']:.2f}", f"{per_million(found):.2f}", f"{found['peak_mb']:,.0f}"
            )
    console.print(table)
    console.print(
        "The stand-in and the S3 server run beside it on the same cores; a cluster is another matter.\n"
    )


def nightly(customers: int, months: int, *, resume: bool) -> None:
    """Print the nightly job by stage, and how little it cares for the length of the history."""
    half = max(months // 2, 1)
    more, less = (measure(worker, customers, length, resume=resume) for length in (months, half))
    show(console, more, f"{customers:,} customers, {months} months and a day, then one new day, 2 threads")
    show_growth(console, less, more, (half, months))


def fastest(way: str, csv: Path, repeat: int, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """Measure a way of loading a few times and keep the fastest."""
    runs = (worker("load", way, csv, environment=environment) for _ in range(repeat))
    return min(runs, key=lambda found: found["seconds"])


def worker(*arguments: str | Path, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """Measure in a process of its own."""
    command = [sys.executable, "-m", "bench.worker", *map(str, arguments)]
    root = Path(__file__).parent.parent
    quiet = (environment or os.environ) | {
        "RUNTIME__LOG_LEVEL": "ERROR",
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    }
    done = subprocess.run(command, cwd=root, env=quiet, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[1:])} failed with exit code {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def per_million(found: dict[str, Any]) -> float:
    """Seconds for a million rows."""
    return found["seconds"] / found["rows"] * 1e6


if __name__ == "__main__":
    main()
