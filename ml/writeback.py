"""The way back: figures and scores as files that are loaded like any other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ml.registry import Facts
from ml.score import Scoring
from ml.train import Training

MAPPING = "ml"


def scores_file(folder: Path, as_of: date) -> Path:
    """Name the file of the scores."""
    return folder / "scoring" / f"customer_scores_{as_of}.parquet"


def write_trainings(folder: Path, trainings: Sequence[Training], as_of: date) -> None:
    """Write what came of trainings: runs, lift, calibration and drift.

    Args:
        folder: Folder of the files.
        trainings: What came of each.
        as_of: Their day.
    """
    place = folder / "training"
    _write(place, "model_runs", as_of, [_training_run(training) for training in trainings])
    _write(place, "lift_deciles", as_of, [row for training in trainings for row in _lift(training)])
    _write(
        place, "calibration_bins", as_of, [row for training in trainings for row in _calibration(training)]
    )


def write_scorings(folder: Path, scorings: Sequence[Scoring], as_of: date) -> None:
    """Write what scorings did: runs and drift; the scores themselves are there already.

    Args:
        folder: Folder of the files.
        scorings: What each did.
        as_of: Their day.
    """
    place = folder / "scoring"
    _write(place, "model_runs", as_of, [_scoring_run(scoring, as_of) for scoring in scorings])
    _write(place, "feature_drift", as_of, [row for scoring in scorings for row in _drift(scoring, as_of)])


def _training_run(training: Training) -> dict[str, Any]:
    facts, metrics = training.facts, training.metrics
    champion = training.rivals.get("champion")
    (train_from, train_to), (test_from, test_to) = facts.windows["train"], facts.windows["test"]
    measured = metrics.as_dict()
    return _run(training.use_case, facts, facts.as_of, "training") | {
        "decision": "promoted" if training.decision.promoted else "refused",
        "reason": training.decision.text[:2000],
        "train_from": date.fromisoformat(train_from),
        "train_to": date.fromisoformat(train_to),
        "test_from": date.fromisoformat(test_from),
        "test_to": date.fromisoformat(test_to),
        "rows_train": training.rows_train,
        "rows_test": metrics.rows,
        "positives_test": metrics.positives,
        "auc_low": training.interval[0],
        "auc_high": training.interval[1],
        "baseline_auc": training.rivals["baseline"].auc,
        "baseline_average_precision": training.rivals["baseline"].average_precision,
        "champion_auc": champion.auc if champion else None,
        "champion_average_precision": champion.average_precision if champion else None,
        **{
            name: measured[name]
            for name in (
                "auc",
                "average_precision",
                "brier",
                "calibration_error",
                "mean_probability",
                "base_rate",
                "best_share",
            )
        },
        "money": round(metrics.money, 2),
    }


def _scoring_run(scoring: Scoring, as_of: date) -> dict[str, Any]:
    return _run(scoring.use_case, scoring.facts, as_of, "scoring") | {
        "decision": "kept",
        "reason": f"champion since {scoring.facts.as_of}",
        "rows_scored": scoring.rows,
    }


def _run(use_case: str, facts: Facts, as_of: date, run_type: str) -> dict[str, Any]:
    return {
        "model_name": facts.model_name,
        "model_version": facts.model_version,
        "use_case": use_case,
        "as_of_date": as_of,
        "run_type": run_type,
        "candidate": facts.candidate,
        "code_revision": facts.code_revision,
        "feature_digest": facts.feature_digest,
    }


def _version(facts: Facts, as_of: date) -> dict[str, Any]:
    return {"model_name": facts.model_name, "model_version": facts.model_version, "as_of_date": as_of}


def _lift(training: Training) -> list[dict[str, Any]]:
    table = training.lift.rename(columns={"decile": "score_decile", "rows": "contacts"})
    return [_version(training.facts, training.facts.as_of) | row for row in table.to_dict("records")]


def _calibration(training: Training) -> list[dict[str, Any]]:
    table = training.calibration.rename(columns={"rows": "contacts"})
    return [_version(training.facts, training.facts.as_of) | row for row in table.to_dict("records")]


def _drift(scoring: Scoring, as_of: date) -> list[dict[str, Any]]:
    rates = {"base_rate_expected": scoring.base_rate, "base_rate_actual": scoring.base_rate_now}
    more = _version(scoring.facts, as_of) | rates
    return [more | row for row in scoring.drift.to_dict("records")]


def _write(folder: Path, table: str, as_of: date, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    frame = pd.DataFrame(rows)
    columns = {name: _column(frame[name]) for name in frame.columns}
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), folder / f"{table}_{as_of}.parquet")


def _column(values: pd.Series) -> pa.Array:
    """Give fractions six decimals, as the contracts want them: nothing is rounded on the way in."""
    if not pd.api.types.is_float_dtype(values):
        return pa.array(values, from_pandas=True)
    return pa.array(values.round(6), from_pandas=True).cast(pa.decimal128(18, 6), safe=False)
