"""A look at what a mapping would make of the first rows of a file; nothing is loaded."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from loaders import sql
from loaders.loader import Loader
from loaders.mapping import Mapping
from loaders.settings import Settings
from loaders.sources.files import InputFile, discover
from loaders.sources.plain import unpack
from loaders.stage.cells import Cell
from loaders.stage.drift import fit
from loaders.stage.readers import END
from loaders.stage.run import Stage
from loaders.warehouse import open_warehouse

EXAMPLES = 3


@dataclass(frozen=True)
class ColumnPreview:
    """What a column would become.

    Attributes:
        table: The table, as `source.table`.
        target: Column of the contract.
        source: Column of the file, constant or expression.
        data_type: Type of the contract.
        examples: Texts of the file and the values they become.
        n_bad: How many of the sampled values break the contract.
        reason: Reason code of the first of them.
    """

    table: str
    target: str
    source: str
    data_type: str
    examples: list[tuple[str | None, str | None]]
    n_bad: int
    reason: str | None


def check_mapping_sample(
    settings: Settings, mapping: Mapping, path: Path, rows: int = 20
) -> list[ColumnPreview]:
    """Try a mapping on the first rows of a file, or of the first file of each table of a folder.

    Args:
        settings: The settings.
        mapping: The mapping.
        path: The file or folder.
        rows: How many rows.

    Returns:
        A preview of each column.

    Raises:
        BankmartError: No file fits, or one can't be read.
    """
    firsts: dict[str, InputFile] = {}
    for file in discover(mapping, path, file_date=date.max).files:
        firsts.setdefault(file.table, file)
    previews: list[ColumnPreview] = []
    with tempfile.TemporaryDirectory() as temporary:
        for index, file in enumerate(firsts.values()):
            folder = Path(temporary, str(index))
            folder.mkdir()
            previews.extend(_preview(settings, mapping, file, rows, folder))
    return previews


def _preview(
    settings: Settings, mapping: Mapping, file: InputFile, rows: int, folder: Path
) -> list[ColumnPreview]:
    if file.problem:
        raise file.problem
    with Loader(settings, mapping, open_warehouse(settings), folder) as loader:
        found = loader.rows(file, unpack(file, folder, settings), folder)
        fitted = fit(found.names, file.entry, mapping.contracts[file.table], file.name)
        stage = Stage(loader.connection, found, fitted, folder, file.name)
        columns = ", ".join(
            f"{cell.text_name}, cast({cell.typed_name} as varchar), {_own_verdict(cell)}"
            for cell in stage.cells
        )
        sample = loader.connection.execute(
            f"select {columns} from ({stage.row_sql.checked()})"  # noqa: S608
            f' where "~verdict"[1] is distinct from {sql.literal(END)} limit {int(rows)}'
        ).fetchall()
    return [
        _column(file, cell, [row[3 * i : 3 * i + 3] for row in sample]) for i, cell in enumerate(stage.cells)
    ]


def _own_verdict(cell: Cell) -> str:
    branches = cell.verdict()
    return f"case {branches} end" if branches else "null"


def _column(file: InputFile, cell: Cell, values: list[tuple[Any, ...]]) -> ColumnPreview:
    verdicts = [verdict for _, _, verdict in values if verdict]
    examples = dict.fromkeys((raw, cast) for raw, cast, _ in values)
    return ColumnPreview(
        table=file.table,
        target=cell.plan.target.name,
        source=cell.plan.label(),
        data_type=cell.plan.target.data_type,
        examples=list(examples)[:EXAMPLES],
        n_bad=len(verdicts),
        reason=verdicts[0][0] if verdicts else None,
    )
