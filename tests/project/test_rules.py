"""The rules of the project, held against the project itself. None of them knows an exception."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loaders.settings import PROJECT_ROOT

from .file_rules import long_functions, long_modules, machine_paths
from .manifest import Manifest, nodes
from .model_rules import RULES


def repository_files() -> list[Path]:
    """Files that are in git or would be with `git add .`, relative to the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [PROJECT_ROOT / name for name in listed.stdout.splitlines() if (PROJECT_ROOT / name).is_file()]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_models_keep_the_rule(rule: Callable[[Manifest], Iterator[str]], manifest: Manifest) -> None:
    broken = list(rule(manifest))
    assert not broken, "\n".join(["", *broken])


@pytest.mark.parametrize("kind", ["model", "seed", "snapshot"])
def test_the_rules_have_something_to_read(kind: str, manifest: Manifest) -> None:
    assert list(nodes(manifest, kind))


@pytest.mark.parametrize("rule", [long_modules, long_functions], ids=lambda rule: rule.__name__)
def test_python_keeps_the_rule(rule: Callable[[Path], Iterator[str]]) -> None:
    modules = [path for path in repository_files() if path.suffix == ".py"]
    assert modules
    broken = [found for path in modules for found in rule(path)]
    assert not broken, "\n".join(["", *broken])


def test_no_file_knows_a_machine() -> None:
    broken = [found for path in repository_files() for found in machine_paths(path)]
    assert not broken, "\n".join(["", *broken])
