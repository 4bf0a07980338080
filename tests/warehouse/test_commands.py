"""The command line on Redshift."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from loaders.cli.app import app
from tests.conftest import TOKEN_KEY

HEAD = "id,day,amount\n"


@pytest.fixture
def bankmart(bank: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command with the bank's settings in its environment."""
    bank.mapping()
    for name, value in bank.settings.dbt_env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BANKMART_PROJECT_DIR", str(bank.settings.project_dir))
    monkeypatch.setenv("BANKMART_S3_ENDPOINT", str(bank.settings.s3_endpoint))
    monkeypatch.setenv("BANKMART_AWS_REGION", str(bank.settings.aws_region))
    monkeypatch.setenv("BANKMART_TOKEN_KEY", TOKEN_KEY)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments)

    return run


def test_load_status_and_rejects_speak_with_redshift(bank: Any, bankmart: Any) -> None:
    mapping = ("--mapping", str(bank.settings.project_dir / "test.yml"))
    bank.write("sales.csv", HEAD + "a,,1\nb,31.01.2025,1\n")
    loaded = bankmart("load", *mapping)
    assert loaded.exit_code == 0, loaded.output
    assert "1 file: 2 rows in = 1 loaded + 1 rejected" in loaded.stdout
    assert "Nothing new" in bankmart("load", *mapping).stdout
    [table] = json.loads(bankmart("status", "--format", "json").stdout)["tables"]
    assert (table["rows_loaded"], table["rows_dead_open"]) == (1, 1)
    assert "1 open dead letter." in bankmart("rejects", "list").stdout
    assert "31.01.2025" in bankmart("rejects", "show", "1", "2").stdout
    exported = bankmart("rejects", "export", str(bank.settings.landing.parent / "rejects.csv"))
    assert exported.stdout.startswith("1 dead letter in ")
    bank.mapping_text += "    others: by_name\n    columns: {day: {formats: ['%d.%m.%Y']}}\n"
    bank.mapping()
    assert "1 dead letter tried = 1 loaded now" in bankmart("rejects", "replay", *mapping).stdout


def test_a_failed_file_is_named_once(bank: Any, bankmart: Any) -> None:
    bank.write("sales.csv", HEAD)
    failed = bankmart("load", "--mapping", str(bank.settings.project_dir / "test.yml"))
    assert failed.exit_code == 7
    assert failed.stderr.count("sales.csv") == 1


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("BANKMART_LAKE=data/lake", "Redshift loads from Amazon S3, and the lake is the folder"),
        ("BANKMART_REDSHIFT_COPY_ROLE=", "BANKMART_REDSHIFT_COPY_ROLE is not set"),
        ("BANKMART_REDSHIFT_COPY_ROLE=me'; drop table x --", "String should match pattern"),
        (
            "DBT_ENV_SECRET_REDSHIFT_PASSWORD=",
            "DBT_ENV_SECRET_REDSHIFT_PASSWORD or BANKMART_REDSHIFT_SECRET",
        ),
    ],
)
def test_what_redshift_can_not_load_with_is_told_before_any_file(
    bank: Any, bankmart: Any, monkeypatch: pytest.MonkeyPatch, setting: str, said: str
) -> None:
    variable, _, value = setting.partition("=")
    monkeypatch.setenv(variable, value)
    bank.write("sales.csv", HEAD + "a,,1\n")
    failed = bankmart("load", "--mapping", str(bank.settings.project_dir / "test.yml"))
    assert failed.exit_code == 2
    assert said in " ".join(failed.stderr.split())
    assert "sales.csv" not in failed.stderr
