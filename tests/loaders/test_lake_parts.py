"""The cut of a staged file into parts: all rows in order, sizes within limits, the same parts each time."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from loaders.lake import Part, parts_of
from loaders.lake.parts import LIMITS, Limits

SMALL = Limits(least=1_500, ideal=8_000, most=30_000)


def staged(folder: Path, lengths: list[tuple[int, int]], seed: int = 0) -> Path:
    """A file with a row group for each (rows, length of text), of text that doesn't compress."""
    path, source = folder / "part-00000.parquet", random.Random(seed)  # noqa: S311 - no secret
    schema = pa.schema([("number", pa.int64()), ("text", pa.string())])
    start = 0
    with pq.ParquetWriter(path, schema) as writer:
        for rows, length in lengths:
            numbers = list(range(start, start + rows))
            texts = [source.randbytes(length // 2).hex() for _ in numbers]
            writer.write_table(pa.table([pa.array(numbers, pa.int64()), texts], schema=schema))
            start += rows
    return path


def rows_of(parts: tuple[Part, ...]) -> list[int]:
    tables = [pq.read_table(part.path) for part in parts]
    assert [table.num_rows for table in tables] == [part.rows for part in parts]
    return [number for table in tables for number in table["number"].to_pylist()]


groups = st.lists(st.tuples(st.integers(1, 400), st.integers(2, 120)), min_size=1, max_size=8)


@settings(max_examples=150, deadline=None)
@given(groups, st.integers(1, 9))
def test_parts_are_all_rows_in_order_and_fit_slices_and_limits(
    lengths: list[tuple[int, int]], slices: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        path, rows = staged(Path(name), lengths), sum(rows for rows, _ in lengths)
        size = path.stat().st_size
        parts = parts_of(path, rows, slices, SMALL)
        assert rows_of(parts) == list(range(rows))
        sizes = [part.path.stat().st_size for part in parts]
        assert max(sizes) <= SMALL.most
        if len(parts) > 1:
            assert len(parts) % slices == 0
            assert size > SMALL.most or min(sizes) >= SMALL.least
            assert not path.exists()
        else:
            assert parts == (Part(path, rows),)
            assert size <= SMALL.most
        assert [part.path.name for part in parts] == [f"part-{i:05}.parquet" for i in range(len(parts))]


@settings(max_examples=25, deadline=None)
@given(groups, st.integers(2, 9))
def test_the_same_file_gives_the_same_bytes(lengths: list[tuple[int, int]], slices: int) -> None:
    rows, found = sum(rows for rows, _ in lengths), []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as name:
            parts = parts_of(staged(Path(name), lengths), rows, slices, SMALL)
            found.append([part.path.read_bytes() for part in parts])
    assert found[0] == found[1]


def test_a_file_that_slices_can_share_is_cut_for_each(tmp_path: Path) -> None:
    path = staged(tmp_path, [(2_000, 60)] * 4)
    assert path.stat().st_size > 4 * 2 * SMALL.least
    assert len(parts_of(path, 8_000, 4, Limits(SMALL.least, 1 << 20, 1 << 20))) == 4


def test_a_small_file_stays_one_part_whatever_the_slices(tmp_path: Path) -> None:
    path = staged(tmp_path, [(10, 10)])
    assert parts_of(path, 10, 8) == (Part(path, 10),)


def test_no_file_is_no_part() -> None:
    assert parts_of(None, 0, 4) == ()


def test_rows_of_very_different_length_are_cut_finer_until_each_part_fits(tmp_path: Path) -> None:
    path, source = tmp_path / "part-00000.parquet", random.Random(1)  # noqa: S311 - no secret
    lengths = [2] * 900 + [400] * 100  # one row group, whose end is far larger than its beginning
    texts = [source.randbytes(length // 2).hex() for length in lengths]
    pq.write_table(pa.table({"number": range(1000), "text": texts}), path)
    parts = parts_of(path, 1000, 2, Limits(least=100, ideal=20_000, most=24_000))
    assert len(parts) > 2
    assert len(parts) % 2 == 0
    assert max(part.path.stat().st_size for part in parts) <= 24_000
    assert rows_of(parts) == list(range(1000))


def test_the_limits_are_those_that_redshift_advises() -> None:
    assert (LIMITS.least, LIMITS.most) == (1 << 20, 1 << 30)


def peak_of_cut(folder: Path, groups: int) -> int:
    folder.mkdir()
    path = staged(folder, [(20_000, 60)] * groups)
    before, pool = pa.default_memory_pool(), pa.proxy_memory_pool(pa.system_memory_pool())
    pa.set_memory_pool(pool)
    try:
        parts = parts_of(path, 20_000 * groups, 2, Limits(1 << 20, 8 << 20, 12 << 20))
    finally:
        pa.set_memory_pool(before)
    assert len(parts) > groups // 10
    return pool.max_memory()


def test_the_cut_holds_some_row_groups_however_long_the_file(tmp_path: Path) -> None:
    short, long = peak_of_cut(tmp_path / "short", 15), peak_of_cut(tmp_path / "long", 60)
    assert 0 < long < 1.3 * short
