"""CSV read exactly right: the csv-spectrum, foreign dialects and encodings, and whatever bytes come."""

from __future__ import annotations

import csv
import io
import json
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders.loader import staging_connection
from loaders.settings import Settings
from loaders.sources.csv_repair import close_with, unify_line_ends
from loaders.sources.csv_text import Dialect, read_header, scan
from loaders.stage.readers import END, csv_rows
from tests.loaders.conftest import CONTRACT

COMMON = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.mark.shared_data
def test_the_files_of_csv_spectrum_are_read_as_their_json_says(bank: Any, shared_data: Path) -> None:
    with tarfile.open(shared_data / "csv_spectrum" / "csv-spectrum.tar.xz") as archive:
        files = {m.name: archive.extractfile(m).read() for m in archive.getmembers() if m.isfile()}  # type: ignore[union-attr]
    names = sorted(Path(name).stem for name in files if name.startswith("csvs/"))
    assert len(names) == 11
    for name in names:
        expected = json.loads(files[f"json/{name}.json"])
        columns = next(csv.reader(io.StringIO(files[f"csvs/{name}.csv"].decode())))
        tail = "data_type: varchar(500), config: {meta: {pii: none}}}"
        lines = "".join(f"          - {{name: {c.lower()}, {tail}\n" for c in columns)
        bank.contract = CONTRACT[: CONTRACT.index("          - {name: id")].replace("sales", name) + lines
        bank.declare()
        bank.mapping_text = (
            "name: test\ndescription: x\nfile_date: 2025-01-31\n"
            'defaults: {trim: false, null_values: ["never"]}\n'
            f'files:\n  - {{pattern: "{name}.csv", table: shop.{name}}}\n'
        )
        result = bank.load_file(f"{name}.csv", files[f"csvs/{name}.csv"])
        assert (result.status, result.rows_dead, result.error) == ("loaded", 0, None)
        found = bank.rows(", ".join(f'"{c.lower()}"' for c in columns), f"raw.shop__{name}")
        # The tar has lost the carriage returns of its files, but not those of its JSON.
        expected = [{k: v.replace("\r\n", "\n") for k, v in row.items()} for row in expected]
        assert [dict(zip(columns, values, strict=True)) for values in found] == expected, name


@pytest.mark.parametrize(
    ("options", "content"),
    [
        ({}, "\ufeffid,day,amount\nž,2025-01-01,1\n".encode()),
        ({"delimiter": ";"}, "id;day;amount\r\nž;2025-01-01;1\r\n".encode()),
        ({"delimiter": "||"}, "id||day||amount\nž||2025-01-01||1\n".encode()),
        ({"delimiter": "\\t", "quote": "'"}, "id\tday\tamount\n'ž'\t2025-01-01\t1\n".encode()),
        ({"escape": "\\\\"}, 'id,day,amount\n"ž",2025-01-01,1\n'.encode()),
        ({"encoding": "cp1250"}, "id,day,amount\nž,2025-01-01,1\n".encode("cp1250")),
        ({"encoding": "iso-8859-2"}, "id,day,amount\nž,2025-01-01,1\n".encode("iso-8859-2")),
        ({"encoding": "utf-16"}, "id,day,amount\nž,2025-01-01,1\n".encode("utf-16")),
        ({"header": "false", "names": "[id, day, amount]"}, "ž,2025-01-01,1\n".encode()),
        ({"decimal": ",", "thousands": ".", "delimiter": ";"}, "id;day;amount\nž;2025-01-01;1,00\n".encode()),
        ({}, "AMOUNT,Day,iD\n1,2025-01-01,ž\n".encode()),
    ],
)
def test_any_dialect_and_encoding_lands_the_same(bank: Any, options: dict[str, str], content: bytes) -> None:
    for key, value in options.items():
        bank.mapping_text += f"    {key}: {_yaml(value)}\n"
    result = bank.load_file("sales.csv", content)
    assert result.error is None
    assert [(i, str(d), float(a)) for i, d, a in bank.rows("id, day, amount")] == [("ž", "2025-01-01", 1.0)]


def _yaml(value: str) -> str:
    return value if value.startswith("[") else f'"{value}"'


def test_bytes_that_the_encoding_does_not_know_kill_only_their_row(bank: Any) -> None:
    bank.load_file("sales.csv", b"id,day,amount\n\xff\xfe,,1\nb,,2\n")
    bank.mapping_text += "    encoding: cp1250\n"
    bank.load_file("sales_2.csv", b"id,day,amount\nc,,3\n\x81\x83,,1\n")
    assert bank.rows("id") == [("b",), ("c",)]
    assert bank.dead() == [(1, "bad_encoding", None), (2, "bad_encoding", None)]


def test_lines_with_too_few_or_many_fields_die_and_no_row_shifts(bank: Any) -> None:
    lines = ["id,day,amount"]
    for i in range(5000):
        lines.append(
            f"{i},2025-01-01"
            if i % 7 == 3
            else f"{i},2025-01-01,{i},x"
            if i % 11 == 5
            else f"{i},2025-01-01,{i}"
        )
    result = bank.load_file("sales.csv", "\n".join(lines))
    dead = {n for n, *_ in bank.dead()}
    assert dead == {i + 1 for i in range(5000) if i % 7 == 3 or i % 11 == 5}
    assert all(int(i) == n - 1 == int(a) for i, n, a in bank.rows("id, _row_number, amount"))
    assert result.rows_in == 5000
    bank.check_books()


