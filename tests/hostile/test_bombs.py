"""Small files that would expand to any size: refused with a reason, in bounded memory and time."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

HEADER = b"id,day,amount\n"
GOOD = HEADER + b"a,2025-01-01,1\n"
MB = 1 << 20


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def patched(archive: bytes, place: int, value: bytes, *, entry: int = 0) -> bytes:
    """Write over a field of an entry in the archive's directory."""
    data, at = bytearray(archive), -1
    for _ in range(entry + 1):
        at = archive.index(b"PK\1\2", at + 1)
    data[at + place : at + place + len(value)] = value
    return bytes(data)


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("sales.csv")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info


ARCHIVES = {
    "ratio": (zipped(("sales.csv", HEADER + b"0" * 64 * MB)), "too much to be true"),
    "many": (zipped(*((f"sales{i}.csv", b"") for i in range(2000))), "holds over 1,000 files"),
    "together": (zipped(*((f"sales{i}.csv", b"0" * 9 * MB) for i in range(9))), "too much to be true"),
    "nested": (zipped(("sales.csv", zipped(("sales.csv", GOOD)))), "zip (or Excel)"),
    "nested_gzip": (zipped(("sales.csv", gzip.compress(GOOD))), "gzip within another file"),
    "bzip2": (zipped(("sales.csv", GOOD), method=zipfile.ZIP_BZIP2), "only deflate is read"),
    "lzma": (zipped(("sales.csv", GOOD), method=zipfile.ZIP_LZMA), "only deflate is read"),
    "overlap": (
        patched(zipped(("sales.csv", GOOD), ("sales2.csv", GOOD)), 42, bytes(4), entry=1),
        "overlaps another file",
    ),
    "small_lie": (patched(zipped(("sales.csv", GOOD * 99)), 24, struct.pack("<I", 40)), "Bad CRC-32"),
    "big_lie": (patched(zipped(("sales.csv", GOOD)), 24, b"\xf0\xff\xff\xff"), "too much to be true"),
    "encrypted": (patched(zipped(("sales.csv", GOOD)), 8, b"\x01"), "is encrypted"),
    "climbs": (zipped(("a/../../sales.csv", GOOD)), "leaves its folder"),
    "climbs_back": (zipped(("..\\sales.csv", GOOD)), "leaves its folder"),
    "absolute": (zipped(("/sales.csv", GOOD)), "leaves its folder"),
    "drive": (zipped(("C:sales.csv", GOOD)), "leaves its folder"),
    "line_end": (zipped(("sales\n.csv", GOOD)), "control characters"),
    "link": (zipped((link(), b"/etc/passwd")), "a link or a device"),
    "twice": (zipped(("sales.csv", GOOD), ("./SALES.csv", GOOD)), "one name twice"),
    "cut": (zipped(("sales.csv", GOOD))[:-9], "no complete zip archive"),
}
STREAMS = {
    "sales_ratio.csv.gz": (gzip.compress(HEADER + b"0" * 64 * MB), "too much to be true"),
    "sales_cut.csv.gz": (gzip.compress(GOOD)[:-5], "cut off or damaged"),
    "sales_more.csv.gz": (gzip.compress(GOOD) + b"more", "cut off or damaged"),
    "sales_twice.csv.gz": (gzip.compress(gzip.compress(GOOD * 99)), "gzip within another file"),
    "sales_ratio.csv.zst": (
        pa.compress(HEADER + b"0" * 64 * MB, "zstd", asbytes=True),
        "too much to be true",
    ),
    "sales_window.csv.zst": (b"\x28\xb5\x2f\xfd\x00\xf8\x01\x00\x00", "cut off or damaged"),
    "sales.csv.bz2": (bz2.compress(GOOD), "is bzip2, which is not read"),
    "sales.csv.xz": (lzma.compress(GOOD), "is xz, which is not read"),
}


def test_archives_and_streams_that_lie_are_refused_and_the_good_file_beside_them_loads(
    bank: Any, attack: Callable[..., Any]
) -> None:
    expected = {f"sales_{name}.zip": said for name, (_, said) in ARCHIVES.items()}
    expected |= {name: said for name, (_, said) in STREAMS.items()}
    for name, (content, _) in ARCHIVES.items():
        bank.write(f"sales_{name}.zip", content)
    for name, (content, _) in STREAMS.items():
        bank.write(name, content)
    bank.write("sales.csv", GOOD)
    outcome = attack()
    results = {file["file_name"]: file for file in outcome.payload["files"]}
    for name, said in expected.items():
        found = [file for key, file in results.items() if key.startswith(name)]
        assert found, name
        assert {file["status"] for file in found} <= {"failed", "already_loaded"}, found
        assert any(said in (file["error"] or "") for file in found), (name, found[0]["error"])
    assert results["sales.csv"]["rows_loaded"] == 1
    assert outcome.exit_code == 9
    assert bank.query("select count(*) as n from raw.shop__sales") == [{"n": 1}]
    assert not list(bank.settings.project_dir.parent.rglob("passwd"))


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def test_parquet_that_lies_or_is_too_wide_is_refused(bank: Any, attack: Callable[..., Any]) -> None:
    whole = parquet(pa.table({"id": ["a"] * 1000, "day": ["2025-01-01"] * 1000, "amount": ["1"] * 1000}))
    files = {
        "cut": whole[:-10],
        "no_footer": whole[: len(whole) // 2],
        "mark": b"PAR1PAR1",
        "long_footer": whole[:-8] + b"\xf0\xff\xff\xffPAR1",
        "short_footer": whole[:-8] + struct.pack("<I", 3) + b"PAR1",
        "garbled": whole[:4] + b"\x5a" * (len(whole) - 12) + whole[-8:],
        "wide": parquet(pa.table({f"c{i}": [1] for i in range(5000)})),
    }
    for name, content in files.items():
        bank.write(f"sales_{name}.parquet", content)
    outcome = attack()
    assert {file["status"] for file in outcome.payload["files"]} == {"failed"}
    assert {file["exit_code"] for file in outcome.payload["files"]} <= {5, 9}
    assert "5,000 columns" in outcome.of("sales_wide.parquet")["error"]


def test_a_dictionary_that_stands_for_gigabytes_ends_with_its_time_or_memory(
    bank: Any, attack: Callable[..., Any]
) -> None:
    big, rows = "x" * (MB >> 4), 1_000_000
    zeros = pa.array([0] * rows, pa.int32())
    columns = {
        name: pa.DictionaryArray.from_arrays(zeros, [value])
        for name, value in {"id": "a", "day": "2025-01-01", "amount": "1", "note": big}.items()
    }
    content = parquet(pa.table(columns))
    assert len(content) < MB
    bank.write("sales.parquet", content)
    outcome = attack(max_seconds="3")
    assert outcome.exit_code == 5
    # Which of the two bounds is met first depends on how fast the machine is.
    bounds = ("takes over 3 seconds", "Raise BANKMART_MEMORY_LIMIT")
    assert any(bound in outcome.of("sales.parquet")["error"] for bound in bounds)


@pytest.mark.parametrize("setting", [{"max_ratio": "5000"}, {}])
def test_the_ratio_is_a_setting(bank: Any, attack: Callable[..., Any], setting: dict[str, str]) -> None:
    content = HEADER + b"a,2025-01-01,1\n" * 1_200_000
    bank.write("sales.csv.gz", gzip.compress(content))
    outcome = attack(**setting)
    assert outcome.exit_code == (0 if setting else 5)
    assert outcome.payload["rows_loaded"] == (1_200_000 if setting else 0)
