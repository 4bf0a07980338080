"""Texts made to harm, names made to mislead, and paths that are no files: one load of them all, in bounds."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

HEADER = b"id,day,amount\n"
ROW = b"a,2025-01-01,1\n"
MB = 1 << 20
JSON = b'{"id":"b","day":"2025-01-01","amount":1}\n'

# Name, content, what its error says.
REFUSED: dict[str, tuple[bytes, str]] = {
    "open_quote.csv": (HEADER + ROW + b'"' + ROW * 2 * MB, "over 16,777,216"),
    "closed_quote.csv": (HEADER + ROW + b'"' + ROW * 2 * MB + b'",2025-01-01,1\n', "over 16,777,216"),
    "quotes.csv": (HEADER + b'"' * 20 * MB, "over 16,777,216"),
    "one_line.csv": (HEADER + ROW + b"x" * 40 * MB + b"," + ROW, "over 16,777,216"),
    "delimiters.csv": (HEADER + b"," * 20 * MB, "over 16,777,216"),
    "nul.csv": (b"\0" * 20 * MB, "UTF-16 or UTF-32, or is no text"),
    "nul_in_header.csv": (b"identity\0,day,amount\n" + ROW, "NUL"),
    "returns.csv": (HEADER + b"\r" * 20 * MB, "has no row"),
    "empty_lines.csv": (HEADER + b"\n" * 20 * MB, "has no row"),
    "utf_16.csv": ((HEADER + ROW).decode().encode("utf-16"), "UTF-16"),
    "utf_16_le.csv": ((HEADER + ROW).decode().encode("utf-16-le"), "UTF-16"),
    "utf_32.csv": ((HEADER + ROW).decode().encode("utf-32"), "UTF-32"),
    "utf_32_be.csv": ((HEADER + ROW).decode().encode("utf-32-be"), "UTF-32"),
    "wide.csv": (b",".join(b"c%d" % i for i in range(100_000)) + b"\n1\n", "100,000 columns"),
    "same.csv": (b"id," * 3_999 + b"id\n1\n", "has the column 'id' twice"),
    "long_header.csv": (b",".join([b"x" * 1000] * 1100) + b"\n1\n", "The header of"),
    "no_header.csv": (b"4111111111111111,jane@example.org,1\n", "is its first line a header"),
    "deep.json": (b"[" * MB, "cut off"),
    "deep_too.json": (b"[" * MB + b"]" * MB, "no JSON object"),
    "keys.json": (b"".join(b'{"k%d":1}\n' % i for i in range(50_000)), "over 4,000 different keys"),
    "keys_of_one.json": (
        b"{" + b",".join(b'"k%d":1' % i for i in range(50_000)) + b"}\n",
        "over 4,000 different keys",
    ),
    "long_key.json": (b'{"id":"a","day":null,"amount":1,"' + b"k" * MB + b'":1}\n', "the column"),
    "long_line.json": (JSON + b'{"id":"' + b"x" * 40 * MB + b'"}\n' + JSON, "over 16,777,216"),
    "utf_16.json": (JSON.decode().encode("utf-16"), "UTF-16"),
    "tail.json": (b"[" + JSON + b"] garbage ]", "can't be read as JSON"),
}
# Name, content, rows loaded, rows dead.
SPLIT: dict[str, tuple[bytes, int, int]] = {
    "marked.csv": (b"\xef\xbb\xbf" + HEADER + ROW, 1, 0),
    "latin.csv": (HEADER + b"caf\xe9,2025-01-01,1\n" + ROW, 1, 1),
    "nul_in_row.csv": (HEADER + b"a\0b,2025-01-01,1\n" + ROW, 1, 1),
    "long_line.csv": (HEADER + b"x" * 3 * MB + b",2025-01-01,1\n" + ROW * 2000, 2000, 1),
    "digits.csv": (HEADER + b"9" * MB + b",2025-01-01,1\n" + ROW, 1, 1),
    "groups.csv": (HEADER + b"411 " * 20_000 + b",2025-01-01,1\n" + ROW, 1, 1),
    "deep_in_row.json": (b'{"id":"a","amount":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n" + JSON * 2, 2, 1),
    "numbers.json": (
        b'{"id":"a","day":null,"amount":' + b"9" * 100_000 + b"}\n"
        b'{"id":"a","day":null,"amount":1e999999}\n' + JSON,
        1,
        2,
    ),
    "same_key.json": (b'{"id":"a","id":"b","day":null,"amount":1}\n' + JSON, 1, 1),
    "surrogate.json": (b'{"id":"\\ud800","day":null,"amount":1}\n' + JSON, 1, 1),
    "long_line_too.json": (JSON + b'{"id":"' + b"x" * 3 * MB + b'"}\n' + JSON, 2, 1),
}


def test_hostile_texts_are_refused_or_split_row_by_row_and_nothing_is_lost(
    bank: Any, attack: Callable[..., Any]
) -> None:
    for name, (content, *_) in (REFUSED | SPLIT).items():
        bank.write(f"sales_{name}", content)
    outcome = attack()
    for name, (_, said) in REFUSED.items():
        result = outcome.of(f"sales_{name}")
        assert (result["status"], said in result["error"]) == ("failed", True), result
        assert len(result["error"]) < 2000, result
    for name, (_, loaded, dead) in SPLIT.items():
        result = outcome.of(f"sales_{name}")
        assert (result["error"], result["rows_loaded"], result["rows_dead"]) == (None, loaded, dead), name
    assert "4111111111111111" not in outcome.errors + str(outcome.payload)
    assert "jane" not in outcome.errors + str(outcome.payload)
    bank.check_books()


def test_what_is_no_file_is_named_and_never_waited_for(bank: Any, attack: Callable[..., Any]) -> None:
    landing = bank.settings.landing
    os.mkfifo(landing / "sales_pipe.csv")
    with socket.socket(socket.AF_UNIX) as server:
        folder = os.open(landing, os.O_RDONLY)
        server.bind(f"/proc/self/fd/{folder}/sales_socket.csv")
        os.close(folder)
    (landing / "sales_device.csv").symlink_to("/dev/zero")
    (landing / "sales_out.csv").symlink_to(bank.settings.project_dir / "test.yml")
    (landing / "sales_loop.csv").symlink_to("sales_loop.csv")
    (landing / "up").symlink_to("..")
    (landing / "sales_folder.csv").mkdir()
    bank.write("sales_good.csv", HEADER + ROW)
    outcome = attack()
    said = {file["file_name"]: file["error"] for file in outcome.payload["files"]}
    assert set(said) == {f"sales_{n}.csv" for n in ("pipe", "socket", "device", "out", "loop", "good")}
    assert said["sales_good.csv"] is None
    assert all("pipe, a socket or a device" in said[f"sales_{n}.csv"] for n in ("pipe", "socket"))
    assert all("link" in said[f"sales_{n}.csv"] for n in ("device", "out", "loop"))
    assert outcome.exit_code == 5


NAMES = [
    "sales'\";drop table canary;--.csv", "sales*.csv", "sales?.csv", "sales[1].csv", "sales{a,b}.csv",
    "sales\\.csv", "sales%2e.csv", "sales$HOME.csv", "sales .csv", "sales" + "x" * 246 + ".csv",
    "salesé\u4e2d.csv", "sales.gz.csv",
]  # fmt: skip
BAD_NAMES = [b"sales\n.csv", b"sales\x1b[31m.csv", b"sales\xff.csv", "sales\u202evsc.csv".encode()]


def test_a_file_is_read_under_its_very_name_or_refused(bank: Any, attack: Callable[..., Any]) -> None:
    for index, name in enumerate(["sales1.csv", *NAMES]):
        bank.write(name, HEADER + b"%d,2025-01-01,1\n" % index)
    for raw in BAD_NAMES:
        (bank.settings.landing / os.fsdecode(raw)).write_bytes(HEADER + ROW)
    outcome = attack()
    found = dict(bank.rows("_source_file, id"))
    assert found == {name: str(index) for index, name in enumerate(["sales1.csv", *NAMES])}
    failed = [file for file in outcome.payload["files"] if file["status"] == "failed"]
    assert len(failed) == len(BAD_NAMES)
    assert all("control characters" in file["error"] for file in failed)
    assert all(file["file_name"].isascii() and file["file_name"].isprintable() for file in failed)
    assert "\x1b" not in outcome.errors
