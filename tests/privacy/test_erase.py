"""`bankmart erase`: one person goes from everywhere, the others keep all that is theirs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from loaders.cli.app import app
from loaders.contract import load_contracts
from loaders.erase import Erasure, open_erasure
from loaders.erase_books import UnknownCustomerError
from loaders.mapping import load_mapping
from loaders.rejects import replay
from loaders.tokens import TokenError
from loaders.warehouse import open_warehouse
from tests.conftest import scratch
from tests.privacy.bank import Bank
from tests.privacy.people import MAIL, OTHER, SUBJECT, write_files


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the bank, all its files loaded."""
    settings = scratch(tmp_path_factory.mktemp("bank"))
    write_files(settings.landing)
    bank = Bank(settings)
    assert bank.load().exit_code == 0
    bank.check_books()
    return settings.duckdb_path.parent


@pytest.fixture
def bank(loaded: Path, tmp_path: Path) -> Bank:
    """A copy of the bank of a test's own."""
    shutil.copytree(loaded, tmp_path / "bank")
    return Bank(scratch(tmp_path / "bank"))


RAW = {
    "customers": "select customernumber from raw.core_banking__customers",
    "contacts": "select customer_id from raw.core_banking__customer_contacts",
    "accounts": "select account_id from raw.core_banking__accounts",
    "holders": "select holder_id from raw.core_banking__account_holders",
    "postings": "select account_id from raw.core_banking__account_transactions",
    "loans": "select loan_id from raw.core_banking__loans",
    "payments": "select payment_id from raw.core_banking__loan_payments",
    "cards": "select card_id from raw.core_banking__cards",
    "relationships": "select relationship_id from raw.core_banking__relationships",
    "purchases": "select customernumber from raw.cards__card_transactions",
}
LEFT = {
    "customers": [OTHER, f"{SUBJECT}0"] * 2,
    "contacts": [f"{SUBJECT}0", OTHER] * 2,
    "accounts": ["a2", "a3"] * 2,
    "holders": ["h3", "h4"] * 2,
    "postings": ["a2", "a3"] * 2,
    "loans": ["l2"] * 2,
    "payments": ["q2"] * 2,
    "cards": ["k2"] * 2,
    "relationships": [],
    "purchases": [OTHER] * 2,
}


def left(bank: Bank) -> dict[str, list[Any]]:
    return {name: sorted(bank.column(statement)) for name, statement in RAW.items()}


WANTED = {name: sorted(values) for name, values in LEFT.items()}


def test_the_person_goes_and_the_others_keep_what_is_theirs(bank: Bank) -> None:
    receipt = bank.erase()
    assert left(bank) == WANTED
    assert set(bank.column("select customer_id from raw.core_banking__accounts")) == {None, OTHER}
    assert set(bank.column("select counterparty_account from raw.core_banking__account_transactions")) == {
        None
    }
    reasons = bank.column("select reason_code from ops.dead_letters order by 1")
    assert reasons == ["not_a_number", "not_a_number"]
    bank.check_books()
    assert receipt.state == "done"
    assert receipt.rows["ops.dead_letters"] == 8
    assert receipt.blanked == {
        '"raw"."core_banking__account_transactions".counterparty_account': 2,
        '"raw"."core_banking__accounts".customer_id': 2,
    }
    assert receipt.tokens == {
        "account": 1, "card": 1, "customer": 1, "email": 1, "holder": 2, "loan": 1, "phone": 1
    }  # fmt: skip


def test_no_byte_of_the_person_is_left(bank: Bank) -> None:
    assert bank.bytes_of(MAIL)
    assert "dead_letters.raw_row" in bank.cells_of(MAIL)
    bank.erase()
    for trace in (MAIL, "Ann Subject", "1 Canary Row"):
        assert (bank.cells_of(trace), bank.bytes_of(trace)) == ([], [])
    assert bank.column("select receipt from ops.erasures")
    for row in bank.query("select * from ops.erasures") + bank.query("select * from ops.erased_subjects"):
        assert SUBJECT not in str(row).replace(f"{SUBJECT}0", "")


def test_loading_everything_again_brings_nobody_back(bank: Bank) -> None:
    bank.erase()
    assert {result.status for result in bank.load().results} == {"already_loaded"}
    for path in bank.settings.landing.rglob("*.csv"):  # other bytes, the same rows
        path.write_text(path.read_text() + "\n")
    forget = ("delete from ops.load_ledger", "delete from ops.dead_letters")
    with open_warehouse(bank.settings) as warehouse:
        tables = [contract.relation for contract in load_contracts(bank.settings.project_dir).values()]
        warehouse.execute([*forget, *(f"delete from {table}" for table in tables)])  # noqa: S608
    report = bank.load()
    assert report.exit_code == 0
    assert left(bank) == WANTED
    assert set(bank.column("select customer_id from raw.core_banking__accounts")) == {None, OTHER}
    assert bank.column("select reason_code from ops.dead_letters order by 1") == ["not_a_number"] * 2
    assert report.rows_in == report.rows_loaded + report.rows_dead + report.rows_erased
    assert report.rows_erased == sum(bank.column("select rows_erased from ops.load_ledger")) > 30
    bank.check_books()
    assert bank.cells_of(MAIL) == []