@pytest.mark.parametrize("ends", [("\n", "\r\n"), ("\r\n", "\n"), ("\r", "\n"), ("\r\n", "\r")])
def test_mixed_line_ends_are_line_ends_outside_quotes_only(bank: Any, ends: tuple[str, str]) -> None:
    first, second = ends
    content = f'id,day,amount,note{first}a,,1,"x\r\ny\nz"{second}b,,2,"q"{first}c,,3,{second}'
    result = bank.load_file("sales.csv", content)
    assert (result.rows_loaded, result.rows_dead, result.error) == (3, 0, None)
    assert bank.rows("id, note") == [("a", "x\r\ny\nz"), ("b", "q"), ("c", None)]


def test_quoted_line_ends_never_mislead_the_parallel_reader(bank: Any) -> None:
    lines = "".join(f'{i},2025-01-01,{i},"7,2025-01-01,8,{"z" * 20}\n9,,9,x"\n' for i in range(60_000))
    bank.contract = bank.contract.replace("varchar(40)", "varchar(400)")
    bank.declare()
    result = bank.load_file("sales.csv", "id,day,amount,note\n" + lines)
    assert (result.rows_in, result.rows_dead) == (60_000, 0)
    assert (
        bank.query("select count(*) as n from raw.shop__sales where id = cast(_row_number - 1 as varchar)")[
            0
        ]["n"]
        == 60_000
    )


# Staging alone, so that many files can be tried.
field = st.one_of(
    st.text(alphabet="ab1 ,\"\n\r'\\é\0", max_size=6),
    st.text(alphabet="ab1é", max_size=6),
)


@settings(max_examples=30, deadline=None, suppress_health_check=COMMON)
@given(
    records=st.lists(st.lists(field, min_size=1, max_size=4), min_size=1, max_size=8),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_well_quoted_files_agree_with_pythons_csv(tmp_path: Path, records: list[list[str]], end: str) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([["x", "y"], *records])
    good, rejected = _read(tmp_path, out.getvalue().encode())
    # Empty fields beyond the last column are a trailing delimiter to DuckDB: they lose nothing.
    fine = [len(record) >= 2 and not any(record[2:]) for record in records]
    assert [list(row) for row in good] == [record[:2] for record, ok in zip(records, fine, strict=True) if ok]
    assert sorted(rejected) == [i for i, ok in enumerate(fine, start=2) if not ok]


@settings(max_examples=30, deadline=None, suppress_health_check=COMMON)
@given(
    lines=st.lists(
        st.lists(
            st.sampled_from([",", '"', '""', "x", " ", "\r", "\xff", "\0", "é", ',"', '",']), max_size=6
        ),
        max_size=10,
    )
)
def test_no_line_of_a_malformed_file_vanishes(bank: Any, lines: list[list[str]]) -> None:
    content = b"id,note\n"
    for number, parts in enumerate(lines):
        content += f"m{number}m".encode() + b"".join(p.encode("latin-1") for p in parts) + b"\n"
    bank.contract = bank.contract.replace("varchar(40)", "varchar(4000)").replace(
        "varchar(10)", "varchar(4000)"
    )
    bank.declare()
    bank.mapping_text = bank.mapping_text.partition("    others")[0] + (
        "    others: empty\n    columns: {id: id, note: note}\n"
    )
    marks = {f"m{number}m" for number in range(len(lines))}
    loads = len(bank.query("select 1 from ops.load_ledger")) if bank.settings.duckdb_path.exists() else 0
    result = bank.load_file("sales.csv", content)
    if result.status == "loaded":
        where = f"where _load_id = {loads + 1}"
        found = str(bank.query(f"select id, note from raw.shop__sales {where}"))  # noqa: S608
        found += str(bank.query(f"select raw_row from ops.dead_letters where load_id = {loads + 1}"))  # noqa: S608
        assert marks <= set(re.findall(r"m\d+m", found)), (content, found)
        bank.check_books()
    else:
        assert result.status == "already_loaded" or result.error


def _read(tmp_path: Path, content: bytes) -> tuple[list[tuple[str, ...]], set[int]]:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    connection = staging_connection(Settings(threads=2), tmp_path)
    look = scan(path, Dialect(), "x")
    if look.mixed_ends:
        path = unify_line_ends(path, Dialect(), tmp_path)
    assert read_header(path, Dialect(), "x") == ["x", "y"]
    if not look.parallel:
        path = close_with(
            path, f"{END},{END}".encode(), b"\n" if look.mixed_ends else look.line_end, tmp_path
        )
    rows = csv_rows(path, ["x", "y"], Dialect(), look, header=True, tag="1")
    good = connection.execute(f"select * from {rows.relation} where x <> '{END}'").fetchall()  # noqa: S608
    rejected = connection.execute(f"select distinct line from {rows.rejects}").fetchall()  # noqa: S608
    connection.close()
    return good, {line for (line,) in rejected}
