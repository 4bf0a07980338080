from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from loaders.cli.app import app


@pytest.fixture(autouse=True)
def _own_warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("duckdb_path", "lake", "landing", "dbt_target_path"):
        monkeypatch.setenv(f"BANKMART_{name.upper()}", str(tmp_path / f"{name}.x"))


def bankmart(*arguments: str) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_generated_files_load_once_and_status_and_rejects_agree(tmp_path: Path) -> None:
    out = str(tmp_path / "bank")
    assert bankmart("generate", "--out", out, "--customers", "60", "--days", "2").exit_code == 0
    loaded = json.loads(bankmart("load", out, "--format", "json").stdout)
    assert loaded["rows_in"] == loaded["rows_loaded"] + loaded["rows_dead"] > 0
    again = bankmart("load", out)
    assert again.exit_code == 0
    assert "Nothing new" in again.stdout
    status = json.loads(bankmart("status", "--format", "json").stdout)
    assert sum(table["rows_loaded"] for table in status["tables"]) == loaded["rows_loaded"]
    rejects = json.loads(bankmart("rejects", "list", "--format", "json").stdout)
    assert rejects["open"] == loaded["rows_dead"]


@pytest.mark.parametrize("arguments", [("load", "--mapping", "nope"), ("rejects", "show", "1", "1")])
def test_an_error_is_one_message_on_stderr_and_json_on_stdout(arguments: tuple[str, ...]) -> None:
    result = bankmart(*arguments, "--format", "json")
    assert result.exit_code == json.loads(result.stdout)["exit_code"] != 0
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr


def test_a_build_of_nothing_says_what_to_do() -> None:
    result = bankmart("build")
    assert result.exit_code == 12
    assert "bankmart load" in result.stderr


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANKMART_THREADS", "many")
    result = bankmart("status")
    assert result.exit_code == 2
    assert "BANKMART_THREADS=many" in result.stderr


@pytest.mark.parametrize("name", ["generate", "load", "build", "run", "status", "demo"])
def test_help_has_examples(name: str) -> None:
    result = bankmart(name, "--help")
    assert result.exit_code == 0
    assert f"bankmart {name}" in result.stdout
