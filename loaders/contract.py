"""Contracts: the columns and rules of each raw table, read from the dbt source YAML that declares it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from loaders.errors import ContractError

IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,62}")
DATA_TYPE = re.compile(
    r"(varchar|decimal|integer|bigint|smallint|double|boolean|date|timestamp|json)(?:\(([0-9, ]+)\))?"
)
SOURCES_GLOB = "models/staging/*/_*__sources.yml"
OPS_SOURCE = "ops"
# Each command reads the contracts, ten times as fast where PyYAML was built with the safe loader in C.
YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LONGEST_TEXT_BYTES = 65_535

ColumnsPolicy = Literal["strict", "ignore_extra", "evolve"]
Delivery = Literal["full", "changes", "events"]
PII_CLASSES = ("direct", "quasi", "none")
TOKEN_TYPE = "varchar(90)"  # noqa: S105
TOKEN_KINDS = ("email", "phone")
# What a value may identify; the row of an erased one is left out, or its value alone.
IDENTIFIES = ("customer", "account", "holder", "loan", "card", *TOKEN_KINDS)
ERASE = ("row", "value")


@dataclass(frozen=True)
class Column:
    """A column of a raw table and the rules for its values."""

    name: str
    data_type: str
    nullable: bool = True
    optional: bool = False
    min: str | None = None
    max: str | None = None
    matches: str | None = None
    card_number_check: bool = True
    pii: str = "direct"
    token_of: str | None = None
    identifies: str | None = None
    erase: str = "row"
    description: str = ""

    @property
    def base_type(self) -> str:
        """Type without its length, such as `varchar`."""
        return self.data_type.partition("(")[0]

    @property
    def max_bytes(self) -> int | None:
        """Longest text in bytes, for a varchar(n) and for JSON, which COPY brings in as text."""
        if self.base_type == "json":
            return LONGEST_TEXT_BYTES
        match = DATA_TYPE.fullmatch(self.data_type)
        return int(match[2]) if match and match[1] == "varchar" and match[2] else None


@dataclass(frozen=True)
class TableContract:
    """What a raw table holds and what a file of it means."""

    source: str
    name: str
    identifier: str
    schema: str
    columns: tuple[Column, ...]
    delivery: Delivery = "events"
    columns_policy: ColumnsPolicy = "strict"
    key: tuple[str, ...] = ()
    contract_version: int = 1
    owner: str = ""
    distkey: str | None = None
    column_by_name: dict[str, Column] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        """Index the columns."""
        object.__setattr__(self, "column_by_name", {column.name: column for column in self.columns})

    @property
    def full_name(self) -> str:
        """Name such as `core_banking.customers`."""
        return f"{self.source}.{self.name}"

    @property
    def relation(self) -> str:
        """Name of the table in SQL, quoted."""
        return f'"{self.schema}"."{self.identifier}"'

    @property
    def unique_key(self) -> tuple[str, ...]:
        """Columns that no two rows of one file share; a file of changes may name a key several times."""
        return () if self.delivery == "changes" else self.key

    def rules(self) -> dict[str, Any]:
        """Give all that decides how a file becomes rows, for a fingerprint."""
        rules = asdict(self)
        rules.pop("column_by_name")
        rules.pop("owner")
        rules.pop("distkey")
        for column in rules["columns"]:
            column.pop("description")
        return rules


def load_contracts(project_dir: Path) -> dict[str, TableContract]:
    """Read the contracts of all raw tables.

    Args:
        project_dir: Folder of dbt_project.yml.

    Returns:
        Contracts by `source.table`.

    Raises:
        ContractError: A source YAML is missing or breaks a rule.
    """
    contracts = {c.full_name: c for c in _read_all(project_dir) if c.source != OPS_SOURCE}
    if not contracts:
        raise ContractError(
            f"No contract found at {project_dir / SOURCES_GLOB}.",
            hint="Set BANKMART_PROJECT_DIR to the project.",
        )
    return contracts


def load_ops_contracts(project_dir: Path) -> dict[str, TableContract]:
    """Read the declarations of the loader's own tables.

    Args:
        project_dir: Folder of dbt_project.yml.

    Returns:
        Contracts by table name.
    """
    contracts = {c.name: c for c in _read_all(project_dir) if c.source == OPS_SOURCE}
    if not {"load_ledger", "dead_letters"} <= set(contracts):
        raise ContractError(f"The source YAML of {OPS_SOURCE} lacks load_ledger or dead_letters.")
    return contracts


def _read_all(project_dir: Path) -> Iterator[TableContract]:
    for path in sorted(project_dir.glob(SOURCES_GLOB)):
        try:
            document = yaml.load(path.read_text(encoding="utf-8"), YAML_LOADER)  # noqa: S506
            for source in document["sources"]:
                for table in source["tables"]:
                    yield _table(source, table)
        except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
            raise ContractError(f"{path.name} can't be read as a contract: {error!r}.") from error
        except ContractError as error:
            raise ContractError(f"{path.name}: {error.message}", hint=error.hint) from error


def _table(source: dict[str, Any], table: dict[str, Any]) -> TableContract:
    meta = {**_meta(source), **_meta(table)}
    contract = TableContract(
        source=source["name"],
        name=table["name"],
        identifier=table.get("identifier", table["name"]),
        schema=source.get("schema", source["name"]),
        columns=tuple(_column(column) for column in table["columns"]),
        delivery=meta.get("delivery", "events"),
        columns_policy=meta.get("columns", "strict"),
        key=tuple(meta.get("key", ())),
        contract_version=int(meta.get("contract_version", 1)),
        owner=meta.get("owner", ""),
        distkey=meta.get("distkey"),
    )
    _check(contract)
    return contract


def _meta(node: dict[str, Any]) -> dict[str, Any]:
    meta = (node.get("config") or {}).get("meta") or {}
    return dict(meta)


def _column(node: dict[str, Any]) -> Column:
    meta = _meta(node)

    def text(key: str) -> str | None:
        return None if meta.get(key) is None else str(meta[key])

    return Column(
        name=node["name"],
        data_type=str(node["data_type"]).lower().replace(" ", ""),
        nullable=bool(meta.get("nullable", True)),
        optional=bool(meta.get("optional", False)),
        min=text("min"),
        max=text("max"),
        matches=text("matches"),
        card_number_check=bool(meta.get("card_number_check", True)),
        pii=str(meta.get("pii", "")),
        token_of=text("token_of"),
        identifies=text("identifies"),
        erase=str(meta.get("erase", "row")),
        description=str(node.get("description", "")),
    )


def _check(contract: TableContract) -> None:
    _check_names(contract)
    for column in contract.columns:
        if not DATA_TYPE.fullmatch(column.data_type):
            raise ContractError(
                f"{contract.full_name}.{column.name}: data_type {column.data_type!r} is unknown."
            )
        if problem := _personal_problem(contract, column):
            raise ContractError(f"{contract.full_name}.{column.name}: {problem}.")
    for rule, value, known in (
        ("columns", contract.columns_policy, get_args(ColumnsPolicy)),
        ("delivery", contract.delivery, get_args(Delivery)),
    ):
        if value not in known:
            raise ContractError(f"{contract.full_name}: {rule} can't be {value!r}.")


def _check_names(contract: TableContract) -> None:
    names = [column.name for column in contract.columns]
    for name in (contract.schema, contract.identifier, *names):
        if not IDENTIFIER.fullmatch(name):
            raise ContractError(f"{contract.full_name}: {name!r} is no lower-case SQL name.")
    if len(set(names)) != len(names):
        raise ContractError(f"{contract.full_name} declares a column twice.")
    for rule, given in (("key", contract.key), ("distkey", (contract.distkey or names[0],))):
        if missing := set(given) - set(names):
            raise ContractError(
                f"{contract.full_name}: {rule} names {sorted(missing)}, which are no columns of it."
            )


def _personal_problem(contract: TableContract, column: Column) -> str:
    """Say what is wrong with a column's class of personal data, its token, or what it identifies."""
    source = contract.column_by_name.get(column.token_of or "")
    names_no_token = source is None or source.identifies not in TOKEN_KINDS
    problems = {
        f"pii is {column.pii!r}, not one of {', '.join(PII_CLASSES)}": column.pii not in PII_CLASSES,
        f"identifies is {column.identifies!r}, not one of {', '.join(IDENTIFIES)}": (
            column.identifies not in (None, *IDENTIFIES)
        ),
        "only a text identifies": bool(column.identifies) and column.base_type != "varchar",
        f"erase can't be {column.erase!r}": (
            column.erase not in ERASE or (column.erase == "value" and not column.nullable)
        ),
        f"token_of names {column.token_of!r}, which identifies no {' or '.join(TOKEN_KINDS)}": (
            bool(column.token_of) and names_no_token
        ),
        f"a token is a nullable {TOKEN_TYPE}": (
            bool(column.token_of) and (column.data_type != TOKEN_TYPE or not column.nullable)
        ),
    }
    return next((problem for problem, is_met in problems.items() if is_met), "")
