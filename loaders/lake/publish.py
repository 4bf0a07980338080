"""Publishing: staged files become parts of the lake, named by manifests that COPY reads as they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from loaders.contract import TableContract
from loaders.lake.base import Lake
from loaders.lake.parts import Part
from loaders.sources.files import digest

STAGE_VERSION = 2  # raise it when the same file would give other parts or another manifest
MANIFEST = "manifest.json"
DEAD_MANIFEST = "dead-manifest.json"


@dataclass(frozen=True)
class Published:
    """What a load needs to know of its parts.

    Attributes:
        good: Local files of its rows.
        dead: Local files of its dead letters.
        manifest: Key of its manifest.
        good_manifest: Address of the rows' manifest for COPY, if there are rows.
        dead_manifest: Address of the dead letters' manifest for COPY, if there are any.
    """

    good: tuple[Path, ...]
    dead: tuple[Path, ...]
    manifest: str
    good_manifest: str | None
    dead_manifest: str | None


def fingerprint(entry: AnyMapping[str, Any], contract: TableContract, slices: int = 1) -> str:
    """Digest all that decides how a file's content becomes parts.

    Args:
        entry: What the mapping says about the file.
        contract: The contract that checked it.
        slices: Slices among which the rows are shared.

    Returns:
        Eight hexadecimal digits.
    """
    facts = [STAGE_VERSION, duckdb.__version__, pa.__version__, entry, contract.rules(), slices]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:8]


def folder_key(contract: TableContract, file_date: date, sha256: str, mark: str) -> str:
    """Name the folder of a file's parts below the lake.

    Args:
        contract: The contract of the table.
        file_date: Day that the file speaks for.
        sha256: Digest of the file.
        mark: Fingerprint of mapping and contract.

    Returns:
        The key, with forward slashes.
    """
    return f"raw/{contract.source}/{contract.name}/{file_date}/{sha256[:16]}-{mark}"


def publish(lake: Lake, key: str, good: Sequence[Part], dead: Sequence[Part], scratch: Path) -> Published:
    """Put staged parts into the lake, and their manifests after them.

    Args:
        lake: The lake.
        key: Key of the load's folder.
        good: Parts of good rows; the files stay where they are.
        dead: Parts of dead letters.
        scratch: Folder in which the manifests are written.

    Returns:
        The parts, and where the manifests are.

    Raises:
        LakeError: A place holds other bytes, or the lake can't be written.
    """
    dead_manifest = _publish(lake, key, dead, scratch / DEAD_MANIFEST) if dead else None
    # Last, and always there: where it is, all that belongs to the load is.
    manifest = _publish(lake, key, good, scratch / MANIFEST)
    return Published(
        good=tuple(part.path for part in good),
        dead=tuple(part.path for part in dead),
        manifest=f"{key}/{MANIFEST}",
        good_manifest=manifest if good else None,
        dead_manifest=dead_manifest,
    )


def _publish(lake: Lake, key: str, parts: Sequence[Part], manifest: Path) -> str:
    entries = []
    for part in parts:
        sha256 = digest(part.path)
        lake.put(f"{key}/{part.path.name}", part.path, sha256)
        meta = {"content_length": part.path.stat().st_size, "record_count": part.rows, "sha256": sha256}
        entries.append({"url": lake.entry_url(f"{key}/{part.path.name}"), "mandatory": True, "meta": meta})
    manifest.write_text(json.dumps({"entries": entries}, indent=2) + "\n", encoding="utf-8")
    lake.put(f"{key}/{manifest.name}", manifest, digest(manifest))
    return lake.url(f"{key}/{manifest.name}")
