"""Marts say of each column what it tells of a person; the one for sending alone has direct identifiers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loaders.dbt import DbtProject
from tests.conftest import scratch

FOR_SENDING = "dim_customer_contacts"
RANK = {"none": 0, "quasi": 1, "direct": 2}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return DbtProject(scratch(tmp_path_factory.mktemp("project"))).manifest


def nodes(manifest: Any, *layers: str) -> Iterator[Any]:
    for node in manifest.nodes.values():
        if str(node.resource_type) in {"model", "snapshot"} and set(layers) & set(node.fqn):
            yield node


def pii(column: Any) -> str:
    return str(column.config.meta.get("pii", "none"))


def too_open(manifest: Any) -> list[str]:
    """Columns of marts that hold direct identifiers though analysts read them in clear."""
    return [
        f"{node.name}.{column.name}"
        for node in nodes(manifest, "marts")
        for column in node.columns.values()
        if pii(column) == "direct" and node.name != FOR_SENDING
    ]


def forgotten(manifest: Any) -> list[str]:
    """Columns with the name of one below that tells more of a person than they say of themselves."""
    below: dict[str, str] = {}
    for node in nodes(manifest, "staging"):
        for column in node.columns.values():
            below[column.name] = max(below.get(column.name, "none"), pii(column), key=RANK.__getitem__)
    return [
        f"{node.name}.{column.name}"
        for node in nodes(manifest, "marts", "intermediate", "snapshots")
        if str(node.resource_type) == "model"
        for column in node.columns.values()
        if "merchant" not in column.description.lower() and "branch" not in node.name
        if RANK[pii(column)] < RANK[below.get(column.name, "none")]
    ]


def untyped(manifest: Any) -> list[str]:
    """Masked columns without the type that their policy is made for."""
    return [
        f"{node.name}.{column.name}"
        for node in nodes(manifest, "marts", "snapshots", "intermediate")
        for column in node.columns.values()
        if (pii(column) == "direct" or "mask" in column.config.meta or "rows" in column.config.meta)
        and not column.data_type
    ]


def open_to_minors(manifest: Any) -> list[str]:
    """Marts that tell of customers, of whom an analyst would see those under 18.

    Facts, accounts and loans are left out: of the customer they hold the number alone.
    """
    return [
        f"{node.name}.customer_id"
        for node in nodes(manifest, "marts")
        if "customer_id" in node.columns and not node.name.startswith("fct_")
        if node.name not in {"dim_accounts", "dim_loans"}
        if not any(column.config.meta.get("rows") == "adults" for column in node.columns.values())
    ]


RULES = [too_open, forgotten, untyped, open_to_minors]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps_the_rule(rule: Any, manifest: Any) -> None:
    assert rule(manifest) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_finds_what_breaks_it(rule: Any, manifest: Any, tmp_path: Path) -> None:
    del tmp_path
    node = manifest.nodes["model.bankmart.dim_customers"]
    column = node.columns["customer_id"]
    meta, data_type = dict(column.config.meta), column.data_type
    column.config.meta["pii"] = "none" if rule is forgotten else "direct"
    column.data_type = None
    if rule is open_to_minors:
        node.columns["date_of_birth"].config.meta.pop("rows")
    try:
        assert rule(manifest) == ["dim_customers.customer_id"]
    finally:
        column.config.meta.clear()
        column.config.meta.update(meta)
        column.data_type = data_type
        node.columns["date_of_birth"].config.meta["rows"] = "adults"


def test_the_mart_for_sending_masks_every_way_to_reach_a_customer(manifest: Any) -> None:
    node = manifest.nodes[f"model.bankmart.{FOR_SENDING}"]
    direct = {column.name for column in node.columns.values() if pii(column) == "direct"}
    assert direct == {"full_name", "email", "phone", "address"}
