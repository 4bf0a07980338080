"""Loading of files: what the command line and the jobs call."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from loaders.loader import FileResult, Loader, LoadReport
from loaders.mapping import Mapping
from loaders.preview import ColumnPreview, check_mapping_sample
from loaders.settings import Settings
from loaders.sources.files import Discovery, discover
from loaders.warehouse import open_warehouse

__all__ = [
    "ColumnPreview",
    "Discovery",
    "FileResult",
    "LoadReport",
    "check_mapping_sample",
    "discover",
    "load_path",
]


def load_path(
    *,
    settings: Settings,
    mapping: Mapping,
    path: Path,
    as_of: date | None = None,
    file_date: date | None = None,
    on_file: Callable[[FileResult], None] | None = None,
    on_start: Callable[[int], None] | None = None,
) -> LoadReport:
    """Load a folder or a file; a bad file doesn't stop the others.

    Args:
        settings: The settings.
        mapping: How the files are written.
        path: The folder or file.
        as_of: Files that speak for a later day are left for later.
        file_date: Day of files for which the mapping knows none.
        on_file: Called with each result.
        on_start: Called with the number of files before the first.

    Returns:
        The results in the order of loading.

    Raises:
        NothingToLoadError: Nothing fits the mapping.
    """
    started = time.perf_counter()
    found = discover(mapping, path, as_of, file_date)
    if on_start:
        on_start(len(found.files))
    results = []
    with open_warehouse(settings) as warehouse:
        warehouse.ensure_tables(mapping.contracts)
        with Loader(settings, mapping, warehouse) as loader:
            for file in found.files:
                results.append(loader.load(file))
                if on_file:
                    on_file(results[-1])
    return LoadReport(results, found.later, found.unmatched, time.perf_counter() - started)
