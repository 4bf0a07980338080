"""Drift: how far features are from those that a model was fitted on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from ml.features import FeatureSet

STEADY = 0.1
DRIFTED = 0.25
BINS = 10
SAMPLE_ROWS = 50_000
# A share of nothing would make the index infinite.
LEAST_SHARE = 1e-4


@dataclass(frozen=True)
class Distribution:
    """How the values of a feature were spread, without a single row.

    Attributes:
        edges: Where numbers are cut; None for text, which is counted by value.
        shares: Share of each bin (-1 for missing numbers) or text.
    """

    edges: tuple[float, ...] | None
    shares: dict[str, float]

    @classmethod
    def of(cls, values: pd.Series) -> Distribution:
        """Cut numbers at their deciles, count text by value; what is missing is a bin of its own.

        So is a number that takes several deciles, such as the 0 of who buys nothing.
        """
        edges = None
        if pd.api.types.is_numeric_dtype(values):
            known = values.dropna().to_numpy(dtype=float)
            cuts = np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]) if len(known) else np.empty(0)
            common = cuts[1:][cuts[1:] == cuts[:-1]]
            edges = tuple(np.unique([*cuts, *np.nextafter(common, -np.inf)]).tolist())
        return cls(edges, _shares(values, edges))

    def stability_index(self, values: pd.Series) -> float:
        """Give the population stability index: sum of (a - e) ln(a / e) over bins.

        Below 0.1 is steady, above 0.25 asks for action (Siddiqi 2006, a rule of thumb).

        Args:
            values: Values now.

        Returns:
            The index, 0 for equal shares.
        """
        actual = _shares(values, self.edges)
        names = sorted({*self.shares, *actual})
        e = np.maximum([self.shares.get(name, 0.0) for name in names], LEAST_SHARE)
        a = np.maximum([actual.get(name, 0.0) for name in names], LEAST_SHARE)
        return float(((a - e) * np.log(a / e)).sum())


def _shares(values: pd.Series, edges: tuple[float, ...] | None) -> dict[str, float]:
    if edges is None:
        bins = values.astype("object").where(values.notna(), "unknown").astype(str)
    else:
        numbers = values.to_numpy(dtype=float)
        cut = np.searchsorted(np.asarray(edges), numbers, side="left")
        bins = pd.Series(np.where(np.isnan(numbers), -1, cut)).astype(str)
    return {str(name): float(share) for name, share in bins.value_counts(normalize=True).items()}


def sample(customers: Path, rows: int = SAMPLE_ROWS) -> pd.DataFrame:
    """Read every so many customers: those that come first in a file are the oldest, and no picture of all.

    Args:
        customers: Parquet file with a row a customer, at least one.
        rows: How many to read at most.

    Returns:
        The rows, all of a small file.
    """
    parts, seen = [], 0
    with pq.ParquetFile(customers) as file:
        every = max(-(-file.metadata.num_rows // rows), 1)
        for batch in file.iter_batches(batch_size=SAMPLE_ROWS):
            # A copy, since a slice would keep the whole batch in memory.
            parts.append(batch.to_pandas().iloc[-seen % every :: every].copy())
            seen += batch.num_rows
    return pd.concat(parts, ignore_index=True)


def _only(features: FeatureSet, names: Iterable[str]) -> FeatureSet:
    wanted = set(names)
    return FeatureSet(features.use_case, tuple(f for f in features.features if f.name in wanted))


@dataclass(frozen=True)
class Reference:
    """The distributions of all features of a slice."""

    rows: int
    distributions: dict[str, Distribution]

    @classmethod
    def of(cls, features: FeatureSet, rows: pd.DataFrame) -> Reference:
        """Note how customers' features are spread, as far as the rows have them.

        Offer and channel are the bank's own choice; what depends on the offer is in no customer's row.
        """
        names = [name for name in features.customer_names if name in rows.columns]
        frame = _only(features, names).frame(rows)
        return cls(len(frame), {name: Distribution.of(frame[name]) for name in names})

    def drift(self, features: FeatureSet, rows: pd.DataFrame) -> pd.DataFrame:
        """Measure how far rows are from the reference.

        Args:
            features: The features.
            rows: Rows with all that the reference knows.

        Returns:
            For each feature: feature, psi, status (steady, look, drifted), rows_expected, rows_actual.
        """
        frame = _only(features, self.distributions).frame(rows)
        table = pd.DataFrame(
            {
                "feature": list(self.distributions),
                "psi": [d.stability_index(frame[name]) for name, d in self.distributions.items()],
            }
        )
        table["status"] = np.select(
            [table["psi"] < STEADY, table["psi"] <= DRIFTED], ["steady", "look"], "drifted"
        )
        return table.assign(rows_expected=self.rows, rows_actual=len(frame))
