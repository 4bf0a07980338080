"""Features: which columns of the dbt feature models a use case may learn from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import yaml

from ml.errors import FeatureError

Kind = Literal["numeric", "categorical"]

FEATURE_FOLDER = Path("models/marts/features")
FEATURE_MODELS = ("customer_features", "customer_product_features")
# What the offer and the way of the contact add to the customer's own features.
CONTACT_FEATURES = {"offer_id": "categorical", "channel": "categorical"}
CONTACT_REASON = "the offer itself"
# Attributes that law protects in credit offers, and columns known to stand in for them.
PROTECTED = {
    *("gender", "marital_status", "age", "age_band", "date_of_birth", "citizenship_code"),
    *(
        "life_stage",
        "target_group",
        "household_size",
        "has_children",
        "employment_status",
        "city",
        "state_code",
    ),
}
GUARDED = ("credit",)


@dataclass(frozen=True)
class Feature:
    """A feature.

    Attributes:
        name: Column of the feature model.
        kind: Numeric, or categorical (text).
        reason: What a marketer calls the group of features that it belongs to.
    """

    name: str
    kind: Kind
    reason: str


@dataclass(frozen=True)
class FeatureSet:
    """The features of one use case, in a fixed order."""

    use_case: str
    features: tuple[Feature, ...]

    @property
    def names(self) -> list[str]:
        """Names in order."""
        return [feature.name for feature in self.features]

    def of_kind(self, kind: Kind) -> list[str]:
        """Give the names of one kind in order."""
        return [feature.name for feature in self.features if feature.kind == kind]

    @property
    def customer_names(self) -> list[str]:
        """Names of the features that tell of the customer, not of the contact."""
        return [name for name in self.names if name not in CONTACT_FEATURES]

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits that change with any name, kind or order."""
        text = "\n".join(f"{feature.name} {feature.kind}" for feature in self.features)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def frame(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Give the features of rows in the types that the pipelines expect.

        Args:
            rows: Rows with at least these columns; others (keys, outcomes) are left out.

        Returns:
            Floats for numeric features, text for categorical ones, `unknown` where text is missing.

        Raises:
            FeatureError: A feature is missing or can't be a number.
        """
        missing = [name for name in self.names if name not in rows.columns]
        if missing:
            raise FeatureError(
                f"The features {', '.join(missing)} are missing for {self.use_case}.",
                hint="Build customer_features again, or train a model on the features that there are.",
            )
        columns: dict[str, Any] = {}
        for feature in self.features:
            values = rows[feature.name]
            if feature.kind == "categorical":
                columns[feature.name] = values.astype("object").where(values.notna(), "unknown").astype(str)
                continue
            try:
                columns[feature.name] = values.astype(float)
            except (TypeError, ValueError) as error:
                raise FeatureError(f"The feature {feature.name} is not a number: {error}.") from error
        return pd.DataFrame(columns, index=rows.index)

    def check_known(self, names: Iterable[str]) -> None:
        """Refuse features that a use case doesn't know.

        Args:
            names: Names, such as those that a stored model was fitted on.

        Raises:
            FeatureError: A name is not on the allow-list of this use case.
        """
        unknown = sorted(set(names) - set(self.names))
        if unknown:
            raise FeatureError(
                f"{', '.join(unknown)}: not on the allow-list of {self.use_case}.",
                hint=f"{FEATURE_FOLDER.as_posix()} says which features a use case may learn from.",
            )


def load_feature_set(project_dir: Path, use_case: str) -> FeatureSet:
    """Read which features a use case may learn from.

    The list is kept with the columns: a column of the feature models is a feature of the use cases that its
    `meta.feature.use_cases` names, and of no other.

    Args:
        project_dir: Folder of the dbt project.
        use_case: Use case of an offer, such as `credit`.

    Returns:
        The features of customers in the order of the models' columns, then those of the contact.

    Raises:
        FeatureError: No column is meant for the use case, or one that may not be.
    """
    columns = [
        column
        for model in FEATURE_MODELS
        for column in yaml.safe_load((project_dir / FEATURE_FOLDER / f"{model}.yml").read_text("utf-8"))[
            "models"
        ][0]["columns"]
    ]
    features = []
    for column in columns:
        meta = column.get("config", {}).get("meta", {}).get("feature")
        if meta and use_case in meta["use_cases"]:
            kind: Kind = "categorical" if column["data_type"].startswith("varchar") else "numeric"
            features.append(Feature(column["name"], kind, meta["reason"]))
    if not features:
        raise FeatureError(f"No feature is allowed for the use case {use_case}.")
    protected = sorted({feature.name for feature in features} & PROTECTED)
    if use_case in GUARDED and protected:
        raise FeatureError(f"{', '.join(protected)}: protected by law, so no feature of {use_case}.")
    contact = [Feature(name, "categorical", CONTACT_REASON) for name in CONTACT_FEATURES]
    return FeatureSet(use_case, (*features, *contact))
