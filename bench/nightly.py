"""The nightly run with one new day on twelve months of history, beside the full build of them."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from bench.data import FIRST_DAY, SECOND_DAY
from loaders.build import build
from loaders.contract import load_contracts
from loaders.load import load_path
from loaders.mapping import load_mapping
from loaders.settings import Settings


def measure(bank: Path, folder: Path) -> dict[str, Any]:
    """Load and build twelve months, then one more day.

    Args:
        bank: Files of the two days.
        folder: Where the warehouse goes.

    Returns:
        For `full` and `nightly`: seconds and rows of loading, seconds of the build, seconds of nodes by kind
        and the slowest nodes.
    """
    shutil.rmtree(folder, ignore_errors=True)
    settings = Settings(
        _env_file=None,
        duckdb_path=folder / "bankmart.duckdb",
        lake=folder / "lake",
        dbt_target_path=folder / "target",
    )
    return {"full": _run(settings, bank, FIRST_DAY), "nightly": _run(settings, bank, SECOND_DAY)}


def _run(settings: Settings, bank: Path, day: date) -> dict[str, Any]:
    mapping = load_mapping("bankmart", load_contracts(settings.project_dir))
    started = time.perf_counter()
    loaded = load_path(settings=settings, mapping=mapping, path=bank, as_of=day)
    load_seconds = time.perf_counter() - started
    built = build(settings, day)
    if built.exit_code:
        raise SystemExit("\n".join(f"{node.name}: {node.message}" for node in built.failed))
    seconds: Counter[str] = Counter()
    for node in built.nodes:
        seconds[node.kind] += node.seconds
    slowest = sorted(built.nodes, key=lambda node: -node.seconds)[:12]
    return {
        "load": load_seconds,
        "rows": loaded.rows_loaded,
        "start": built.seconds["start"],
        "build": built.seconds["history"] + built.seconds["build"],
        "nodes": dict(seconds),
        "slowest": [(node.name, node.seconds) for node in slowest],
    }
