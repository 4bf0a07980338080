"""What README shows to a stranger works as it stands there."""

from __future__ import annotations

import re
import textwrap
from datetime import date
from decimal import Decimal
from pathlib import Path

from loaders.contract import load_contracts
from loaders.load import load_path
from loaders.mapping import load_mapping
from loaders.settings import PROJECT_ROOT, Settings
from loaders.warehouse import open_warehouse

README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"^( *)```{language}\n(.*?)^\1```", README, flags=re.MULTILINE | re.DOTALL)
    assert found, f"README shows no block of {language}"
    return textwrap.dedent(found.group(2))


def test_the_example_of_an_own_file_loads(scratch_settings: Settings, tmp_path: Path) -> None:
    extract = tmp_path / "extract"
    extract.mkdir()
    (extract / "FILIALEN_20260131.csv").write_text(block("csv"), encoding="utf-8")
    (tmp_path / "my_bank.yml").write_text(block("yaml"), encoding="utf-8")
    mapping = load_mapping(str(tmp_path / "my_bank.yml"), load_contracts(PROJECT_ROOT))
    report = load_path(settings=scratch_settings, mapping=mapping, path=extract)
    assert [result.error for result in report.results] == [None]
    assert (report.rows_in, report.rows_loaded) == (2, 2)
    with open_warehouse(scratch_settings) as warehouse:
        rows = warehouse.query("select * from raw.core_banking__branches order by branch_id")
    shown = ("branch_name", "city", "region", "average_salary", "_file_date")
    assert [tuple(row[name] for name in shown) for row in rows] == [
        ("Old Town", "MÜNCHEN", "Germany", Decimal("4210.50"), date(2026, 1, 31)),
        ("Harbour", "HAMBURG", "Germany", Decimal("3980.00"), date(2026, 1, 31)),
    ]


def test_readme_is_short() -> None:
    assert len(README.splitlines()) < 200
