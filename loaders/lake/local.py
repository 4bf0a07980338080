"""A folder as the lake."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from loaders.errors import LakeError
from loaders.sources.files import digest

SCRATCH = ".staging"


class LocalLake:
    """A folder whose files are the objects; a staged file becomes one by a hard link, nothing is copied."""

    def __init__(self, root: Path) -> None:
        """Keep the folder; it is made by the first object."""
        self.root = root
        self.scratch = root / SCRATCH

    def check(self) -> None:
        """Make the folder, which fails where it can't be."""
        self.root.mkdir(parents=True, exist_ok=True)

    def url(self, key: str) -> str:
        """Give the absolute path of an object.

        Args:
            key: Its key.

        Returns:
            The path.
        """
        return str(self._path(key))

    def entry_url(self, key: str) -> str:
        """Give the key itself: a manifest has the same bytes wherever the folder lies.

        Args:
            key: A key.

        Returns:
            The key.
        """
        return key

    def put(self, key: str, path: Path, sha256: str) -> None:
        """Link a file into the lake if its place is free.

        Args:
            key: The key.
            path: A file in the lake's scratch folder, complete.
            sha256: Its digest.

        Raises:
            LakeError: The place holds other bytes.
        """
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, target)  # unlike a rename, this fails where the target is there
        except FileExistsError:
            if digest(target) != sha256:
                raise LakeError.other_bytes(str(target)) from None

    def read(self, key: str) -> bytes:
        """Read an object.

        Args:
            key: Its key.

        Returns:
            Its bytes.
        """
        return self._path(key).read_bytes()

    def fetch(self, key: str, to: Path) -> Path:
        """Give the file itself.

        Args:
            key: Its key.
            to: Not used: the object is a local file already.

        Returns:
            Its path, only to be read.
        """
        return self._path(key)

    def keys(self, prefix: str) -> Iterator[str]:
        """List keys.

        Args:
            prefix: What they begin with.

        Yields:
            The keys in order.
        """
        start = self._path(prefix.rpartition("/")[0])
        found = (path.relative_to(self.root.resolve()) for path in start.rglob("*") if path.is_file())
        names = sorted(path.as_posix() for path in found if path.parts[0] != SCRATCH)
        yield from (name for name in names if name.startswith(prefix))

    def delete(self, key: str) -> None:
        """Remove an object and the folders that it leaves empty.

        Args:
            key: Its key.
        """
        path = self._path(key)
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == self.root or not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()

    def _path(self, key: str) -> Path:
        path = (self.root / key).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise LakeError(f"The key {key!r} leads out of the lake.", hint="Is its manifest from elsewhere?")
        return path
