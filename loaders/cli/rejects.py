"""`bankmart rejects`: look at dead letters, hand them on, replay them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from loaders import rejects
from loaders.cli.loading import MappingOption, load_payload, render_load
from loaders.cli.output import Format, FormatOption, cell, command, emit, progress_bar, table
from loaders.contract import load_contracts
from loaders.lock import warehouse_lock
from loaders.mapping import load_mapping
from loaders.settings import get_settings
from loaders.warehouse import open_warehouse

app = typer.Typer(help="See what was rejected and why; replay it once it is mended.", no_args_is_help=True)
TableOption = Annotated[
    str | None, typer.Option("--table", metavar="SOURCE.TABLE", help="Only of this table.")
]
ReasonOption = Annotated[
    str | None, typer.Option(metavar="CODE", help="Only with this reason, like not_a_date.")
]
LoadOption = Annotated[int | None, typer.Option("--load", metavar="ID", help="Only of this load.")]
GROUP_HEADS = ["table", "reason", "column", "example", "rows", "files", "replayable"]
ROW_HEADS = ["load", "row", "table", "file", "reason", "column", "detail"]


@app.command("list")
@command
def list_open(
    *,
    name: TableOption = None,
    reason: ReasonOption = None,
    load: LoadOption = None,
    rows: Annotated[bool, typer.Option("--rows", help="Each row instead of counts.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many rows.")] = 100,
    fmt: FormatOption = Format.text,
) -> None:
    """Count open dead letters by table and reason, or list them.

    For example:

        bankmart rejects list

        bankmart rejects list --rows --table core_banking.customers --reason not_a_date
    """
    settings = get_settings()
    with warehouse_lock(settings, "bankmart rejects list"), open_warehouse(settings) as warehouse:
        warehouse.ensure_tables(load_contracts(settings.project_dir))
        groups = rejects.group_rejects(warehouse, table=name, reason=reason, load_id=load)
        letters = (
            rejects.list_rejects(warehouse, table=name, reason=reason, load_id=load, limit=limit)
            if rows
            else []
        )
    total = sum(group["n_rows"] for group in groups)

    def render(to: Console) -> None:
        if rows:
            keys = (
                "load_id",
                "row_number",
                "table_name",
                "file_name",
                "reason_code",
                "column_name",
                "detail",
            )
            to.print(table("Dead letters", ROW_HEADS, [[str(r[key] or "") for key in keys] for r in letters]))
        elif groups:
            counts = ("reason_code", "column_name", "example", "n_rows", "n_files", "n_replayable")
            lines = [[f"{g['source']}.{g['table_name']}", *(g[key] for key in counts)] for g in groups]
            to.print(table("Dead letters", GROUP_HEADS, lines, numbers=3))
        to.print(f"{total:,} open dead letters.")

    emit(fmt, {"open": total, "rows": letters} if rows else {"open": total, "groups": groups}, render)


@app.command()
@command
def show(
    load: Annotated[int, typer.Argument(metavar="LOAD", help="Number of the load.")],
    row: Annotated[int, typer.Argument(metavar="ROW", help="Row in the file.")],
    *,
    fmt: FormatOption = Format.text,
) -> None:
    """Show one dead letter with the row as it came.

    For example:

        bankmart rejects show 12 87
    """
    settings = get_settings()
    with warehouse_lock(settings, "bankmart rejects show"), open_warehouse(settings) as warehouse:
        warehouse.ensure_tables(load_contracts(settings.project_dir))
        letter = rejects.show(warehouse, load, row)
    emit(
        fmt,
        letter,
        lambda to: to.print(table("", ["", ""], [[key, cell(value)] for key, value in letter.items()])),
    )


@app.command()
@command
def export(
    path: Annotated[Path, typer.Argument(help="File that ends in .csv, .parquet or .json.")],
    *,
    name: TableOption = None,
    reason: ReasonOption = None,
    load: LoadOption = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Write open dead letters to a file, for whoever has to mend them.

    For example:

        bankmart rejects export rejects.csv

        bankmart rejects export bad_dates.parquet --reason not_a_date
    """
    settings = get_settings()
    with warehouse_lock(settings, "bankmart rejects export"), open_warehouse(settings) as warehouse:
        warehouse.ensure_tables(load_contracts(settings.project_dir))
        count = rejects.export(warehouse, path, table=name, reason=reason, load_id=load)
    emit(
        fmt,
        {"rows": count, "path": path},
        lambda to: to.print(f"{count:,} dead letters in {path}", markup=False, soft_wrap=True),
    )


@app.command()
@command
def replay(
    *,
    mapping: MappingOption = "bankmart",
    name: TableOption = None,
    reason: ReasonOption = None,
    load: LoadOption = None,
    fmt: FormatOption = Format.text,
) -> None:
    """Try open dead letters again, after the mapping or the contract is mended.

    For example:

        bankmart rejects replay

        bankmart rejects replay --mapping my_bank.yml --reason not_a_date
    """
    settings = get_settings()
    chosen = load_mapping(mapping, load_contracts(settings.project_dir))
    with warehouse_lock(settings, "bankmart rejects replay"), progress_bar() as progress:
        report = rejects.replay(
            settings,
            chosen,
            table=name,
            reason=reason,
            load_id=load,
            on_file=lambda result: progress(f"replaying {result.file_name}", 0, 0),
        )
    emit(fmt, load_payload(report), lambda to: render_load(to, report))
    raise typer.Exit(report.exit_code)
