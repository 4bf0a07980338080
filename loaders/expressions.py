"""Checks on the SQL expressions of mappings: one scalar over the file's columns, nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import duckdb

from loaders import sql

FORBIDDEN_CLASSES = {
    "SUBQUERY": "a subquery",
    "WINDOW": "a window function",
    "STAR": "a star",
    "PARAMETER": "a parameter",
}
# What does not depend on the row alone, or reaches out of it.
FORBIDDEN_FUNCTIONS = frozenset(
    [
        "getenv",
        "current_setting",
        "getvariable",
        "nextval",
        "currval",
        "query",
        "query_table",
        "random",
        "uuid",
        "gen_random_uuid",
        "now",
        "today",
        "current_date",
        "current_timestamp",
    ]
)


@lru_cache(maxsize=1024)
def check_expression(expression: str) -> tuple[str, ...]:
    """Check an expression and find the columns it reads.

    Args:
        expression: SQL text of a mapping.

    Returns:
        Names of the columns, as written, each once.

    Raises:
        ValueError: It is no scalar expression, or DuckDB can't bind it.
    """
    with duckdb.connect(config={"enable_external_access": "false"}) as connection:
        parsed = connection.execute(
            "select json_serialize_sql($1)", [f"select ({expression}\n) as it"]
        ).fetchone()
        tree = json.loads(parsed[0]) if parsed else {}
        if tree.get("error"):
            raise ValueError(tree["error_message"])
        if len(tree["statements"]) != 1:
            raise ValueError("one expression, not several statements")
        node = tree["statements"][0]["node"]
        _require_scalar(node)
        columns = tuple(dict.fromkeys(_columns(node["select_list"])))
        fields = ", ".join(f"null::varchar as {sql.name(column)}" for column in columns) or "1 as it_has_none"
        try:
            connection.execute(f"select *, cast(({expression}\n) as varchar) from (select {fields})")  # noqa: S608
        except duckdb.Error as error:
            raise ValueError(str(error).splitlines()[0]) from error
    return columns


def _require_scalar(node: dict[str, Any]) -> None:
    plain = node["type"] == "SELECT_NODE" and node["from_table"]["type"] == "EMPTY"
    extras = [key for key in ("where_clause", "having", "qualify", "sample") if node.get(key)]
    if not plain or extras or node["group_expressions"] or node["modifiers"] or len(node["select_list"]) != 1:
        raise ValueError("only a scalar expression, without from, where, group or order")
    for part in _walk(node["select_list"]):
        if part.get("class") in FORBIDDEN_CLASSES:
            raise ValueError(f"{FORBIDDEN_CLASSES[part['class']]} is not allowed")
        if part.get("class") == "FUNCTION" and part.get("function_name") in FORBIDDEN_FUNCTIONS:
            raise ValueError(f"the function {part['function_name']} is not allowed")


def _walk(tree: object) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _walk(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _walk(value)


def _columns(tree: object) -> Iterator[str]:
    lambdas = {
        name
        for part in _walk(tree)
        if part.get("class") == "LAMBDA"
        for ref in _walk(part["lhs"])
        for name in ref.get("column_names", [])
    }
    for part in _walk(tree):
        if part.get("class") == "COLUMN_REF" and part["column_names"][0] not in lambdas:
            if len(part["column_names"]) != 1:
                raise ValueError(f"a column is one name, not {'.'.join(part['column_names'])}")
            yield part["column_names"][0]
