"""The night's work of the models: train where it is due, score, and load what came of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from threadpoolctl import threadpool_limits

from loaders.contract import load_contracts
from loaders.load import LoadReport, load_path
from loaders.mapping import load_mapping
from loaders.settings import Settings
from loaders.warehouse import open_warehouse
from ml import dataset
from ml.errors import ModelError
from ml.registry import Registry
from ml.score import Scoring, score
from ml.train import Training, is_due, model_name, train
from ml.writeback import MAPPING, scores_file, write_scorings, write_trainings


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


def training_due(settings: Settings, as_of: date) -> bool:
    """Tell whether any use case's model should be trained, so that the features of past contacts are needed.

    Args:
        settings: The settings.
        as_of: The day.

    Returns:
        Whether there is a use case without a young champion.
    """
    with open_warehouse(settings) as warehouse:
        found = dataset.known_use_cases(warehouse)
    registry = Registry(settings.models)
    return any(is_due(registry, model_name(name), as_of, settings.retrain_days) for name in found)


def run_models(
    settings: Settings,
    as_of: date,
    *,
    force: bool = False,
    progress: Callable[[str], None] = lambda label: None,
) -> ModelReport:
    """Train where it is due, score with the champions, and load the results.

    Args:
        settings: The settings.
        as_of: The day; the feature models are built for it.
        force: Train also where it is not due.
        progress: Called with what is under way.

    Returns:
        What was done.
    """
    trainings, untrained = [], {}
    registry = Registry(settings.models)
    # Threads that wait for each other on busy cores take many times longer than one.
    with tempfile.TemporaryDirectory(prefix="bankmart-") as name, threadpool_limits(1):
        folder = Path(name)
        with open_warehouse(settings) as warehouse:
            for use_case in dataset.use_cases(warehouse):
                if not force and not is_due(registry, model_name(use_case), as_of, settings.retrain_days):
                    continue
                progress(f"training {model_name(use_case)}")
                try:
                    trainings.append(train(settings, warehouse, use_case, as_of))
                except ModelError as error:
                    untrained[use_case] = str(error)
            progress("scoring")
            scores = scores_file(folder, as_of)
            scores.parent.mkdir()
            scorings = score(settings, warehouse, as_of, scores)
        write_trainings(folder, trainings, as_of)
        write_scorings(folder, scorings, as_of)
        return ModelReport(as_of, trainings, untrained, scorings, _load(settings, folder))


def _load(settings: Settings, folder: Path) -> LoadReport | None:
    if not any(folder.rglob("*.parquet")):
        return None
    mapping = load_mapping(MAPPING, load_contracts(settings.project_dir))
    return load_path(settings=settings, mapping=mapping, path=folder)
