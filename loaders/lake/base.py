"""What the loader asks of a lake, and which lake the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from loaders.lake.local import LocalLake
from loaders.settings import Settings


class Lake(Protocol):
    """Objects by key, written once and never changed."""

    scratch: Path
    """Folder on this machine in which files are staged before they are put."""

    def check(self) -> None:
        """Fail now, with what to do, where the lake can't be reached."""

    def url(self, key: str) -> str:
        """Say where an object is: an absolute path, or an `s3://` address."""

    def entry_url(self, key: str) -> str:
        """Say where an object is as a manifest does."""

    def put(self, key: str, path: Path, sha256: str) -> None:
        """Write a file as an object if it is absent; the same bytes are left as they are, others an error."""

    def read(self, key: str) -> bytes:
        """Read a small object, such as a manifest."""

    def fetch(self, key: str, to: Path) -> Path:
        """Give a local file with an object's bytes: `to`, or the lake's own file."""

    def keys(self, prefix: str) -> Iterator[str]:
        """List the keys that begin so, in order."""

    def delete(self, key: str) -> None:
        """Remove an object, if it is there."""


def open_lake(settings: Settings) -> Lake:
    """Open the lake that the settings name.

    Args:
        settings: The settings.

    Returns:
        The lake; nothing is read or written yet.
    """
    if isinstance(settings.lake, Path):
        return LocalLake(settings.lake)
    from loaders.lake.s3 import S3Lake  # noqa: PLC0415 - boto3 takes half a second

    return S3Lake(settings)
