"""The rules for the files of the repository; each gives what breaks it, in words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 40
MACHINE_PATH = re.compile(r"(?<![\w.$}<>~])/(?:home|root|work|Users|tmp|opt|mnt|private|var)/[\w.]")
REGISTRY = re.compile(
    r"https?://[\w.:@-]*(?:pypi|pythonhosted|artifactory|nexus|devpi)[\w.-]*", re.IGNORECASE
)


def long_modules(path: Path) -> Iterator[str]:
    """A Python file over the limit of lines."""
    lines = len(path.read_text(encoding="utf-8").splitlines())
    if lines > MAX_MODULE_LINES:
        yield f"{path}: {lines} lines, at most {MAX_MODULE_LINES}"


def long_functions(path: Path) -> Iterator[str]:
    """Functions over the limit of lines, their docstring aside."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = _lines(node)
            if lines > MAX_FUNCTION_LINES:
                yield f"{path}:{node.lineno}: {node.name} has {lines} lines, at most {MAX_FUNCTION_LINES}"


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    docstring = function.body[0]
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def machine_paths(path: Path) -> Iterator[str]:
    """Lines that name a folder of somebody's machine or the host of a package registry."""
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if MACHINE_PATH.search(line) or REGISTRY.search(line):
            yield f"{path}:{number}: {line.strip()[:120]}"
