"""The registry: every trained version in plain files, and a pointer to the champion of each model."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import suppress
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
TRAIN_AGAIN = "`bankmart train --force` trains the model again."


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

    def promote(self, model_name: str, model_version: str, before: str | None = None) -> None:
        """Make a version the champion of its model.

        Args:
            model_name: Model.
            model_version: Version that is saved.
            before: The champion before, which the same version has to beat again if it is trained again.
        """
        pointer = self.folder / model_name / CHAMPION
        staged = pointer.with_name(f".{CHAMPION}.{os.getpid()}")
        pointed = {"model_version": model_version, "before": before}
        staged.write_text(json.dumps(pointed) + "\n", encoding="utf-8")
        staged.replace(pointer)

    def withdraw(self, model_name: str, model_version: str) -> None:
        """Give the place back to the champion before, if a champion was trained again and is refused now.

        Args:
            model_name: Model.
            model_version: Version that is refused.
        """
        try:
            pointed = self._pointed(model_name)
        except ModelError:
            return
        if pointed.get("model_version") != model_version:
            return
        if before := pointed.get("before"):
            self.promote(model_name, before)
        else:
            (self.folder / model_name / CHAMPION).unlink()

    def rival(self, model_name: str, model_version: str) -> Facts | None:
        """Give the champion that a version has to beat: for the champion itself, the one before.

        Args:
            model_name: Model.
            model_version: Version, saved or not.

        Returns:
            The facts of the rival, if there is one.

        Raises:
            ModelError: The registry is damaged.
        """
        pointed = self._pointed(model_name)
        versions = [pointed.get("model_version"), pointed.get("before")]
        found = next((version for version in versions if version not in {None, model_version}), None)
        return self.version(model_name, found) if found else None

    def champion(self, model_name: str) -> Facts | None:
        """Give what is known of the champion, if there is one.

        Args:
            model_name: Model.

        Returns:
            Its facts.

        Raises:
            ModelError: The registry is damaged.
        """
        version = self._pointed(model_name).get("model_version")
        return self.version(model_name, version) if version else None

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

        A version that is damaged counts for nothing: the model is then due, and its training mends it.

        Args:
            model_name: Model.

        Returns:
            The day, if it was ever trained.
        """
        days = []
        for path in (self.folder / model_name).glob(f"[!.]*/{FACTS}"):
            with suppress(ModelError):
                days.append(_read_facts(path).as_of)
        return max(days, default=None)

    def load(self, facts: Facts) -> Artifact:
        """Load what a version applies.

        Args:
            facts: The version.

        Returns:
            The artifact.

        Raises:
            ModelError: The file is not the one that was saved, and reading it could run foreign code; or it
                is of other code than this.
        """
        path = self.folder / facts.model_name / facts.model_version / PIPELINE
        if not path.exists() or _digest(path) != facts.sha256:
            raise ModelError(f"{path} is not the file that was saved.", hint=TRAIN_AGAIN)
        try:
            artifact: Artifact = joblib.load(path)
        except (AttributeError, ImportError, KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{path} is of other code than this: {error}.", hint=TRAIN_AGAIN) from error
        return artifact

    def _pointed(self, model_name: str) -> dict[str, Any]:
        pointer = self.folder / model_name / CHAMPION
        return _read_object(pointer) if pointer.exists() else {}


def _read_facts(path: Path) -> Facts:
    known = _read_object(path)
    try:
        return Facts(**{**known, "as_of": date.fromisoformat(known["as_of"])})
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path} is no model's: {error}.", hint=TRAIN_AGAIN) from error


def _read_object(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} can't be read: {error}.", hint=TRAIN_AGAIN) from error
    if not isinstance(known, dict):
        raise ModelError(f"{path} is no JSON object.", hint=TRAIN_AGAIN)
    return known


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
