"""dbt by itself, as a developer types it: a first build of a fresh warehouse, unit tests and all."""

from __future__ import annotations

from pathlib import Path

from .bank import Bank
from .manifest import Manifest


def test_the_first_build_of_a_fresh_warehouse_passes_with_every_unit_test(
    tmp_path: Path, manifest: Manifest
) -> None:
    bank = Bank(tmp_path)
    bank.call("generate", "--customers", "100", "--days", "1")
    bank.call("load")
    printed = bank.dbt("build")
    unit_tests = list(manifest["unit_tests"])
    assert len(unit_tests) >= 30
    assert f"{len(unit_tests)} unit tests" in printed
    # The one warning tells of the rejected consent that is planted in every bank.
    assert "ERROR=0 " in printed
    assert "Completed with 1 warning:" in printed
