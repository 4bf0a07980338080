"""Each rule finds what it is there for: a small made-up project keeps them all, and breaking one is told."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from . import model_rules as rules
from .file_rules import long_functions, long_modules, machine_paths
from .manifest import Manifest

MART = "model.bankmart.dim_merchants"
STAGING = "model.bankmart.stg_cards__card_transactions"
FACT = "model.bankmart.fct_card_transactions"
SOURCE = "source.bankmart.cards.card_transactions"
NOT_NULL = "test.bankmart.not_null"
CORE_FACT_IN_RISK = ["bankmart", "marts", "risk", "fct_card_transactions"]
MACRO = "macro.bankmart.as_of"


def model(name: str, folder: list[str], reads: list[str], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "unique_id": f"model.bankmart.{name}",
        "resource_type": "model",
        "package_name": "bankmart",
        "fqn": ["bankmart", *folder, name],
        "original_file_path": f"models/{'/'.join(folder)}/{name}.sql",
        "description": "Grain: one row per purchase.",
        "columns": {"card_transaction_id": {"name": "card_transaction_id", "description": "The purchase."}},
        "depends_on": {"nodes": reads},
        "raw_code": "select 1",
        "access": "protected",
        "group": "data_platform",
        "config": {"contract": {"enforced": False}},
    } | more


def column_test(kind: str, node: str) -> dict[str, Any]:
    return {
        "name": kind,
        "resource_type": "test",
        "package_name": "bankmart",
        "attached_node": node,
        "column_name": "card_transaction_id",
        "test_metadata": {"name": kind},
        "config": {"severity": "ERROR"},
    }


@pytest.fixture
def good() -> Manifest:
    promised = {"access": "public", "config": {"contract": {"enforced": True}}}
    models = {
        STAGING: model("stg_cards__card_transactions", ["staging", "cards"], [SOURCE]),
        FACT: model("fct_card_transactions", ["marts", "core"], [STAGING], **promised),
        MART: model("dim_merchants", ["marts", "core"], [FACT], **promised),
    }
    tests = {f"test.bankmart.{kind}": column_test(kind, MART) for kind in ("unique", "not_null")}
    for node in (STAGING, FACT):
        tests |= {f"{kind}.{node}": column_test(kind, node) for kind in ("unique", "not_null")}
    source = {
        "name": "card_transactions",
        "source_name": "cards",
        "resource_type": "source",
        "description": "Purchases.",
        "columns": {},
        "loaded_at_field": "_loaded_at",
        "freshness": {"warn_after": {"count": 36, "period": "hour"}, "error_after": {"count": None}},
    }
    macro = {
        "name": "as_of",
        "package_name": "bankmart",
        "description": "The day.",
        "original_file_path": "m.sql",
    }
    owner = {"name": "Data platform team", "email": None}
    return {
        "nodes": models | tests,
        "sources": {SOURCE: source},
        "macros": {MACRO: macro},
        "groups": {"group.bankmart.data_platform": {"name": "data_platform", "owner": owner}},
    }


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_good_project_keeps_the_rule(rule: Callable[[Manifest], Any], good: Manifest) -> None:
    assert list(rule(good)) == []


BREAKS = [
    (rules.without_grain, ("nodes", MART, "description"), "One row per purchase."),
    (rules.without_description, ("nodes", MART, "description"), ""),
    (rules.without_description, ("nodes", MART, "columns", "card_transaction_id", "description"), " "),
    (rules.without_description, ("sources", SOURCE, "description"), ""),
    (rules.without_primary_key, ("nodes", NOT_NULL, "column_name"), "amount"),
    (rules.without_primary_key, ("nodes", NOT_NULL, "config", "severity"), "WARN"),
    (rules.without_primary_key, ("nodes", NOT_NULL, "attached_node"), STAGING),
    (rules.without_freshness, ("sources", SOURCE, "freshness"), None),
    (rules.without_freshness, ("sources", SOURCE, "freshness", "warn_after"), {"count": None}),
    (rules.without_freshness, ("sources", SOURCE, "loaded_at_field"), None),
    (rules.without_promise, ("nodes", MART, "config", "contract", "enforced"), False),
    (rules.without_promise, ("nodes", MART, "access"), "protected"),
    (rules.without_promise, ("nodes", MART, "group"), None),
    (
        rules.without_promise,
        ("groups", "group.bankmart.data_platform", "owner"),
        {"name": None, "email": None},
    ),
    (rules.past_its_layer, ("nodes", MART, "depends_on", "nodes"), [SOURCE]),
    (rules.past_its_layer, ("nodes", STAGING, "depends_on", "nodes"), [MART]),
    (rules.past_its_layer, ("nodes", FACT, "depends_on", "nodes"), [MART]),
    (rules.past_its_layer, ("nodes", MART, "fqn"), ["bankmart", "utilities", "dim_merchants"]),
    (rules.asking_for_the_engine, ("nodes", MART, "raw_code"), "{% if target.type == 'duckdb' %}"),
    (rules.asking_for_the_engine, ("nodes", MART, "raw_code"), "{{ target['type'] }}"),
    (rules.asking_for_the_engine, ("nodes", MART, "raw_code"), "{% if adapter.type() == 'redshift' %}"),
    (rules.too_long, ("nodes", MART, "raw_code"), "\n" * 121),
    (rules.named_against_the_rules, ("nodes", MART, "name"), "card_transactions"),
    (
        rules.named_against_the_rules,
        ("nodes", MART, "fqn"),
        ["bankmart", "marts", "risk", "fct_card_transactions"],
    ),
    (rules.named_against_the_rules, ("nodes", STAGING, "name"), "stg_cards__purchases"),
    (rules.named_against_the_rules, ("nodes", STAGING, "name"), "stg_core_banking__card_transactions"),
    (rules.undocumented_macros, ("macros", MACRO, "description"), ""),
]


@pytest.mark.parametrize(("rule", "place", "value"), BREAKS, ids=lambda part: getattr(part, "__name__", ""))
def test_the_rule_tells_what_breaks_it(
    rule: Callable[[Manifest], Any], place: tuple[str, ...], value: Any, good: Manifest
) -> None:
    bad = copy.deepcopy(good)
    *path, last = place
    spot = bad
    for step in path:
        spot = spot[step]
    assert spot[last] != value
    spot[last] = value
    assert list(rule(bad))


def test_every_rule_is_shown_to_fail() -> None:
    assert {rule for rule, _, _ in BREAKS} == set(rules.RULES)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (long_modules, "x = 1\n" * 301),
        (long_functions, "def f():\n" + "    x = 1\n" * 40),
        (machine_paths, "where = '/" + "home/somebody/file'\n"),
        (machine_paths, "index = 'https://" + "pypi.org/simple'\n"),
    ],
)
def test_the_rule_for_files_tells_what_breaks_it(
    rule: Callable[[Path], Any], text: str, tmp_path: Path
) -> None:
    module = tmp_path / "module.py"
    module.write_text(text, encoding="utf-8")
    assert list(rule(module))


def test_files_within_the_limits_keep_the_rules(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    docstring = '    """One.\n\n    Two.\n    """\n'
    lines = [
        "def f():\n",
        docstring,
        "    x = 1\n" * 39,
        "p = '../shared/data'\n",
        "u = 'https://example.com/a'\n",
    ]
    module.write_text("".join(lines), encoding="utf-8")
    assert [broken for rule in (long_modules, long_functions, machine_paths) for broken in rule(module)] == []
