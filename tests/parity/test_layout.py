"""Each table that Redshift keeps states where its rows lie, in which order, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from loaders.dbt import DbtProject
from loaders.settings import Settings

BUILT = {"table", "incremental", "snapshot"}
SPREAD = {"all", "even"}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    settings = Settings(_env_file=None, dbt_target_path=tmp_path_factory.mktemp("target"))
    nodes = DbtProject(settings).manifest.nodes.values()
    return [n for n in nodes if n.package_name == "bankmart" and n.config.get("materialized") in BUILT]


def _is_mart(node: Any) -> bool:
    return bool(node.path.startswith("marts") or node.resource_type == "snapshot")


def without_layout(nodes: list[Any]) -> Iterator[str]:
    """Tables without a dist or a sort key, or by a column that they don't have."""
    for node in nodes:
        dist, sort = node.config.get("dist"), node.config.get("sort")
        if not dist or not sort:
            yield f"{node.name}: no dist or no sort"
            continue
        unknown = {*([] if dist in SPREAD else [dist]), *sort} - {*node.columns, "dbt_valid_from"}
        if unknown:
            yield f"{node.name}: has no {', '.join(sorted(unknown))}"


def without_reason(nodes: list[Any]) -> Iterator[str]:
    """Marts, snapshots and incremental models that don't say why they lie, and change, as they do."""
    for node in nodes:
        why = node.config.get("meta", {}).get("storage", "")
        incremental = node.config.get("materialized") == "incremental"
        if (_is_mart(node) or incremental) and not why:
            yield f"{node.name}: meta has no storage"
        if incremental and not why.count("delete+insert"):
            yield f"{node.name}: storage doesn't say why delete+insert"


def of_unknown_width(nodes: list[Any]) -> Iterator[str]:
    """Columns of marts that are VARCHAR of no length, which is 256 bytes on Redshift."""
    for node in nodes:
        for column in node.columns.values():
            if _is_mart(node) and re.fullmatch("varchar|text|string", column.data_type or "", re.IGNORECASE):
                yield f"{node.name}.{column.name}: no length"


@pytest.mark.parametrize("rule", [without_layout, without_reason, of_unknown_width])
def test_rule_for_tables(tables: list[Any], rule: Any) -> None:
    assert len(tables) > 30
    assert not (broken := list(rule(tables))), "\n".join(broken)


def test_each_rule_can_be_broken(tables: list[Any]) -> None:
    [fact] = [node for node in tables if node.name == "fct_card_transactions"]
    bad = fact.__class__.from_dict(fact.to_dict(omit_none=False))
    bad.config["dist"] = "nobody"
    bad.config["meta"] = {"storage": "Because."}
    bad.columns["customer_id"].data_type = "varchar"
    assert list(without_layout([bad])) == ["fct_card_transactions: has no nobody"]
    assert list(without_reason([bad])) == ["fct_card_transactions: storage doesn't say why delete+insert"]
    assert list(of_unknown_width([bad])) == ["fct_card_transactions.customer_id: no length"]
