"""`bankmart demo`: a bank from nothing to whom to contact, in a database of its own."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from loaders.cli.building import render_build
from loaders.cli.loading import load_files
from loaders.cli.nightly import Night, build_and_score
from loaders.cli.output import Format, FormatOption, command, emit, print_failure, say
from loaders.cli.screen import read_screen, render_screen
from loaders.cli.session import session

if TYPE_CHECKING:
    from loaders.settings import Settings

FOLDER = "data/demo"


@command
def demo(
    *,
    customers: Annotated[int, typer.Option(min=1, help="How many customers.")] = 20_000,
    months: Annotated[int, typer.Option(min=1, help="How many months of history, a file each.")] = 18,
    days: Annotated[int, typer.Option(min=1, help="How many nights after them, a file each.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Another seed makes another bank.")] = 7,
    fmt: FormatOption = Format.text,
) -> None:
    """Make a bank, do its nightly job, and show whom to contact, what campaigns cost and how good models are.

    The demo has its own DuckDB database, lake and models in data/demo, whatever BANKMART_TARGET says; your
    own data never mix with it.

    For example:

        bankmart demo

        bankmart demo --customers 3000 --months 15 --days 2
    """
    from loaders.settings import get_settings  # noqa: PLC0415 - help must not wait for it

    started = time.perf_counter()
    night, screen = Night(), {}
    with session("bankmart demo", demo_settings(get_settings())) as settings:
        _make_bank(settings, {"customers": customers, "months": months, "days": days, "seed": seed})
        say("Loading the files ...")
        night.loaded = load_files(settings, None, "bankmart", None, None)
        say("Building history and marts, training and scoring ...")
        build_and_score(night, settings, None)
        if not night.exit_code:
            screen = read_screen(settings)
    seconds = round(time.perf_counter() - started, 1)
    payload = night.payload() | screen | {"seconds": seconds, "exit_code": night.exit_code}
    emit(fmt, payload, lambda to: _render(to, settings, night, screen, seconds))
    raise typer.Exit(night.exit_code)


def demo_settings(settings: Settings) -> Settings:
    """Give the settings of the demo's own database, lake and models.

    Args:
        settings: The user's.

    Returns:
        The same with other paths.
    """
    folder = settings.project_dir / FOLDER
    return settings.model_copy(
        update={
            "duckdb_path": folder / "bankmart.duckdb",
            "lake": folder / "lake",
            "landing": folder / "landing",
            "models": folder / "models",
            "dbt_target_path": folder / "target",
            "target": "dev",
        }
    )


def _make_bank(settings: Settings, size: dict[str, int]) -> None:
    from datagen.generate import generate  # noqa: PLC0415

    folder = settings.landing.parent
    marker = folder / "size.json"
    if marker.exists() and json.loads(marker.read_text("utf-8")) != size:
        say("The demo's bank gets another size: starting it anew.")
        _forget(settings)
    say(f"Making a bank of {size['customers']:,} customers and {size['months']} months ...")
    generate(
        settings.landing,
        customers=size["customers"],
        months=size["months"],
        days=size["days"],
        seed=size["seed"],
    )
    marker.write_text(json.dumps(size), "utf-8")


def _forget(settings: Settings) -> None:
    for folder in (settings.landing, settings.lake, settings.models):
        shutil.rmtree(folder, ignore_errors=True)
    for suffix in ("", ".wal"):
        Path(f"{settings.duckdb_path}{suffix}").unlink(missing_ok=True)


def _render(to: Console, settings: Settings, night: Night, screen: dict[str, Any], seconds: float) -> None:
    if screen:
        render_screen(to, screen)
    to.print()
    if loaded := night.loaded:
        to.print(
            f"{len(loaded.results)} files: {loaded.rows_in:,} rows in = {loaded.rows_loaded:,} loaded "
            f"+ {loaded.rows_dead:,} rejected, {loaded.seconds:.1f} s"
        )
    if night.built:
        render_build(to, night.built)
    if night.failure:
        print_failure(night.failure)
    for use_case, reason in night.models.untrained.items() if night.models else ():
        to.print(escape(f"{use_case}: not trained. {reason}"), soft_wrap=True)
    if night.scored:
        render_build(to, night.scored)
    to.print(f"All in {seconds:.1f} s. The database: {settings.duckdb_path}", soft_wrap=True)
