"""`bankmart rejects`: look at dead letters, hand them on, replay them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from loaders.cli.loading import MappingOption, load_payload
from loaders.cli.output import Format, FormatOption, about, cell, command, counted, emit, progress_bar, table
from loaders.cli.session import session
from loaders.errors import BankmartError

if TYPE_CHECKING:
    from loaders.load import LoadReport
    from loaders.warehouse import Warehouse

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
ROW_KEYS = ("load_id", "row_number", "table_name", "file_name", "reason_code", "column_name", "detail")
REPLAY_HEADS = ["table", "loads", "failed", "tried", "loaded now", "still dead"]


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
    from loaders import rejects  # noqa: PLC0415 - help must not wait for it

    with _opened("bankmart rejects list", name) as warehouse:
        groups = rejects.group_rejects(warehouse, table=name, reason=reason, load_id=load)
        letters = (
            rejects.list_rejects(warehouse, table=name, reason=reason, load_id=load, limit=limit)
            if rows
            else []
        )
    total = sum(group["n_rows"] for group in groups)

    def render(to: Console) -> None:
        if rows:
            lines = [[str(row[key] or "") for key in ROW_KEYS] for row in _qualified(letters)]
            to.print(table("Dead letters", ROW_HEADS, lines))
        elif groups:
            counts = ("reason_code", "column_name", "example", "n_rows", "n_files", "n_replayable")
            lines = [[f"{g['source']}.{g['table_name']}", *(g[key] for key in counts)] for g in groups]
            to.print(table("Dead letters", GROUP_HEADS, lines, numbers=3))
        to.print(f"{counted(total, 'open dead letter')}.")

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
    from loaders import rejects  # noqa: PLC0415

    with _opened("bankmart rejects show") as warehouse:
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
    from loaders import rejects  # noqa: PLC0415

    with _opened("bankmart rejects export", name) as warehouse:
        count = rejects.export(warehouse, path, table=name, reason=reason, load_id=load)
    emit(
        fmt,
        {"rows": count, "path": path},
        lambda to: to.print(f"{counted(count, 'dead letter')} in {path}", markup=False, soft_wrap=True),
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
    from loaders import rejects  # noqa: PLC0415
    from loaders.contract import load_contracts  # noqa: PLC0415
    from loaders.mapping import load_mapping  # noqa: PLC0415

    with session("bankmart rejects replay") as settings, progress_bar() as progress:
        contracts = load_contracts(settings.project_dir)
        _check_table(name, contracts)
        chosen = load_mapping(mapping, contracts)
        report = rejects.replay(
            settings,
            chosen,
            table=name,
            reason=reason,
            load_id=load,
            on_file=lambda result: progress(f"replaying {result.file_name}", 0, 0),
        )
    emit(fmt, load_payload(report), lambda to: _render_replay(to, report, mapping))
    raise typer.Exit(report.exit_code)


@contextmanager
def _opened(command_line: str, name: str | None = None) -> Iterator[Warehouse]:
    from loaders.contract import load_contracts  # noqa: PLC0415
    from loaders.warehouse import open_warehouse  # noqa: PLC0415

    with session(command_line) as settings:
        contracts = load_contracts(settings.project_dir)
        _check_table(name, contracts)
        with open_warehouse(settings) as warehouse:
            warehouse.ensure_tables(contracts)
            yield warehouse


def _check_table(name: str | None, known: Iterable[str]) -> None:
    if name is not None and name not in known:
        raise BankmartError(f"There is no table {name}.", hint=f"Give one of {', '.join(known)}.")


def _qualified(letters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [letter | {"table_name": f"{letter['source']}.{letter['table_name']}"} for letter in letters]


def _render_replay(to: Console, report: LoadReport, mapping: str) -> None:
    tables: dict[str, list[int]] = {}
    for result in report.results:
        sums = tables.setdefault(result.table, [0] * 5)
        counts = (1, result.status == "failed", result.rows_in, result.rows_loaded, result.rows_dead)
        tables[result.table] = [old + new for old, new in zip(sums, counts, strict=True)]
        if result.error:
            to.print(about(result.file_name, result.error), markup=False, soft_wrap=True)
    if not tables:
        to.print(f"No such dead letters are open from loads by the mapping {mapping}.", markup=False)
        return
    to.print(
        table("Replayed", REPLAY_HEADS, [[name, *sums] for name, sums in sorted(tables.items())], numbers=5)
    )
    to.print(
        f"{counted(report.rows_in, 'dead letter')} tried = {report.rows_loaded:,} loaded now "
        f"+ {report.rows_dead:,} still dead, {report.seconds:.1f} s"
    )
