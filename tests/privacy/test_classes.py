"""Every column of a contract says what it tells about a person, and one that does not is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from loaders.cli.app import app
from loaders.contract import load_contracts
from loaders.erase_rows import MODEL_COLUMNS
from loaders.errors import ContractError
from loaders.settings import PROJECT_ROOT

HEAD = """
version: 2
sources:
  - name: shop
    schema: raw
    tables:
      - name: buyers
        columns:
"""
GOOD = (
    "{name: id, data_type: varchar(9), config: {meta: {pii: quasi, identifies: customer, erase: value}}}",
    "{name: mail, data_type: varchar(90), config: {meta: {pii: direct, identifies: email}}}",
    "{name: mail_token, data_type: varchar(90), config: {meta: {pii: quasi, token_of: mail}}}",
)


def declare(folder: Path, *columns: str) -> None:
    path = folder / "models" / "staging" / "shop" / "_shop__sources.yml"
    path.parent.mkdir(parents=True)
    path.write_text(HEAD + "".join(f"          - {column}\n" for column in columns))


def test_a_good_contract_is_read(tmp_path: Path) -> None:
    declare(tmp_path, *GOOD)
    columns = load_contracts(tmp_path)["shop.buyers"].columns
    assert [(c.pii, c.identifies, c.erase, c.token_of) for c in columns] == [
        ("quasi", "customer", "value", None),
        ("direct", "email", "row", None),
        ("quasi", None, "row", "mail"),
    ]


@pytest.mark.parametrize(
    ("column", "problem"),
    [
        ("{name: x, data_type: date}", "pii is ''"),
        ("{name: x, data_type: date, config: {meta: {pii: secret}}}", "pii is 'secret'"),
        ("{name: x, data_type: date, config: {meta: {pii: none, identifies: customer}}}", "only a text"),
        (
            "{name: x, data_type: varchar(9), config: {meta: {pii: none, identifies: dog}}}",
            "identifies is 'dog'",
        ),
        ("{name: x, data_type: varchar(9), config: {meta: {pii: none, erase: all}}}", "erase can't be 'all'"),
        (
            "{name: x, data_type: varchar(9), config: {meta: {pii: none, nullable: false, erase: value}}}",
            "erase can't be 'value'",
        ),
        (
            "{name: x, data_type: varchar(90), config: {meta: {pii: quasi, token_of: id}}}",
            "token_of names 'id'",
        ),
        ("{name: x, data_type: varchar(64), config: {meta: {pii: quasi, token_of: mail}}}", "a token is"),
    ],
)
def test_what_is_missing_or_wrong_is_named(column: str, problem: str, tmp_path: Path) -> None:
    declare(tmp_path, *GOOD, column)
    with pytest.raises(ContractError, match=r"shop\.buyers\.x: ") as caught:
        load_contracts(tmp_path)
    assert problem in str(caught.value)


def test_what_people_can_be_reached_by_is_classed_direct() -> None:
    contacts = load_contracts(PROJECT_ROOT)["core_banking.customer_contacts"]
    direct = {column.name for column in contacts.columns if column.pii == "direct"}
    assert direct == {"name", "email", "phone", "address", "identification_number"}
    assert {column.token_of for column in contacts.columns} == {None, "email", "phone"}


def test_every_column_with_a_name_for_a_person_says_whom_it_identifies() -> None:
    names = MODEL_COLUMNS | {
        "customernumber": "customer",
        "customer1_id": "customer",
        "customer2_id": "customer",
    }
    columns = [
        (contract.full_name, column)
        for contract in load_contracts(PROJECT_ROOT).values()
        for column in contract.columns
        if column.name in names
    ]
    assert {table.partition(".")[0] for table, _ in columns} == {
        "cards", "compliance", "core_banking", "engagement", "marketing", "ml"
    }  # fmt: skip
    wrong = [f"{table}.{c.name}" for table, c in columns if c.identifies != names[c.name]]
    assert wrong == []


def test_a_wrong_key_in_the_settings_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANKMART_TOKEN_OLD_KEYS", '{"k0": ["hunter2"]}')
    monkeypatch.setenv("BANKMART_THREADS", "hunter3")
    result = CliRunner().invoke(app, ["status"])
    assert result.exit_code == 2
    assert "hunter3" in result.stderr
    assert "TOKEN_OLD_KEYS" in result.stderr
    assert "hunter2" not in result.stdout + result.stderr
