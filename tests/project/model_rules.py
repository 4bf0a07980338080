"""The rules for models, sources and macros; each takes dbt's manifest and gives what breaks it, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .manifest import PROJECT, Manifest, Node, layer, nodes, parents, tests_of

MAX_LINES = 120
# Facts are rows of staging, kept: everything that sums them stands on them, so they stand on staging alone.
MAY_READ = {
    "staging": {"source"},
    "snapshot": {"staging", "intermediate"},
    "facts": {"staging", "seed"},
    "intermediate": {"staging", "snapshot", "facts", "intermediate", "seed"},
    "marts": {"staging", "snapshot", "facts", "intermediate", "marts", "seed"},
}
MART_NAMES = {
    "core": r"(dim|fct)_[a-z0-9]+(_[a-z0-9]+)*",
    "features": r"customer(_[a-z0-9]+)*_features",
    "marketing": r"(customer|campaign|contact|audience|segment)_[a-z0-9]+(_[a-z0-9]+)*",
    "risk": r"customer_[a-z0-9]+(_[a-z0-9]+)*",
}
ENGINE_ASKED = re.compile(r"\btarget\s*(\.\s*(type|name)\b|\[)|\badapter\s*\.\s*type\b")


def without_grain(manifest: Manifest) -> Iterator[str]:
    """Models and snapshots whose description doesn't begin with their grain."""
    for node in nodes(manifest, "model", "snapshot"):
        if not node["description"].startswith("Grain: one row per "):
            yield f"{node['name']}: the description must begin with 'Grain: one row per'"


def without_description(manifest: Manifest) -> Iterator[str]:
    """Models, seeds, snapshots, sources and their declared columns without a description."""
    for node in [*nodes(manifest, "model", "seed", "snapshot"), *manifest["sources"].values()]:
        if not node["description"].strip():
            yield f"{node['name']}: no description"
        for column in node["columns"].values():
            if not column["description"].strip():
                yield f"{node['name']}.{column['name']}: no description"


def without_primary_key(manifest: Manifest) -> Iterator[str]:
    """Models without a tested primary key: a column unique and not null, or a unique combination."""
    for node in nodes(manifest, "model"):
        tested: dict[str, set[str]] = {"unique": set(), "not_null": set()}
        combined = False
        for test in tests_of(manifest, node):
            name = test["test_metadata"]["name"]
            combined = combined or name == "unique_combination"
            if name in tested:
                tested[name].add(test["column_name"])
        if not combined and not tested["unique"] & tested["not_null"]:
            yield f"{node['name']}: no column is tested to be unique and not null, and no combination is"


def without_freshness(manifest: Manifest) -> Iterator[str]:
    """Source tables of which nobody would notice that they stopped coming."""
    for source in manifest["sources"].values():
        freshness = source.get("freshness") or {}
        limits = [(freshness.get(limit) or {}).get("count") for limit in ("warn_after", "error_after")]
        dated = source.get("loaded_at_field") or source.get("loaded_at_query")
        if not dated or not any(limits):
            yield f"{source['source_name']}.{source['name']}: no freshness"


def without_promise(manifest: Manifest) -> Iterator[str]:
    """Marts without an enforced contract, public access or a group that has an owner."""
    owned = {group["name"] for group in manifest["groups"].values() if any(group["owner"].values())}
    for node in nodes(manifest, "model"):
        if layer(node) != "marts":
            continue
        if not node["config"]["contract"]["enforced"]:
            yield f"{node['name']}: the contract is not enforced"
        if node["access"] != "public":
            yield f"{node['name']}: access is {node['access']}, not public"
        if node["group"] not in owned:
            yield f"{node['name']}: no group with an owner"


def past_its_layer(manifest: Manifest) -> Iterator[str]:
    """Models and snapshots that read what their layer may not."""
    for node in nodes(manifest, "model", "snapshot"):
        own = _step(node)
        for parent in parents(manifest, node):
            if _step(parent) not in MAY_READ.get(own, set()):
                yield f"{node['name']} ({own}) reads {parent['name']} ({_step(parent)})"


def _step(node: Node) -> str:
    return "facts" if layer(node) == "marts" and node["name"].startswith("fct_") else layer(node)


def asking_for_the_engine(manifest: Manifest) -> Iterator[str]:
    """Models and snapshots that ask on which engine they run, instead of leaving it to a macro."""
    for node in nodes(manifest, "model", "snapshot"):
        if ENGINE_ASKED.search(node["raw_code"]):
            yield f"{node['name']}: leave what differs by engine to a macro with adapter.dispatch"


def too_long(manifest: Manifest) -> Iterator[str]:
    """Models over the limit of lines."""
    for node in nodes(manifest, "model"):
        lines = len(node["raw_code"].splitlines())
        if lines > MAX_LINES:
            yield f"{node['name']}: {lines} lines, at most {MAX_LINES}"


def named_against_the_rules(manifest: Manifest) -> Iterator[str]:
    """Models and snapshots whose name doesn't say their layer and what they hold."""
    tables = {f"{source['source_name']}__{source['name']}" for source in manifest["sources"].values()}
    for node in nodes(manifest, "model", "snapshot"):
        if not _well_named(node, tables):
            yield f"{node['original_file_path']}: {node['name']} is no name for this folder"


def _well_named(node: Node, tables: set[str]) -> bool:
    name, folder = node["name"], node["fqn"][-2]
    match layer(node):
        case "staging":
            return bool(name.startswith(f"stg_{folder}__") and name.removeprefix("stg_") in tables)
        case "snapshot":
            return bool(
                name.startswith("snap_") and name.removeprefix("snap_") in {*tables, "customer_segments"}
            )
        case "intermediate":
            return bool(re.fullmatch(r"int_[a-z0-9]+(_[a-z0-9]+)+", name))
        case "marts":
            return bool(re.fullmatch(MART_NAMES.get(folder, "(?!)"), name))
        case _:
            return False


def undocumented_macros(manifest: Manifest) -> Iterator[str]:
    """Macros of the project without a description."""
    for macro in manifest["macros"].values():
        if macro["package_name"] == PROJECT and not macro["description"].strip():
            yield f"{macro['original_file_path']}: macro {macro['name']} has no description"


RULES = (
    without_grain,
    without_description,
    without_primary_key,
    without_freshness,
    without_promise,
    past_its_layer,
    asking_for_the_engine,
    too_long,
    named_against_the_rules,
    undocumented_macros,
)
