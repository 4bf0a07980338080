"""The commands of `bankmart`, put together."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from loaders.cli import building, demo, loading, mappings, rejects, status

app = typer.Typer(
    name="bankmart",
    help="The analytics warehouse of a retail bank: load files, build the marts, see what was rejected.",
    epilog="Settings come from BANKMART_* variables and .env. Try: bankmart demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(loading.generate)
app.command()(loading.load)
app.command()(building.build)
app.command()(building.run)
app.command()(status.status)
app.add_typer(rejects.app, name="rejects")
app.add_typer(mappings.app, name="mapping")
app.command()(demo.demo)


def _version(*, asked: bool) -> None:
    if asked:
        typer.echo(f"bankmart {version('bankmart')}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=lambda asked: _version(asked=asked), is_eager=True, help="Print it."
        ),
    ] = False,
) -> None:
    """Load files, build the marts, see what was rejected."""


def main() -> None:
    """Run the command that the arguments name."""
    app()
