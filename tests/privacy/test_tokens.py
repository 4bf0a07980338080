"""Tokens are HMAC-SHA-256 by the book, stay the same for the same person, and give the key to nobody."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import stat
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st
from moto import mock_aws
from pydantic import SecretStr

from loaders.contract import load_contracts
from loaders.load import load_path
from loaders.mapping import load_mapping
from loaders.settings import Settings
from loaders.tokens import TokenError, TokenKeys, install, read_token_keys
from loaders.warehouse import open_warehouse

KEY = "a key of thirty-two characters, at least"
HEAD = "customer_id,name,email,phone,address,identification_number\n"


def staging(key: str = KEY, key_id: str = "k1") -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    install(connection, TokenKeys(key_id=key_id, key=SecretStr(key)))
    return connection


@example_settings(deadline=None, max_examples=60)
@given(key=st.text(min_size=32, max_size=90), values=st.lists(st.text(max_size=80), max_size=20))
def test_the_token_is_what_hmac_of_python_says(key: str, values: list[str]) -> None:
    with staging(key) as connection:
        found = connection.execute(
            "select v, bm_canonical('email', v), bm_token('email', v)"
            " from (select unnest($1::varchar[]) as v)",
            [values],
        ).fetchall()
    assert [value for value, _, _ in found] == values
    for value, canonical, token in found:
        if canonical is None:
            assert (value.strip(" "), token) == ("", None)
        else:
            assert token == "k1:" + hmac.new(key.encode(), canonical.encode(), hashlib.sha256).hexdigest()


def test_equal_people_written_differently_have_equal_tokens() -> None:
    with staging() as connection:
        rows = connection.execute("""
            select
                bm_token('email', ' Ann@Example.COM ') = bm_token('email', 'ann@example.com'),
                bm_token('phone', '+1 (555) 010-0199') = bm_token('phone', '15550100199'),
                bm_token('phone', 'none'), bm_token('email', '  '), bm_token('email', null)
        """).fetchone()
    assert rows == (True, True, None, None, None)


def test_another_key_gives_other_tokens_under_its_own_name() -> None:
    tokens = []
    for key, key_id in ((KEY, "k1"), (KEY + "!", "k2")):
        with staging(key, key_id) as connection:
            row = connection.execute("select bm_token('email', 'ann@example.com')").fetchone()
            assert row is not None
            tokens.append(row[0])
    assert [token.partition(":")[0] for token in tokens] == ["k1", "k2"]
    assert tokens[0].partition(":")[2] != tokens[1].partition(":")[2]


def load(settings: Settings, content: str, day: str = "2025-01-31") -> Any:
    path = settings.landing / "core_banking" / f"customer_contacts_{day}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + content)
    mapping = load_mapping("bankmart", load_contracts(settings.project_dir))
    return load_path(settings=settings, mapping=mapping, path=path).results[0]


def contacts(settings: Settings) -> list[tuple[Any, ...]]:
    with open_warehouse(settings) as warehouse:
        rows = warehouse.query("select * from raw.core_banking__customer_contacts order by _row_number")
    return [(row["customer_id"], row["email_token"], row["phone_token"]) for row in rows]


def test_the_loader_keeps_the_tokens_beside_the_values(scratch_settings: Settings) -> None:
    settings = scratch_settings.model_copy(update={"token_key": SecretStr(KEY), "token_key_id": "k7"})
    result = load(settings, "c1,Ann,Ann@Example.com,+1 555,,\nc2,Bob,,,,\nc3,Cid,ann@example.com,1555,,\n")
    assert (result.status, result.rows_loaded, result.error) == ("loaded", 3, None)
    wanted = [
        "k7:" + hmac.new(KEY.encode(), v, hashlib.sha256).hexdigest() for v in (b"ann@example.com", b"1555")
    ]
    assert contacts(settings) == [("c1", *wanted), ("c2", None, None), ("c3", *wanted)]


def test_a_file_can_not_bring_tokens_of_its_own(scratch_settings: Settings) -> None:
    path = scratch_settings.landing / "core_banking" / "customer_contacts_2025-01-31.csv"
    path.parent.mkdir(parents=True)
    path.write_text(HEAD.strip() + ",email_token\nc1,Ann,a@b.example,1,,,forged\n")
    mapping = load_mapping("bankmart", load_contracts(scratch_settings.project_dir))
    result = load_path(settings=scratch_settings, mapping=mapping, path=path).results[0]
    assert result.status == "failed"
    assert "email_token" in str(result.error)


def test_a_key_of_its_own_is_made_once_and_for_the_owner_alone(scratch_settings: Settings) -> None:
    scratch_settings = scratch_settings.model_copy(update={"token_key": None})
    load(scratch_settings, "c1,Ann,a@b.example,1,,\n")
    path = scratch_settings.duckdb_path.with_name("token_keys.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    load(scratch_settings, "c1,Ann,a@b.example,2,,\n", "2025-02-01")
    assert path.read_bytes() == before
    (_, first, _), (_, second, _) = contacts(scratch_settings)
    assert first == second
    assert first.startswith(json.loads(before)["key_id"] + ":")
    path.chmod(0o644)
    with pytest.raises(TokenError, match="read by others"):
        read_token_keys(scratch_settings, path)


def test_a_shared_warehouse_asks_for_a_key(scratch_settings: Settings) -> None:
    scratch_settings = scratch_settings.model_copy(update={"token_key": None})
    with pytest.raises(TokenError, match="no key"):
        read_token_keys(scratch_settings, None)


@mock_aws
def test_the_key_comes_from_secrets_manager(
    scratch_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    client = boto3.client("secretsmanager", region_name="eu-central-1")
    secret = {"key_id": "k2", "key": KEY, "old_keys": {"k1": KEY + "old"}}
    client.create_secret(Name="bankmart/tokens", SecretString=json.dumps(secret))
    settings = scratch_settings.model_copy(update={"token_key": None, "token_secret_id": "bankmart/tokens"})
    keys = read_token_keys(settings, None)
    assert (keys.key_id, sorted(keys.by_id())) == ("k2", ["k1", "k2"])
    assert keys.key.get_secret_value() == KEY


def test_the_key_shows_nowhere(scratch_settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    settings = scratch_settings.model_copy(update={"token_key": SecretStr(KEY)})
    load(settings, "c1,Ann,a@b.example,1,,\nc2,Ann,a@b.example,1,,,too,many\n")
    assert KEY not in repr(settings) + str(read_token_keys(settings, None)) + caplog.text
    files = [path for path in scratch_settings.duckdb_path.parent.rglob("*") if path.is_file()]
    assert len(files) > 3
    for path in files:
        content = path.read_bytes()
        assert KEY.encode() not in content, path
        assert KEY.encode().hex().encode() not in content, path
    assert not scratch_settings.duckdb_path.with_name("token_keys.json").exists()


def test_a_weak_key_is_refused_without_being_told(scratch_settings: Settings) -> None:
    settings = scratch_settings.model_copy(update={"token_key": SecretStr("hunter2")})
    with pytest.raises(TokenError) as caught:
        read_token_keys(settings, None)
    assert "hunter2" not in f"{caught.value} {caught.value.__cause__} {caught.value.__context__!r}"
    assert "32" in str(caught.value)


def test_all_lake_names_know_of_the_key_is_its_id(scratch_settings: Settings, tmp_path: Path) -> None:
    keys: list[str] = []
    for number, key_id in enumerate(("k1", "k1", "k2")):
        lake, database = tmp_path / f"lake{number}", tmp_path / f"{number}.duckdb"
        settings = scratch_settings.model_copy(
            update={
                "token_key": SecretStr(f"{KEY} {number}"),
                "token_key_id": key_id,
                "lake": lake,
                "duckdb_path": database,
            }
        )
        load(settings, "c1,Ann,a@b.example,1,,\n")
        keys += [path.parent.name for path in lake.rglob("manifest.json")]
    assert keys[0] == keys[1] != keys[2]
