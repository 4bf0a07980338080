"""A small made-up population whose true probabilities are known, for tests of the models alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.features import CONTACT_REASON, Feature, FeatureSet

FEATURES = FeatureSet(
    "other",
    (
        Feature("balance", "numeric", "money in the accounts"),
        Feature("sessions", "numeric", "use of app and web"),
        Feature("recency_days", "numeric", "purchases"),
        Feature("purchase_days_90d", "numeric", "purchases"),
        Feature("net_spend_90d", "numeric", "purchases"),
        Feature("offer_id", "categorical", CONTACT_REASON),
        Feature("channel", "categorical", CONTACT_REASON),
    ),
)


def contacts(rows: int, seed: int = 1, days: int = 300) -> pd.DataFrame:
    """Draw contacts: balance and sessions decide, spending hardly does."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "planned_date": pd.Timestamp("2025-01-01")
            + pd.to_timedelta(np.sort(rng.integers(0, days, rows)), unit="D"),
            "balance": rng.lognormal(8, 1, rows),
            "sessions": rng.poisson(6, rows).astype(float),
            "recency_days": np.where(rng.random(rows) < 0.1, np.nan, rng.integers(0, 60, rows)),
            "purchase_days_90d": rng.poisson(20, rows).astype(float),
            "net_spend_90d": rng.lognormal(6, 1, rows),
            "offer_id": rng.choice(["SAV", "CARD"], rows),
            "channel": rng.choice(["email", "app", "phone"], rows, p=[0.5, 0.3, 0.2]),
        }
    )
    signal = (
        -3.2
        + 0.9 * (np.log(frame["balance"]) - 8)
        + 0.25 * (frame["sessions"] - 6)
        + 0.5 * (frame["channel"] == "phone")
        - 0.01 * frame["recency_days"].fillna(60)
    )
    frame["true_probability"] = 1 / (1 + np.exp(-signal))
    frame["has_converted"] = (rng.random(rows) < frame["true_probability"]).astype(int)
    frame["gender"] = rng.choice(["male", "female"], rows)
    frame["marital_status"] = rng.choice(["single", "married"], rows)
    frame["age"] = rng.integers(18, 80, rows)
    return frame.assign(conversion_value=200.0, contact_cost=2.0, conversion_window_days=30)
