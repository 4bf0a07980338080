"""`bankmart train` and `bankmart score`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from loaders.cli.building import BuildDayOption, build_marts, build_payload, render_build
from loaders.cli.loading import day, load_payload
from loaders.cli.output import Format, FormatOption, about, command, console, emit, progress_bar, table
from loaders.cli.session import session
from loaders.errors import BuildError

if TYPE_CHECKING:
    from loaders.build import BuildReport
    from loaders.settings import Settings
    from ml.job import ModelReport
    from ml.train import Training

ON_SCORES = "source:ml+"
# What models are learned from and applied to, and what that is made from.
INPUTS = "+customer_features +customer_product_features +fct_campaign_contacts +dim_offers"
UNTRAINED_EXIT_CODE = 20
TRAINING_HEADS = [
    "model",
    "decision",
    "AUC",
    "95 % interval",
    "baseline",
    "champion",
    "calibration error",
    "best cut",
    "money",
]


@command
def train(
    *,
    as_of: BuildDayOption = None,
    force: Annotated[bool, typer.Option("--force", help="Also models whose training isn't due.")] = False,
    fmt: FormatOption = Format.text,
) -> None:
    """Train the models on past contacts, and say of each whether it was promoted and why.

    A candidate takes the champion's place only if it beats champion and baseline on contacts later than those
    that it learned from. `bankmart run` does the same where a training is due.

    For example:

        bankmart train

        bankmart train --force --as-of 2026-01-10
    """
    with session("bankmart train") as settings:
        built = _build_inputs(settings, day(as_of), fmt, train=True)
        report = _run(settings, built.as_of, training=True, force=force)
    exit_code = UNTRAINED_EXIT_CODE if report.untrained else load_code(report)
    payload = {"build": build_payload(built), "models": models_payload(report), "exit_code": exit_code}

    def render(to: Console) -> None:
        render_build(to, built)
        render_models(to, report)
        if not report.trainings and not report.untrained:
            to.print("No training is due; --force trains all the same.")

    emit(fmt, payload, render)
    raise typer.Exit(exit_code)


@command
def score(*, as_of: BuildDayOption = None, fmt: FormatOption = Format.text) -> None:
    """Score every customer for every offer with the champions, and build what depends on the scores.

    For example:

        bankmart score

        bankmart score --as-of 2026-01-10 --format json
    """
    from loaders.build import BuildOptions  # noqa: PLC0415 - help must not wait for it
    from ml.errors import ModelError  # noqa: PLC0415

    with session("bankmart score") as settings:
        built = _build_inputs(settings, day(as_of), fmt)
        report = _run(settings, built.as_of, scoring=True)
        if not report.scorings:
            raise ModelError(
                f"Nothing was scored: by {built.as_of} no model has passed the gate, or no offer holds.",
                hint=f"Run `bankmart train --as-of {built.as_of}`, or load marketing.offers.",
            )
        after = build_marts(settings, built.as_of, BuildOptions(select=ON_SCORES))
    exit_code = load_code(report) or after.exit_code
    payload = {
        "build": build_payload(built),
        "models": models_payload(report),
        "build_on_scores": build_payload(after),
        "exit_code": exit_code,
    }

    def render(to: Console) -> None:
        render_models(to, report)
        render_build(to, after)

    emit(fmt, payload, render)
    raise typer.Exit(exit_code)


def _build_inputs(settings: Settings, as_of: date | None, fmt: Format, *, train: bool = False) -> BuildReport:
    from loaders.build import BuildOptions  # noqa: PLC0415
    from loaders.history import latest_file_date  # noqa: PLC0415
    from ml.errors import ModelError  # noqa: PLC0415
    from ml.job import has_offers, training_due  # noqa: PLC0415

    to_build = as_of or latest_file_date(settings)
    if to_build and not has_offers(settings):
        raise ModelError(
            "No offer is loaded, so there is nothing to model.", hint="Load marketing.offers first."
        )
    # The features that a training of the same day has built stay.
    train = train or (to_build is not None and training_due(settings, to_build))
    built = build_marts(settings, as_of, BuildOptions(select=INPUTS, train=train))
    if built.exit_code:
        if fmt is Format.text:
            render_build(console(), built)
        error = BuildError("The features were not built, so no model was run.", hint="See what failed above.")
        error.done_before = {"build": build_payload(built)}
        raise error
    return built


def _run(
    settings: Settings, as_of: date, *, training: bool = False, scoring: bool = False, force: bool = False
) -> ModelReport:
    from ml.job import run_models  # noqa: PLC0415

    with progress_bar() as progress:
        return run_models(
            settings,
            as_of,
            training=training,
            scoring=scoring,
            force=force,
            progress=lambda label: progress(label, 0, 0),
        )


def load_code(report: ModelReport) -> int:
    """Give the exit code of the load of what was written back."""
    return report.load.exit_code if report.load else 0


def models_payload(report: ModelReport) -> dict[str, object]:
    """Give what the models did for programs.

    Args:
        report: The report.

    Returns:
        Trainings with their figures, what was not trained and why, scorings, and the load.
    """
    return {
        "as_of": report.as_of,
        "trainings": [_training_payload(training) for training in report.trainings],
        "untrained": report.untrained,
        "scorings": [
            {
                "use_case": scoring.use_case,
                "model_name": scoring.facts.model_name,
                "model_version": scoring.facts.model_version,
                "rows": scoring.rows,
            }
            for scoring in report.scorings
        ],
        "load": load_payload(report.load) if report.load else None,
    }


def _training_payload(training: Training) -> dict[str, object]:
    return {
        "model_name": training.facts.model_name,
        "model_version": training.facts.model_version,
        "decision": "promoted" if training.decision.promoted else "refused",
        "reasons": training.decision.reasons,
        "metrics": training.metrics.as_dict(),
        "auc_interval": training.interval,
        "rivals": {name: metrics.as_dict() for name, metrics in training.rivals.items()},
    }


def render_models(to: Console, report: ModelReport) -> None:
    """Print what the models did for people: each decision with its reasons, then the scorings.

    Args:
        to: Where.
        report: The report.
    """
    if report.trainings:
        to.print(
            table("Trained", TRAINING_HEADS, [_training_row(each) for each in report.trainings], numbers=7)
        )
    for training in report.trainings:
        to.print(escape(f"{training.facts.model_name}: {training.decision.text}"), soft_wrap=True)
    for use_case, reason in report.untrained.items():
        to.print(escape(f"{use_case}: not trained. {reason}"), soft_wrap=True)
    for scoring in report.scorings:
        name = f"{scoring.facts.model_name} {scoring.facts.model_version}"
        to.print(escape(f"{name}: {scoring.rows:,} scores for {report.as_of}"), soft_wrap=True)
    if report.load:
        for result in report.load.results:
            if result.error:
                to.print(escape(about(result.file_name, result.error)), soft_wrap=True)


def _training_row(training: Training) -> list[object]:
    metrics, rivals = training.metrics, training.rivals
    low, high = training.interval
    champion = rivals.get("champion")
    return [
        training.facts.model_name,
        "promoted" if training.decision.promoted else "refused",
        f"{metrics.auc:.3f}",
        f"{low:.3f} to {high:.3f}",
        f"{rivals['baseline'].auc:.3f}",
        f"{champion.auc:.3f}" if champion else "",
        f"{metrics.calibration_error:.4f}",
        f"best {metrics.best_share:.0%}",
        metrics.money,
    ]
