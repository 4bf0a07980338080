"""dbt's manifest, read as what the rules of the project speak about: models, sources, tests, macros."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]
Manifest = dict[str, Any]

PROJECT = "bankmart"


def nodes(manifest: Manifest, *kinds: str) -> Iterator[Node]:
    """Nodes of this project of some resource types."""
    for node in manifest["nodes"].values():
        if node["resource_type"] in kinds and node["package_name"] == PROJECT:
            yield node


def layer(node: Node) -> str:
    """Layer of a node: the folder below models/, or else what the node is (seed, snapshot, source)."""
    kind = str(node["resource_type"])
    return str(node["fqn"][1]) if kind == "model" else kind


def parents(manifest: Manifest, node: Node) -> Iterator[Node]:
    """Nodes and sources that a node reads."""
    everything = manifest["nodes"] | manifest["sources"]
    for unique_id in node["depends_on"]["nodes"]:
        yield everything[unique_id]


def tests_of(manifest: Manifest, node: Node) -> Iterator[Node]:
    """Generic tests that are attached to a node and can fail the build."""
    for test in nodes(manifest, "test"):
        if test.get("attached_node") == node["unique_id"] and test["config"]["severity"].lower() == "error":
            yield test