def test_a_second_time_nothing_is_left_to_do(bank: Bank) -> None:
    first = bank.erase()
    assert bank.erase() == first
    assert bank.column("select count(*) from ops.erasures") == [1]


def test_nobody_knows_the_customer(bank: Bank) -> None:
    with pytest.raises(UnknownCustomerError):
        bank.erase("100000")
    assert bank.column("select count(*) from ops.erased_subjects") == [0]


def test_a_dry_run_counts_and_writes_nothing(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(str(path) for path in bank.settings.lake.rglob("*"))
    with open_erasure(bank.settings, SUBJECT) as erasure:
        plan = erasure.plan()
    assert sorted(str(path) for path in bank.settings.lake.rglob("*")) == before
    assert bank.column("select count(*) from ops.erasures") == [0]
    receipt = bank.erase()
    raw = {table: n for table, n in receipt.rows.items() if "raw" in table or "ops" in table}
    assert (plan.state, plan.rows, plan.tokens) == ("planned", raw, receipt.tokens)


@pytest.mark.parametrize("stop", ["_losses", "_rewrite", "_delete", "_finish"])
@pytest.mark.parametrize("after", [False, True])
def test_a_killed_erasure_goes_on(
    stop: str, after: bool, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(Erasure, stop)

    def killed(self: Erasure, *args: Any) -> Any:
        if after:
            real(self, *args)
        raise KeyboardInterrupt

    monkeypatch.setattr(Erasure, stop, killed)
    with pytest.raises(KeyboardInterrupt):
        bank.erase()
    monkeypatch.setattr(Erasure, stop, real)
    bank.check_books()
    receipt = bank.erase()
    assert (receipt.state, left(bank)) == ("done", WANTED)
    bank.check_books()
    assert bank.bytes_of(MAIL) == []
    assert bank.column("select count(*) from ops.erasures") == [1]


def test_a_load_that_began_before_the_erasure_is_refused(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bank.settings.landing / "core_banking" / "customer_contacts_2025-02-01.csv"
    path.write_text(
        "customer_id,name,email,phone,address,identification_number\n"
        f"{SUBJECT},Ann Subject,{MAIL},,,\n{OTHER},Bob,,,,\n"
    )
    with open_warehouse(bank.settings) as warehouse:
        kept = type(warehouse).commit

    def commit(self: Any, load: Any) -> Any:
        self.query(
            "insert into ops.erasures (erasure_id, subject_token, state, requested_at, receipt)"
            " values ('x', 'k1:x', 'requested', current_timestamp, '{}')"
        )
        return kept(self, load)

    monkeypatch.setattr("loaders.warehouse.duckdb.DuckDBWarehouse.commit", commit)
    result = bank.load().results[-1]
    results = [r for r in [result, *bank.load().results] if r.status == "failed"]
    assert results
    assert "erased while it was read" in str(results[0].error)


def test_the_list_needs_the_key_that_made_it(bank: Bank) -> None:
    bank.erase()
    keys = {"token_key": SecretStr("x" * 32), "token_key_id": "k2"}
    with open_erasure(bank.settings.model_copy(update=keys), OTHER):
        pass
    (bank.settings.landing / "cards" / "card_transactions_2025-02-01.csv").write_text("x\n")
    lost = Bank(bank.settings.model_copy(update=keys))
    failed = [result for result in lost.load().results if result.status == "failed"]
    assert failed
    assert all("needs the key k1" in str(result.error) for result in failed)
    old = {"token_old_keys": {"k1": bank.settings.token_key}}
    kept = Bank(bank.settings.model_copy(update=keys | old))
    assert kept.load().exit_code not in {0, TokenError.exit_code}
    assert kept.erase().state == "done"


def test_replayed_dead_letters_stay_without_the_person(bank: Bank) -> None:
    bank.erase()
    mapping = load_mapping("bankmart", load_contracts(bank.settings.project_dir))
    assert replay(bank.settings, mapping).exit_code == 0
    assert bank.cells_of(MAIL) == []
    bank.check_books()


def test_the_command_asks_and_prints_a_receipt(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("duckdb_path", "lake", "landing"):
        monkeypatch.setenv(f"BANKMART_{name.upper()}", str(getattr(bank.settings, name)))
    assert bank.settings.token_key is not None
    monkeypatch.setenv("BANKMART_TOKEN_KEY", bank.settings.token_key.get_secret_value())
    refused = CliRunner().invoke(app, ["erase", SUBJECT], input="n\n")
    assert (refused.exit_code, left(bank) == WANTED) == (17, False)
    done = CliRunner().invoke(app, ["erase", SUBJECT, "--yes", "--format", "json"])
    receipt = json.loads(done.stdout)
    assert (done.exit_code, receipt["state"], left(bank)) == (0, "done", WANTED)
    assert SUBJECT not in done.stdout
    unknown = CliRunner().invoke(app, ["erase", "77"])
    assert unknown.exit_code == UnknownCustomerError.exit_code
