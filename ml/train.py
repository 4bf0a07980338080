"""Training: fit a candidate, hold it against baseline and champion, promote it or say why not."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from loaders.settings import Settings
from loaders.warehouse import Warehouse
from ml import dataset
from ml.card import model_card
from ml.dataset import DAY, OUTCOME
from ml.drift import Reference, sample
from ml.errors import ModelError
from ml.evaluate import Floats, Metrics, auc_interval, calibration_bins, evaluate, lift_deciles
from ml.fairness import check_stand_ins
from ml.features import FeatureSet, load_feature_set
from ml.gate import Decision, decide
from ml.leaks import suspects
from ml.pipelines import SEED
from ml.propensity import Propensity, fit, fit_baseline
from ml.reasons import Reasons
from ml.registry import Artifact, Facts, Registry
from ml.split import TimeSplit, split_by_time

# Counts of the past reach back so far; earlier contacts would know too little of it.
WARM_UP_DAYS = 120
TEST_DAYS = 62
CALIBRATION_DAYS = 31
LEAST_CONVERSIONS = 30
# More contacts add little and would take memory without bound; a fit on 150,000 rows takes 1.2 GB.
LEARN_FROM_AT_MOST = 150_000


@dataclass(frozen=True)
class Slices:
    """Rows of each slice."""

    split: TimeSplit
    train: pd.DataFrame
    calibration: pd.DataFrame
    test: pd.DataFrame


@dataclass(frozen=True)
class Training:
    """What came of a training.

    Attributes:
        facts: What is known of the candidate.
        decision: Whether it was promoted, and why or why not.
        metrics: Of the candidate on the test slice.
        interval: 95 % interval of its AUC.
        rivals: Metrics of baseline and champion on the same slice.
        lift: Conversions by decile.
        calibration: Probability against rate, by channel.
        drift: Of its features, from training to test.
        base_rate: Share of conversions in the training slice.
    """

    facts: Facts
    use_case: str
    decision: Decision
    metrics: Metrics
    interval: tuple[float, float]
    rivals: dict[str, Metrics]
    lift: pd.DataFrame
    calibration: pd.DataFrame
    drift: pd.DataFrame
    rows_train: int
    base_rate: float


def model_name(use_case: str) -> str:
    """Name the model of a use case."""
    return f"propensity_{use_case}"


def is_due(registry: Registry, name: str, as_of: date, every_days: int) -> bool:
    """Tell whether a model was never trained, or its last training is too old, promoted or not.

    Args:
        registry: The registry.
        name: Model.
        as_of: The day.
        every_days: How old a training may get.

    Returns:
        Whether it should be trained.
    """
    last = registry.last_trained(name, as_of)
    return last is None or (as_of - last).days >= every_days


def train(settings: Settings, warehouse: Warehouse, use_case: str, as_of: date) -> Training:
    """Train the model of a use case.

    Args:
        settings: The settings.
        warehouse: The open warehouse, its feature models built for the day with the variable `train`.
        use_case: The use case.
        as_of: The day.

    Returns:
        What came of it; the candidate is in the registry, and is the champion if it was promoted.

    Raises:
        ModelError: There is too little to learn from.
    """
    features = load_feature_set(settings.project_dir, use_case)
    with tempfile.TemporaryDirectory(prefix="bankmart-") as folder:
        rows = dataset.read_training(warehouse, features, as_of, Path(folder))
        slices = cut(rows, as_of, use_case)
        customers, _ = dataset.read_customers(warehouse, as_of, Path(folder))
        population = sample(customers)
    check_stand_ins(features, population)
    window = int(rows["conversion_window_days"].max())
    candidate = fit(features, slices.train, slices.calibration, outcome=OUTCOME, day=DAY, gap_days=window)
    return _judge(settings, as_of, slices, candidate, population)


def cut(rows: pd.DataFrame, as_of: date, use_case: str) -> Slices:
    """Cut contacts into slices by time; of too many to learn from a random part is taken.

    Args:
        rows: Contacts as `dataset.read_training` gives them.
        as_of: Day of the training.
        use_case: For messages.

    Returns:
        The slices.

    Raises:
        ModelError: A slice has too few conversions.
    """
    if rows.empty:
        raise ModelError(f"There is no contact to learn {use_case} from by {as_of}.")
    days = pd.to_datetime(rows[DAY]).dt.date
    window = int(rows["conversion_window_days"].max())
    first = min(days) + timedelta(days=WARM_UP_DAYS)
    split = split_by_time(
        first, as_of, outcome_days=window, test_days=TEST_DAYS, calibration_days=CALIBRATION_DAYS
    )
    parts = split.cut(rows, DAY)
    for name, part in zip(("training", "calibration", "test"), parts, strict=True):
        if part[OUTCOME].sum() < LEAST_CONVERSIONS:
            raise ModelError(
                f"{use_case}: the {name} slice has {part[OUTCOME].sum()} conversions in {len(part)} rows.",
                hint=f"At least {LEAST_CONVERSIONS} are needed; wait for more campaigns.",
            )
    train, calibration, test = parts
    if len(train) > LEARN_FROM_AT_MOST:
        train = train.sample(LEARN_FROM_AT_MOST, random_state=SEED).sort_index()
    return Slices(split, train, calibration, test)


def _judge(
    settings: Settings, as_of: date, slices: Slices, candidate: Propensity, population: pd.DataFrame
) -> Training:
    registry, features, test = Registry(settings.models), candidate.features, slices.test
    probability = candidate.probability(test)
    metrics, rivals = measure(test, probability), _rivals(registry, features, slices, as_of)
    drift = Reference.of(features, slices.train).drift(features, test)
    leaks = suspects(features, slices.train, OUTCOME)
    decision = decide(metrics, rivals["baseline"], rivals.get("champion"), drift, leaks)
    training = Training(
        facts=_facts(as_of, candidate, slices, {"candidate": metrics, **rivals}, decision),
        use_case=features.use_case,
        decision=decision,
        metrics=metrics,
        interval=auc_interval(_outcome(test), probability),
        rivals=rivals,
        lift=lift_deciles(_outcome(test), candidate.raw(test)),
        calibration=_bins(test, probability),
        drift=drift,
        rows_train=len(slices.train),
        base_rate=float(slices.train[OUTCOME].mean()),
    )
    artifact = Artifact(
        candidate,
        Reasons.fit(features, slices.train),
        Reference.of(features, population),
        training.base_rate,
    )
    registry.save(training.facts, artifact, model_card(training, features, test, probability))
    return training


def _rivals(registry: Registry, features: FeatureSet, slices: Slices, as_of: date) -> dict[str, Metrics]:
    baseline = fit_baseline(features, slices.train, slices.calibration, outcome=OUTCOME)
    rivals = {"baseline": measure(slices.test, baseline.probability(slices.test))}
    # A version that is trained again is no rival of itself.
    champion = registry.champion(model_name(features.use_case), as_of, other_than=_version(as_of, features))
    if champion is not None:
        before = _champion_probability(registry, champion, features, slices.test)
        if before is not None:
            rivals["champion"] = measure(slices.test, before)
    return rivals


def _champion_probability(
    registry: Registry, champion: Facts, features: FeatureSet, test: pd.DataFrame
) -> Floats | None:
    """Score with the champion; one that is damaged, or whose features are gone, can't defend its place."""
    try:
        features.check_known(champion.features)
        return registry.load(champion).model.probability(test)
    except ModelError:
        return None


