"""A folder as the lake: linked once, compared by content, and no key leads out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from loaders.errors import LakeError
from loaders.lake.local import LocalLake
from loaders.sources.files import digest


@pytest.fixture
def lake(tmp_path: Path) -> LocalLake:
    return LocalLake(tmp_path / "lake")


def put(lake: LocalLake, key: str, body: bytes) -> Path:
    lake.scratch.mkdir(parents=True, exist_ok=True)
    path = lake.scratch / "file"
    path.unlink(missing_ok=True)
    path.write_bytes(body)
    lake.put(key, path, digest(path))
    return path


def test_a_file_is_linked_and_not_copied(lake: LocalLake, tmp_path: Path) -> None:
    staged = put(lake, "raw/a", b"rows")
    assert Path(lake.url("raw/a")).samefile(staged)
    assert lake.fetch("raw/a", tmp_path / "elsewhere") == Path(lake.url("raw/a"))
    assert lake.entry_url("raw/a") == "raw/a"
    assert lake.read("raw/a") == b"rows"


def test_the_same_bytes_are_left_and_others_an_alarm(lake: LocalLake) -> None:
    first = put(lake, "raw/a", b"rows")
    before = first.stat().st_ino
    put(lake, "raw/a", b"rows")
    with pytest.raises(LakeError, match="other bytes"):
        put(lake, "raw/a", b"more")
    assert Path(lake.url("raw/a")).stat().st_ino == before
    assert lake.read("raw/a") == b"rows"


def test_keys_are_listed_in_order_without_scratch_and_deleted(lake: LocalLake) -> None:
    assert list(lake.keys("")) == []
    for key in ("raw/b/2", "raw/b/1", "raw/ab/1", "other"):
        put(lake, key, key.encode())
    assert list(lake.keys("")) == ["other", "raw/ab/1", "raw/b/1", "raw/b/2"]
    assert list(lake.keys("raw/b")) == ["raw/b/1", "raw/b/2"]
    assert list(lake.keys("raw/b/")) == ["raw/b/1", "raw/b/2"]
    assert list(lake.keys("none/")) == []
    for key in ("raw/b/1", "raw/b/2", "raw/b/2"):
        lake.delete(key)
    assert not (lake.root / "raw" / "b").exists()
    assert list(lake.keys("raw/")) == ["raw/ab/1"]


@pytest.mark.parametrize("key", ["../out", "raw/../../out", "/etc/hosts"])
def test_no_key_leads_out_of_the_lake(lake: LocalLake, key: str) -> None:
    for use in (lake.read, lake.delete, lake.url, lambda key: list(lake.keys(f"{key}/"))):
        with pytest.raises(LakeError, match="out of the lake"):
            use(key)
