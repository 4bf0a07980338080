"""`bankmart mapping`: list mappings, and try one on a sample."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from loaders.cli.output import Format, FormatOption, command, emit, table

if TYPE_CHECKING:
    from loaders.load import ColumnPreview

app = typer.Typer(help="See the mappings, and try one on a sample.", no_args_is_help=True)
BAD_SAMPLE_EXIT_CODE = 5


@app.command("list")
@command
def list_shipped(*, fmt: FormatOption = Format.text) -> None:
    """List the mappings that come with bankmart.

    For example:

        bankmart mapping list
    """
    from loaders.contract import load_contracts  # noqa: PLC0415 - help must not wait for it
    from loaders.mapping import list_mappings, load_mapping  # noqa: PLC0415
    from loaders.settings import get_settings  # noqa: PLC0415

    contracts = load_contracts(get_settings().project_dir)
    rows = [
        {"name": path.stem, "description": load_mapping(path, contracts).description}
        for path in list_mappings()
    ]
    emit(
        fmt,
        {"mappings": rows},
        lambda to: to.print(table("Mappings", ["name", "description"], [list(row.values()) for row in rows])),
    )


@app.command()
@command
def check(
    file: Annotated[str, typer.Argument(metavar="NAME|FILE", help="The mapping.")],
    path: Annotated[
        Path | None, typer.Argument(help="Folder or file to try it on.", show_default=False)
    ] = None,
    *,
    rows: Annotated[int, typer.Option(min=1, help="How many rows of each file to read.")] = 20,
    fmt: FormatOption = Format.text,
) -> None:
    """Check a mapping, and show on a sample what each column would become; nothing is loaded.

    For example:

        bankmart mapping check my_bank.yml

        bankmart mapping check berka ../shared/data/berka
    """
    from loaders.contract import load_contracts  # noqa: PLC0415
    from loaders.load import check_mapping_sample  # noqa: PLC0415
    from loaders.mapping import load_mapping  # noqa: PLC0415
    from loaders.settings import get_settings  # noqa: PLC0415

    settings = get_settings()
    mapping = load_mapping(file, load_contracts(settings.project_dir))
    previews = check_mapping_sample(settings, mapping, path, rows) if path else []
    bad = sum(preview.n_bad for preview in previews)
    exit_code = BAD_SAMPLE_EXIT_CODE if bad else 0
    payload = {
        "mapping": mapping.name,
        "columns": [asdict(preview) for preview in previews],
        "bad_values": bad,
        "exit_code": exit_code,
    }
    emit(fmt, payload, lambda to: _render(to, mapping.name, previews, bad))
    raise typer.Exit(exit_code)


def _render(to: Console, name: str, previews: list[ColumnPreview], bad: int) -> None:
    for title in dict.fromkeys(preview.table for preview in previews):
        rows = [
            [p.target, p.data_type, p.source, _example(p), p.reason or "", p.n_bad]
            for p in previews
            if p.table == title
        ]
        to.print(table(title, ["column", "type", "from", "example", "reason", "bad"], rows, numbers=1))
    what = (
        f"{len(previews)} columns tried, {bad} bad values"
        if previews
        else "give a PATH to try it on a sample"
    )
    to.print(f"The mapping {name} is well formed; {what}.", markup=False, soft_wrap=True)


def _example(preview: ColumnPreview) -> str:
    return "; ".join(
        f"{raw!r} -> {value!r}" if raw != value else repr(raw) for raw, value in preview.examples[:2]
    )
