"""The registry: every trained version in plain files, and a pointer to the champion of each model."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import joblib

from ml.drift import Reference
from ml.errors import ModelError
from ml.propensity import Propensity
from ml.reasons import Reasons

CARD = "card.md"
PIPELINE = "pipeline.joblib"
FACTS = "model.json"
CHAMPION = "champion.json"


@dataclass(frozen=True)
class Artifact:
    """What is applied: the model, its reasons, and the distributions that it was fitted on."""

    model: Propensity
    reasons: Reasons
    population: Reference
    base_rate: float


@dataclass(frozen=True)
class Facts:
    """What is known of a version.

    Attributes:
        model_name: Model, such as propensity_credit.
        model_version: Version, which sorts by day.
        as_of: Day of the training.
        candidate: Kind of model that won among the candidates.
        features: Names of the features, in order.
        feature_digest: Digest of the list.
        windows: First and last day of contacts of each slice.
        metrics: Of the candidate, the baseline and the champion before, on the test slice.
        code_revision: Revision of the code.
        sha256: Digest of the pipeline's file.
    """

    model_name: str
    model_version: str
    as_of: date
    candidate: str
    features: list[str]
    feature_digest: str
    windows: dict[str, tuple[str, str]]
    metrics: dict[str, dict[str, Any]]
    code_revision: str
    sha256: str = field(default="")


class Registry:
    """A folder of `<model>/<version>/{pipeline.joblib, model.json, card.md}` and `<model>/champion.json`."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder; it is made on the first save."""
        self.folder = folder

    def save(self, facts: Facts, artifact: Artifact, card: str) -> None:
        """Save a version whole or not at all; the same version again takes the place of the one before.

        Args:
            facts: What is known of it.
            artifact: What is applied.
            card: The model card, in Markdown.
        """
        place = self.folder / facts.model_name / facts.model_version
        place.parent.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=".staged-", dir=place.parent))
        joblib.dump(artifact, staged / PIPELINE, compress=3)
        known = asdict(facts) | {"sha256": _digest(staged / PIPELINE)}
        (staged / FACTS).write_text(json.dumps(known, indent=2, default=str) + "\n", encoding="utf-8")
        (staged / CARD).write_text(card, encoding="utf-8")
        if place.exists():
            shutil.rmtree(place)
        staged.rename(place)

    def promote(self, model_name: str, model_version: str) -> None:
        """Make a version the champion of its model.

        Args:
            model_name: Model.
            model_version: Version that is saved.
        """
        pointer = self.folder / model_name / CHAMPION
        staged = pointer.with_name(f".{CHAMPION}.{os.getpid()}")
        staged.write_text(json.dumps({"model_version": model_version}) + "\n", encoding="utf-8")
        staged.replace(pointer)

    def champion(self, model_name: str) -> Facts | None:
        """Give what is known of the champion, if there is one.

        Args:
            model_name: Model.

        Returns:
            Its facts.

        Raises:
            ModelError: The registry is damaged.
        """
        pointer = self.folder / model_name / CHAMPION
        if not pointer.exists():
            return None
        return self.version(model_name, json.loads(pointer.read_text("utf-8"))["model_version"])

    def version(self, model_name: str, model_version: str) -> Facts:
        """Give what is known of a saved version, champion or not.

        Args:
            model_name: Model.
            model_version: Version.

        Returns:
            Its facts.

        Raises:
            ModelError: It was never saved, or the registry is damaged.
        """
        return _read_facts(self.folder / model_name / model_version / FACTS)

    def last_trained(self, model_name: str) -> date | None:
        """Give the day of a model's last training, whether it was promoted or not.

        Args:
            model_name: Model.

        Returns:
            The day, if it was ever trained.

        Raises:
            ModelError: The registry is damaged.
        """
        paths = (self.folder / model_name).glob(f"[!.]*/{FACTS}")
        return max((_read_facts(path).as_of for path in paths), default=None)

    def load(self, facts: Facts) -> Artifact:
        """Load what a version applies.

        Args:
            facts: The version.

        Returns:
            The artifact.

        Raises:
            ModelError: The file is not the one that was saved; reading it could run foreign code.
        """
        path = self.folder / facts.model_name / facts.model_version / PIPELINE
        if not path.exists() or _digest(path) != facts.sha256:
            raise ModelError(f"{path} is not the file that was saved.", hint="Train the model again.")
        artifact: Artifact = joblib.load(path)
        return artifact


def _read_facts(path: Path) -> Facts:
    try:
        known = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} can't be read: {error}.", hint="Train the model again.") from error
    return Facts(**{**known, "as_of": date.fromisoformat(known["as_of"])})


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
