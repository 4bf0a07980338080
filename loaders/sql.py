"""Quoting of names and values for SQL text."""

from __future__ import annotations

from collections.abc import Iterable

from loaders.errors import InputFileError


def name(identifier: str) -> str:
    """Quote an identifier.

    Args:
        identifier: Any text, such as the header of a foreign file.

    Returns:
        The text in double quotes.

    Raises:
        InputFileError: It holds a NUL byte, which SQL text can't hold.
    """
    if "\0" in identifier:
        raise InputFileError(f"The column {identifier[:60]!r} has a NUL byte in its name.", hint="Rename it.")
    return '"' + identifier.replace('"', '""') + '"'


def literal(value: str | None) -> str:
    """Quote a text value.

    Args:
        value: Any text, or None for null.

    Returns:
        SQL text for it; a NUL byte, which SQL text can't hold, is written as chr(0).
    """
    if value is None:
        return "null"
    parts = ["'" + part.replace("'", "''") + "'" for part in value.split("\0")]
    return parts[0] if len(parts) == 1 else "(" + " || chr(0) || ".join(parts) + ")"


def literals(values: Iterable[str]) -> str:
    """Quote text values as a list.

    Args:
        values: The values.

    Returns:
        SQL text such as `'a', 'b'`.
    """
    return ", ".join(literal(value) for value in values)
