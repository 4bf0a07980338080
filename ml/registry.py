"""The registry: every trained version in plain files, and which of them was the champion on a day."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from collections.abc import Iterator
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
        promoted: Whether it passed the gate, so that it is the champion from its day on.
        trained_at: When it was trained, in UTC; of two of the same day the later holds.
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
    promoted: bool
    trained_at: str
    sha256: str = field(default="")


class Registry:
    """A folder of `<model>/<version>/{pipeline.joblib, model.json, card.md}`."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder; it is made on the first save."""
        self.folder = folder

    def save(self, facts: Facts, artifact: Artifact, card: str) -> None:
        """Save a version whole or not at all; the same version again takes the place of the one before.

        Args:
            facts: What is known of it, its promotion included.
            artifact: What is applied.
            card: The model card, in Markdown.
        """
        place = self.folder / facts.model_name / facts.model_version
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".staged-", dir=place.parent) as staged:
            new, before = Path(staged) / "new", Path(staged) / "before"
            new.mkdir()
            joblib.dump(artifact, new / PIPELINE, compress=3)
            known = asdict(facts) | {"sha256": _digest((new / PIPELINE).read_bytes())}
            (new / FACTS).write_text(json.dumps(known, indent=2, default=str) + "\n", encoding="utf-8")
            (new / CARD).write_text(card, encoding="utf-8")
            if place.exists():
                place.rename(before)
            new.rename(place)

    def champion(self, model_name: str, as_of: date, *, other_than: str = "") -> Facts | None:
        """Give the version that was champion on a day: the latest promoted of those trained for it or before.

        Args:
            model_name: Model.
            as_of: The day; a version that was trained for a later one may know what came after it.
            other_than: A version that doesn't count.

        Returns:
            Its facts, if there was a champion.

        Raises:
            ModelError: The registry is damaged.
        """
        promoted = (
            facts
            for facts in map(_read_facts, self._versions(model_name))
            if facts.promoted and facts.as_of <= as_of and facts.model_version != other_than
        )
        return max(promoted, key=lambda facts: (facts.as_of, facts.trained_at), default=None)

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

    def last_trained(self, model_name: str, as_of: date) -> date | None:
        """Give the day of a model's last training by a day, whether it was promoted or not.

        A damaged version counts for nothing: the night goes on, and scoring tells of it.

        Args:
            model_name: Model.
            as_of: The day; trainings for later ones don't count.

        Returns:
            The day, if it was ever trained.
        """
        days = []
        for path in self._versions(model_name):
            with suppress(ModelError):
                days.append(_read_facts(path).as_of)
        return max((day for day in days if day <= as_of), default=None)

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
        content = path.read_bytes() if path.exists() else b""
        if _digest(content) != facts.sha256:
            raise ModelError(f"{path} is not the file that was saved.", hint=_mend(path.parent))
        try:
            artifact: Artifact = joblib.load(io.BytesIO(content))
        except (AttributeError, ImportError, KeyError, TypeError, ValueError) as error:
            hint = "`bankmart train --force` trains the model again."
            raise ModelError(f"{path} is of other code than this: {error}.", hint=hint) from error
        return artifact

    def _versions(self, model_name: str) -> Iterator[Path]:
        return (self.folder / model_name).glob(f"[!.]*/{FACTS}")


def _read_facts(path: Path) -> Facts:
    try:
        known = json.loads(path.read_text("utf-8"))
        return Facts(**{**known, "as_of": date.fromisoformat(known["as_of"])})
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ModelError(f"{path} can't be read: {error}.", hint=_mend(path.parent)) from error


def _mend(version: Path) -> str:
    return f"Put {version} back as it was, or remove it: the champion before it then scores."


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
