from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from loaders.cli.app import app, main
from loaders.cli.failures import explain


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


def test_a_build_needs_no_folder_to_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    result = bankmart("build")
    assert result.exit_code == 12
    assert "bankmart load" in result.stderr


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANKMART_THREADS", "many")
    result = bankmart("status")
    assert result.exit_code == 2
    assert "BANKMART_THREADS=many" in result.stderr


@pytest.mark.parametrize(
    "name",
    ["generate", "load", "build", "run", "train", "score", "eligibility", "status", "demo"],
)
def test_help_has_examples(name: str) -> None:
    result = bankmart(name, "--help")
    assert result.exit_code == 0
    assert f"bankmart {name}" in result.stdout


@pytest.mark.parametrize(
    "name",
    ["rejects list", "rejects show", "rejects export", "rejects replay", "mapping list", "mapping check"],
)
def test_help_of_subcommands_has_examples(name: str) -> None:
    assert f"bankmart {name}" in bankmart(*name.split(), "--help").stdout.replace("Usage: bankmart", "")


def test_help_does_not_wait_for_the_loader() -> None:
    heavy = "duckdb", "pyarrow", "pydantic", "dbt"
    code = f"import sys, loaders.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_wrong_option_is_json_too_where_json_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bankmart", "load", "--as-of", "01.02.2026", "--format", "json"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert "01.02.2026" in json.loads(capsys.readouterr().out)["message"]


@pytest.mark.parametrize(
    ("target", "said"), [("redshift", "BANKMART_REDSHIFT_HOST is not set"), ("nope", "no such target")]
)
@pytest.mark.parametrize("arguments", ["load", "build", "run", "status", "rejects list"])
def test_a_target_that_is_unknown_or_not_set_up_is_refused(
    target: str, said: str, arguments: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANKMART_TARGET", target)
    result = bankmart(*arguments.split())
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


@pytest.mark.parametrize("command", ["list", "export out.csv", "replay"])
def test_a_table_that_no_contract_knows_is_named(command: str) -> None:
    result = bankmart("rejects", *command.split(), "--table", "customers")
    assert result.exit_code == 1
    assert "core_banking.customers" in result.stderr


def test_a_path_that_cannot_be_written_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    generated = bankmart("generate", "--out", str(tmp_path / "file"), "--customers", "5", "--days", "1")
    exported = bankmart("rejects", "export", str(tmp_path / "none" / "out.csv"))
    for result in (generated, exported):
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: ")
        assert str(tmp_path) in result.stderr


def test_days_past_the_calendar_are_a_message(tmp_path: Path) -> None:
    result = bankmart("generate", "--out", str(tmp_path / "x"), "--start", "9999-12-30", "--customers", "9")
    assert result.exit_code == 1
    assert "can't be made" in result.stderr


def test_nobody_is_erased_where_nobody_is_there_to_ask(tmp_path: Path) -> None:
    out = tmp_path / "bank"
    assert bankmart("generate", "--out", str(out), "--customers", "2", "--days", "1").exit_code == 0
    file = min((out / "core_banking").glob("customers_*.csv"))
    assert bankmart("load", str(file)).exit_code == 0
    result = bankmart("erase", file.read_text("utf-8").splitlines()[1].split(",")[0], "--format", "json")
    assert result.exit_code == json.loads(result.stdout)["exit_code"] == 17
    assert "--yes" in result.stderr


def test_files_of_later_days_are_left_and_named(tmp_path: Path) -> None:
    out = str(tmp_path / "bank")
    bankmart("generate", "--out", out, "--customers", "30", "--days", "2")
    result = bankmart("load", out, "--as-of", "2025-01-01")
    assert result.exit_code == 0
    assert "of 2026-01-01 to 2026-01-02" in result.stdout
    assert "known already" not in result.stdout


def test_a_replay_says_what_became_of_dead_letters(tmp_path: Path) -> None:
    out = str(tmp_path / "bank")
    bankmart("generate", "--out", out, "--customers", "60", "--days", "2")
    dead = json.loads(bankmart("load", out, "--format", "json").stdout)["rows_dead"]
    assert (
        f"{dead} dead letters tried = 0 loaded now + {dead} still dead"
        in bankmart("rejects", "replay").stdout
    )
    assert (
        "open from loads by the mapping berka" in bankmart("rejects", "replay", "--mapping", "berka").stdout
    )


def test_a_row_of_a_piped_table_is_one_line(tmp_path: Path) -> None:
    out = str(tmp_path / "bank")
    bankmart("generate", "--out", out, "--customers", "60", "--days", "2")
    bankmart("load", out)
    rows = json.loads(bankmart("rejects", "list", "--rows", "--format", "json").stdout)["rows"]
    lines = bankmart("rejects", "list", "--rows").stdout.splitlines()
    assert len(lines) == len(rows) + 3
    assert f"{rows[0]['source']}.{rows[0]['table_name']}" in lines[2]


def test_a_cost_that_no_sum_can_hold_is_rejected(tmp_path: Path) -> None:
    file = tmp_path / "marketing" / "campaign_costs_2026-01-01.csv"
    file.parent.mkdir()
    head = "cost_id,campaign_id,channel,cost_type,amount,currency\n"
    file.write_text(f"{head}1,1,,fixed,250.00,EUR\n2,1,,fixed,99999999999999.9999,EUR\n", "utf-8")
    assert bankmart("load", str(tmp_path)).exit_code == 0
    [group] = json.loads(bankmart("rejects", "list", "--format", "json").stdout)["groups"]
    assert (group["reason_code"], group["column_name"], group["n_rows"]) == ("out_of_range", "amount", 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux's full disk")
def test_a_full_disk_is_no_traceback() -> None:
    with (
        pytest.raises(OSError, match="No space") as told,
        Path("/dev/full").open("w", encoding="utf-8") as file,
    ):
        file.write("x")
        file.flush()
    failure = explain(told.value)
    assert failure is not None
    assert "disk is full" in failure.message


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("Query interrupted")])
def test_ctrl_c_is_no_traceback(error: BaseException) -> None:
    failure = explain(error)
    assert failure is not None
    assert failure.exit_code == 130
    assert explain(RuntimeError("a fault of the program")) is None
