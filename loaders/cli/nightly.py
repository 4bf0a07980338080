"""`bankmart run`: the nightly job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from loaders.cli.building import (
    AllowShrinkOption,
    BuildDayOption,
    FullRefreshOption,
    RebuildHistoryOption,
    build_payload,
    render_build,
)
from loaders.cli.failures import Failure, explain
from loaders.cli.loading import (
    FileDateOption,
    MappingOption,
    PathArgument,
    day,
    load_files,
    load_payload,
    render_load,
)
from loaders.cli.models import ON_SCORES, models_payload, render_models
from loaders.cli.output import Format, FormatOption, command, console, emit, print_failure, progress_bar
from loaders.cli.session import session
from loaders.errors import BankmartError, is_interruption

if TYPE_CHECKING:
    from loaders.build import BuildOptions, BuildReport
    from loaders.load import LoadReport
    from loaders.settings import Settings
    from ml.job import ModelReport

ModelsOption = Annotated[bool, typer.Option("--models/--no-models", help="Train and score, or leave it out.")]


@dataclass
class Night:
    """What a night did, part by part; what it did not come to is None.

    Attributes:
        loaded: Files of the day.
        built: What was built from them.
        models: Trainings and scorings.
        failure: Why the models stopped.
        scored: What was built on the scores.
    """

    loaded: LoadReport | None = None
    built: BuildReport | None = None
    models: ModelReport | None = None
    failure: Failure | None = None
    scored: BuildReport | None = None

    @property
    def exit_code(self) -> int:
        """That of the first part that failed, 0 if all was done."""
        parts = (self.loaded, self.built, self.models and self.models.load, self.failure, self.scored)
        return next((part.exit_code for part in parts if part and part.exit_code), 0)

    def payload(self) -> dict[str, object]:
        """Give it for programs: the parts that the night came to."""
        parts: Mapping[str, object | None] = {
            "load": self.loaded and load_payload(self.loaded),
            "build": self.built and build_payload(self.built),
            "models": self.models and models_payload(self.models),
            "models_failed": self.failure and self.failure.payload(),
            "build_on_scores": self.scored and build_payload(self.scored),
        }
        return {name: part for name, part in parts.items() if part is not None}


@command
def run(
    path: PathArgument = None,
    *,
    mapping: MappingOption = "bankmart",
    as_of: BuildDayOption = None,
    file_date: FileDateOption = None,
    full_refresh: FullRefreshOption = False,
    rebuild_history: RebuildHistoryOption = False,
    allow_shrink: AllowShrinkOption = False,
    models: ModelsOption = True,
    fmt: FormatOption = Format.text,
) -> None:
    """Do the nightly job: load what has come, build for the day, score, build what depends on the scores.

    Models are trained where it is due. A bank that has no offers has no models either.

    For example:

        bankmart run

        bankmart run --as-of 2026-01-10 --no-models

        bankmart run --mapping berka ../shared/data/berka
    """
    from loaders.build import BuildOptions  # noqa: PLC0415 - help must not wait for it

    options = BuildOptions(
        full_refresh=full_refresh, rebuild_history=rebuild_history, allow_shrink=allow_shrink
    )
    night = Night()
    try:
        with session("bankmart run") as settings:
            night.loaded = load_files(settings, path, mapping, day(as_of), day(file_date))
            build_and_score(night, settings, day(as_of), options, with_models=models)
    except BankmartError as error:
        if fmt is Format.text:
            render_night(console(), night)
        error.done_before = night.payload()
        raise
    emit(fmt, night.payload() | {"exit_code": night.exit_code}, lambda to: render_night(to, night))
    raise typer.Exit(night.exit_code)


def build_and_score(
    night: Night,
    settings: Settings,
    as_of: date | None,
    options: BuildOptions | None = None,
    *,
    with_models: bool = True,
) -> None:
    """Build for a day, run the models, and build what depends on the scores.

    Args:
        night: Where it is noted what was done.
        settings: The settings.
        as_of: The day; by default the latest of a loaded file.
        options: What to do other than usual.
        with_models: Whether to run the models, if there are offers.

    Raises:
        BuildError: dbt could not run.
    """
    from loaders.build import BuildOptions, build  # noqa: PLC0415 - help must not wait for it
    from loaders.dbt import DbtProject  # noqa: PLC0415
    from loaders.history import latest_file_date  # noqa: PLC0415
    from ml.job import has_offers, run_models, training_due  # noqa: PLC0415

    options, project = options or BuildOptions(), DbtProject(settings)
    to_build = as_of or latest_file_date(settings)
    with_models = with_models and to_build is not None and has_offers(settings)
    if with_models and to_build:
        options = replace(options, exclude=ON_SCORES, train=training_due(settings, to_build))
    with progress_bar() as progress:
        night.built = build(settings, as_of, options, project=project, progress=progress)
        if night.built.exit_code or not with_models:
            return
        try:
            night.models = run_models(
                settings, night.built.as_of, progress=lambda label: progress(label, 0, 0)
            )
        except Exception as error:
            # The scores of the night before are better than an audience that forgets today's suppressions.
            night.failure = None if is_interruption(error) else explain(error)
            if night.failure is None:
                raise
        after = BuildOptions(select=ON_SCORES, full_refresh=options.full_refresh)
        night.scored = build(settings, night.built.as_of, after, project=project, progress=progress)


def render_night(to: Console, night: Night) -> None:
    """Print what a night did for people, part by part.

    Args:
        to: Where.
        night: What was done.
    """
    if night.loaded:
        render_load(to, night.loaded)
    if night.built:
        render_build(to, night.built)
    if night.models:
        render_models(to, night.models)
    if night.failure:
        print_failure(night.failure)
    if night.scored:
        to.print("On the scores:")
        render_build(to, night.scored)
