"""Scoring: the champion's probabilities of everybody for every offer, a batch at a time."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from loaders.settings import Settings
from loaders.warehouse import Warehouse
from ml import dataset
from ml.dataset import VIEWS
from ml.drift import sample
from ml.features import FeatureSet, load_feature_set
from ml.registry import Artifact, Facts, Registry
from ml.train import TEST_DAYS, model_name

BATCH_ROWS = 50_000
SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("offer_id", pa.string()),
        ("channel", pa.string()),
        ("model_name", pa.string()),
        ("model_version", pa.string()),
        ("as_of_date", pa.date32()),
        ("probability_raw", pa.decimal128(9, 6)),
        ("probability", pa.decimal128(9, 6)),
        ("score_decile", pa.int32()),
        ("reason_1", pa.string()),
        ("reason_2", pa.string()),
        ("reason_3", pa.string()),
        ("feature_hash", pa.string()),
    ]
)


@dataclass(frozen=True)
class Scoring:
    """What a scoring did for one use case.

    Attributes:
        use_case: The use case.
        facts: The champion that scored.
        rows: How many scores there are.
        drift: Of a sample of all customers since the champion's training.
        base_rate: Share of conversions that the champion was trained on.
        base_rate_now: Share of conversions of the newest contacts whose window is over, if there are any.
    """

    use_case: str
    facts: Facts
    rows: int
    drift: pd.DataFrame
    base_rate: float
    base_rate_now: float | None


def score(settings: Settings, warehouse: Warehouse, as_of: date, scores: Path) -> list[Scoring]:
    """Score everybody for every offer that holds, with the champion of each use case on the day.

    Args:
        settings: The settings.
        warehouse: The open warehouse, its feature models built for the day.
        as_of: The day.
        scores: Parquet file to write; none is written where no use case has a champion by then.

    Returns:
        What was done, a use case without champion left out.

    Raises:
        FeatureError: A champion was fitted on features that are gone or no longer allowed.
    """
    registry = Registry(settings.models)
    done = []
    with tempfile.TemporaryDirectory(prefix="bankmart-") as name:
        folder = Path(name)
        files = dataset.read_customers(warehouse, as_of, folder)
        for use_case in dataset.use_cases(warehouse):
            facts = registry.champion(model_name(use_case), as_of)
            if facts is None:
                continue
            features = load_feature_set(settings.project_dir, use_case)
            features.check_known(facts.features)
            offers = dataset.read_offers(warehouse, use_case, as_of)
            if offers:
                rate = dataset.recent_rate(warehouse, use_case, as_of, TEST_DAYS)
                work = _Work(facts, registry.load(facts), offers, as_of, rate)
                done.append(work.run(use_case, files, folder / f"scores_{use_case}.parquet"))
        if done:
            _rank(folder, scores, settings)
    return done


@dataclass(frozen=True)
class _Work:
    facts: Facts
    artifact: Artifact
    offers: list[dict[str, str]]
    as_of: date
    base_rate_now: float | None

    def run(self, use_case: str, files: tuple[Path, Path], out: Path) -> Scoring:
        rows, drift = 0, self.artifact.population.drift(self._features, sample(files[0]))
        schema = SCHEMA.remove(SCHEMA.get_field_index("score_decile"))
        with pq.ParquetWriter(out, schema) as writer:
            for batch in dataset.batches(files[0], BATCH_ROWS):
                views = _views(files[1], batch)
                for offer in self.offers:
                    offered = _offered(batch, views, offer)
                    writer.write_table(pa.table(self._columns(offered), schema=schema))
                    rows += len(offered)
        return Scoring(use_case, self.facts, rows, drift, self.artifact.base_rate, self.base_rate_now)

    @property
    def _features(self) -> FeatureSet:
        return self.artifact.model.features

    def _columns(self, rows: pd.DataFrame) -> dict[str, object]:
        model = self.artifact.model
        raw = model.raw(rows)
        reasons = self.artifact.reasons.top(model, rows, raw)
        hashes = pd.util.hash_pandas_object(self._features.frame(rows).round(6), index=False)
        return {
            "customer_id": rows["customer_id"].to_numpy(),
            "offer_id": rows["offer_id"].to_numpy(),
            "channel": rows["channel"].to_numpy(),
            "model_name": [self.facts.model_name] * len(rows),
            "model_version": [self.facts.model_version] * len(rows),
            "as_of_date": [self.as_of] * len(rows),
            "probability_raw": _decimal(raw),
            "probability": _decimal(model.calibrator.apply(raw)),
            **{f"reason_{place}": names for place, names in enumerate(reasons, start=1)},
            "feature_hash": [f"{value:016x}" for value in hashes],
        }


def _views(path: Path, batch: pd.DataFrame) -> pd.DataFrame:
    """Read the views of a batch's customers alone: those of everybody grow with the bank."""
    between = [
        ("customer_id", ">=", batch["customer_id"].min()),
        ("customer_id", "<=", batch["customer_id"].max()),
    ]
    return pd.read_parquet(path, columns=["customer_id", "product_code", *VIEWS], filters=between)


def _offered(batch: pd.DataFrame, views: pd.DataFrame, offer: dict[str, str]) -> pd.DataFrame:
    viewed = views[views["product_code"] == offer["product_code"]].set_index("customer_id")
    return batch.assign(
        offer_id=offer["offer_id"],
        channel=batch["preferred_channel"],
        **{name: batch["customer_id"].map(viewed[name]).fillna(0) for name in VIEWS},
    )


def _decimal(values: np.ndarray) -> pa.Array:
    return pa.array(np.round(values, 6)).cast(pa.decimal128(9, 6), safe=False)


def _rank(folder: Path, scores: Path, settings: Settings) -> None:
    """Number the deciles within each offer, and write the scores in an order that a second run repeats."""
    from loaders.lake.parts import write_part  # noqa: PLC0415 - so that metrics can be had without a lake

    connection = duckdb.connect(
        config={
            "memory_limit": settings.memory_limit,
            "threads": settings.threads,
            "temp_directory": str(folder / "spill"),
        }
    )
    names = ", ".join(
        "cast(ntile(10) over (partition by offer_id order by probability_raw desc, customer_id) as integer)"
        " as score_decile"
        if name == "score_decile"
        else name
        for name in SCHEMA.names
    )
    query = f"select {names} from read_parquet(?) order by offer_id, customer_id"  # noqa: S608
    with connection:
        result = connection.execute(query, [str(folder / "scores_*.parquet")])
        write_part(scores, result.to_arrow_reader(100_000))