def measure(rows: pd.DataFrame, probability: Floats) -> Metrics:
    """Measure probabilities of contacts.

    Args:
        rows: Contacts as `dataset.read_training` gives them.
        probability: Shape (n,).

    Returns:
        The metrics.
    """
    value, cost = (rows[name].to_numpy(dtype=float) for name in ("conversion_value", "contact_cost"))
    return evaluate(_outcome(rows), probability, value, cost)


def _outcome(rows: pd.DataFrame) -> Floats:
    return np.asarray(rows[OUTCOME].to_numpy(dtype=float))


def _bins(rows: pd.DataFrame, probability: Floats) -> pd.DataFrame:
    channels = rows["channel"].to_numpy()
    tables = [calibration_bins(_outcome(rows), probability).assign(channel="all")]
    for channel in sorted(set(channels)):
        chosen = channels == channel
        tables.append(
            calibration_bins(_outcome(rows)[chosen], probability[chosen], bins=5).assign(channel=channel)
        )
    return pd.concat(tables, ignore_index=True)


def _facts(
    as_of: date, candidate: Propensity, slices: Slices, metrics: dict[str, Metrics], decision: Decision
) -> Facts:
    split = slices.split
    windows = {"train": split.train, "calibration": split.calibration, "test": split.test}
    return Facts(
        model_name=model_name(candidate.features.use_case),
        model_version=_version(as_of, candidate.features),
        as_of=as_of,
        candidate=candidate.kind,
        features=candidate.features.names,
        feature_digest=candidate.features.digest,
        windows={key: (str(first), str(last)) for key, (first, last) in windows.items()},
        metrics={key: value.as_dict() for key, value in metrics.items()},
        code_revision=code_revision(),
        promoted=decision.promoted,
        trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _version(as_of: date, features: FeatureSet) -> str:
    return f"{as_of:%Y%m%d}-{features.digest[:8]}"


def code_revision() -> str:
    """Give the revision of the code, `unknown` outside a repository."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        return "unknown"
    return found.stdout.strip() or "unknown"
