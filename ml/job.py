"""The night's work of the models: train where it is due, score, and load what came of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from threadpoolctl import threadpool_limits

from loaders.contract import load_contracts
from loaders.load import LoadReport, load_path
from loaders.mapping import load_mapping
from loaders.settings import Settings
from loaders.warehouse import Warehouse, open_warehouse
from ml import dataset
from ml.errors import ModelError
from ml.registry import Registry
from ml.score import Scoring, score
from ml.train import Training, is_due, model_name, train
from ml.writeback import MAPPING, scores_file, write_scorings, write_trainings

Progress = Callable[[str], None]


@dataclass(frozen=True)
class ModelReport:
    """What the models did.

    Attributes:
        as_of: The day.
        trainings: Trainings, promoted or refused.
        untrained: By use case why there was no training though it was due.
        scorings: Scorings by the champions.
        load: What became of the files that were written back, if there were any.
    """

    as_of: date
    trainings: list[Training] = field(default_factory=list)
    untrained: dict[str, str] = field(default_factory=dict)
    scorings: list[Scoring] = field(default_factory=list)
    load: LoadReport | None = None


def has_offers(settings: Settings) -> bool:
    """Tell whether there is any offer to score; a bank that loads none has no use for models.

    Args:
        settings: The settings.

    Returns:
        Whether one is loaded.
    """
    with open_warehouse(settings) as warehouse:
        return dataset.has_offers(warehouse)


def training_due(settings: Settings, as_of: date) -> bool:
    """Tell whether the features of past contacts are needed, since some model is trained on the day.

    Args:
        settings: The settings.
        as_of: The day.

    Returns:
        Whether a model is due, or was trained for this very day: a second run builds what the first did.
    """
    registry = Registry(settings.models)
    with open_warehouse(settings) as warehouse:
        return any(
            registry.last_trained(name, as_of) == as_of or _is_due(settings, warehouse, name, as_of)
            for name in map(model_name, dataset.use_cases(warehouse))
        )


def run_models(
    settings: Settings,
    as_of: date,
    *,
    training: bool = True,
    scoring: bool = True,
    force: bool = False,
    progress: Progress = lambda label: None,
) -> ModelReport:
    """Train where it is due, score with the champions, and load the results.

    Args:
        settings: The settings.
        as_of: The day; the feature models are built for it.
        training: Whether to train.
        scoring: Whether to score.
        force: Train also where it is not due.
        progress: Called with what is under way.

    Returns:
        What was done.
    """
    report = ModelReport(as_of)
    # Threads that wait for each other on busy cores take many times longer than one.
    with tempfile.TemporaryDirectory(prefix="bankmart-") as name, threadpool_limits(1):
        folder = Path(name)
        with open_warehouse(settings) as warehouse:
            if training:
                _train(settings, warehouse, report, force, progress)
            if scoring:
                progress("scoring")
                scores = scores_file(folder, as_of)
                scores.parent.mkdir()
                report.scorings.extend(score(settings, warehouse, as_of, scores))
        write_trainings(folder, report.trainings, as_of)
        write_scorings(folder, report.scorings, as_of)
        return replace(report, load=_load(settings, folder))


def _train(
    settings: Settings, warehouse: Warehouse, report: ModelReport, force: bool, progress: Progress
) -> None:
    for use_case in dataset.use_cases(warehouse):
        name = model_name(use_case)
        if not force and not _is_due(settings, warehouse, name, report.as_of):
            continue
        progress(f"training {name}")
        try:
            report.trainings.append(train(settings, warehouse, use_case, report.as_of))
        except ModelError as error:
            report.untrained[use_case] = str(error)


def _is_due(settings: Settings, warehouse: Warehouse, name: str, as_of: date) -> bool:
    """Tell whether a training is due, also since the last one was stopped before its figures were loaded."""
    registry = Registry(settings.models)
    return is_due(registry, name, as_of, settings.retrain_days) or not dataset.has_training(
        warehouse, name, registry.last_trained(name, as_of)
    )


def _load(settings: Settings, folder: Path) -> LoadReport | None:
    if not any(folder.rglob("*.parquet")):
        return None
    mapping = load_mapping(MAPPING, load_contracts(settings.project_dir))
    return load_path(settings=settings, mapping=mapping, path=folder)
