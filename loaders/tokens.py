"""Keyed tokens: HMAC-SHA-256 of an identifying value, computed by DuckDB for whole columns at once."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Set as AnySet
from pathlib import Path

import duckdb
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from loaders.contract import TableContract
from loaders.errors import BankmartError
from loaders.settings import Settings

KEY_FILE = "token_keys.json"
LEAST_CHARACTERS = 32
BLOCK_BYTES = 64  # of SHA-256, to which HMAC pads its key

# The pads are variables of the connection: a key in the text of a statement might end in a message.
MACROS = (
    "create or replace macro bm_hmac(ipad, opad, value) as"
    " sha256(opad || unhex(sha256(ipad || encode(value))))",
    """create or replace macro bm_canonical(kind, value) as nullif(
        case kind
            when 'email' then lower(trim(value))
            when 'phone' then regexp_replace(value, '[^0-9]', '', 'g')
            else trim(value)
        end, '')""",
    """create or replace macro bm_token(kind, value) as
        getvariable('bm_key_id') || ':'
        || bm_hmac(getvariable('bm_ipad'), getvariable('bm_opad'), bm_canonical(kind, value))""",
)


class TokenError(BankmartError):
    """The key of the tokens is missing or can't be used."""

    exit_code = 15


class TokenKeys(BaseModel):
    """The key that makes tokens, and former ones; none of them shows in a text of this object."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    key_id: str = Field(pattern=r"^[a-z0-9-]{1,20}$")
    key: SecretStr = Field(min_length=LEAST_CHARACTERS)
    old_keys: dict[str, SecretStr] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_key_an_id(self) -> TokenKeys:
        if self.key_id in self.old_keys:
            raise ValueError("a new key needs a new id")
        return self

    def by_id(self) -> dict[str, SecretStr]:
        """Give all keys by their id."""
        return {self.key_id: self.key, **self.old_keys}


def read_token_keys(settings: Settings, key_file: Path | None) -> TokenKeys:
    """Read the keys from the settings, from Secrets Manager, or from a file beside a local warehouse.

    Args:
        settings: The settings.
        key_file: File that is made on first use where nothing else is set; None for a shared warehouse.

    Returns:
        The keys.

    Raises:
        TokenError: There is none, or it is too weak.
    """
    if settings.token_key is not None:
        values: object = {
            "key_id": settings.token_key_id,
            "key": settings.token_key,
            "old_keys": settings.token_old_keys,
        }
        return _parse(values, "BANKMART_TOKEN_KEY")
    if settings.token_secret_id is not None:
        return _parse(_from_secrets_manager(settings), f"The secret {settings.token_secret_id}")
    if key_file is None:
        raise TokenError(
            "There is no key for the tokens of e-mail addresses and telephone numbers.",
            hint="Set BANKMART_TOKEN_SECRET_ID, or BANKMART_TOKEN_KEY and BANKMART_TOKEN_KEY_ID.",
        )
    return _parse(_from_file(key_file), str(key_file))


def _parse(values: object, where: str) -> TokenKeys:
    try:
        if isinstance(values, str | bytes):
            return TokenKeys.model_validate_json(values)
        return TokenKeys.model_validate(values)
    except ValidationError as error:
        places = {f"{'.'.join(map(str, item['loc'])) or 'it'}: {item['msg']}" for item in error.errors()}
        # Without the cause: it holds what was given.
        raise TokenError(
            f"{where} is no key for tokens ({'; '.join(sorted(places))}).",
            hint=f"A key has {LEAST_CHARACTERS} characters or more, and an id such as k1.",
        ) from None


def _from_secrets_manager(settings: Settings) -> str:
    import boto3  # noqa: PLC0415 - takes long, and only a shared warehouse needs it

    region: str | None = getattr(settings, "aws_region", None)
    client = boto3.client("secretsmanager", region_name=region)
    value: str = client.get_secret_value(SecretId=settings.token_secret_id)["SecretString"]
    return value


def _from_file(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = {"key_id": f"local-{secrets.token_hex(4)}", "key": secrets.token_hex(32)}
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(made, stream)
        try:
            os.link(draft, path)  # the first of two processes wins, and both read its key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    if path.stat().st_mode & 0o077:
        raise TokenError(f"{path} can be read by others.", hint=f"chmod 600 {path}")
    return path.read_text(encoding="utf-8")


def pads(key: SecretStr) -> tuple[bytes, bytes]:
    """Give the inner and the outer pad of a key as HMAC defines them.

    Args:
        key: The key.

    Returns:
        64 bytes each.
    """
    value = key.get_secret_value().encode()
    block = (hashlib.sha256(value).digest() if len(value) > BLOCK_BYTES else value).ljust(BLOCK_BYTES, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


def install(connection: duckdb.DuckDBPyConnection, keys: TokenKeys) -> None:
    """Teach a connection in memory the macros of tokens.

    Args:
        connection: The connection, which must not be to a file: it holds the keys from now on.
        keys: The keys.
    """
    connection.execute("create or replace temp table bm_keys (key_id varchar, ipad blob, opad blob)")
    for key_id, key in keys.by_id().items():
        connection.execute("insert into bm_keys values ($1, $2, $3)", [key_id, *pads(key)])
    for name in ("key_id", "ipad", "opad"):
        # The first row is that of the key in use.
        connection.execute(f"set variable bm_{name} = (select {name} from bm_keys order by rowid limit 1)")  # noqa: S608
    for macro in MACROS:
        connection.execute(macro)


def has_tokens(contract: TableContract) -> bool:
    """Tell whether a table has columns of tokens.

    Args:
        contract: The table.

    Returns:
        Whether loading it needs a key.
    """
    return any(column.token_of for column in contract.columns)


def check_key_ids(keys: TokenKeys, wanted: AnySet[str]) -> None:
    """Refuse to go on where a token was made with a key that is not at hand.

    Args:
        keys: The keys.
        wanted: The ids of the keys that made the tokens.

    Raises:
        TokenError: A key is missing.
    """
    if missing := sorted(wanted - set(keys.by_id())):
        raise TokenError(
            f"The list of erased customers needs the key {', '.join(missing)}, which is not set.",
            hint="Put it among BANKMART_TOKEN_OLD_KEYS: without it an erased customer would come back.",
        )
