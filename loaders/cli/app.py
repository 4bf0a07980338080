"""The commands of `bankmart`, put together."""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Annotated

import typer

from loaders.cli import (
    building,
    demo,
    eligibility,
    erase,
    generating,
    loading,
    mappings,
    models,
    nightly,
    rejects,
    status,
)
from loaders.cli.failures import SETTINGS_EXIT_CODE, Failure
from loaders.cli.output import print_json

app = typer.Typer(
    name="bankmart",
    help="The analytics warehouse of a retail bank: load files, build the marts, see what was rejected.",
    epilog="Settings come from BANKMART_* variables and .env. Try: bankmart demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(generating.generate)
app.command()(loading.load)
app.command()(building.build)
app.command()(nightly.run)
app.command()(models.train)
app.command()(models.score)
app.command()(eligibility.eligibility)
app.command()(status.status)
app.add_typer(rejects.app, name="rejects")
app.add_typer(mappings.app, name="mapping")
app.command()(erase.erase)
app.command()(demo.demo)


def _version(*, asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - slow, and for this alone

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
    try:
        app()
    except SystemExit as stop:
        wrong = getattr(stop.__context__, "format_message", None)
        if wrong and _wants_json(sys.argv[1:]):
            print_json(Failure("UsageError", wrong(), "See --help.", SETTINGS_EXIT_CODE).payload())
        raise


def _wants_json(arguments: list[str]) -> bool:
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)
