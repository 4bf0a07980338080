"""The lake: Parquet parts with manifests, the same bytes for the same content, written only if absent."""

from __future__ import annotations

from loaders.lake.base import Lake, open_lake
from loaders.lake.parts import ROW_GROUP_ROWS, Part, parts_of, write_part
from loaders.lake.publish import Published, fingerprint, folder_key, publish

__all__ = [
    "ROW_GROUP_ROWS",
    "Lake",
    "Part",
    "Published",
    "fingerprint",
    "folder_key",
    "open_lake",
    "parts_of",
    "publish",
    "write_part",
]
