"""File patterns of mappings: globs in which `{table}` stands for a table of the contracts."""

from __future__ import annotations

import re
from dataclasses import dataclass

PLACEHOLDER = "{table}"
TOKENS = re.compile(r"\{table\}|\*\*/|\*|\?|[^*?{]+|\{")


@dataclass(frozen=True)
class Match:
    """What a pattern found: the table, and the part of the path it took."""

    table: str
    tail: str


class FilePattern:
    """A glob on the end of a path; `*` stays within one folder, `**/` goes through folders."""

    def __init__(self, pattern: str, table: str, known: list[str]) -> None:
        """Compile the pattern.

        Args:
            pattern: Such as `cards/{table}_*.csv*`.
            table: Such as `cards.{table}` or a plain `source.table`.
            known: The tables of the contracts.

        Raises:
            ValueError: The pattern is absolute, climbs, or has a placeholder where the table has none.
        """
        if pattern.startswith("/") or ".." in pattern.split("/"):
            raise ValueError(f"pattern {pattern!r} must stay below the loaded folder")
        if (PLACEHOLDER in pattern) != (PLACEHOLDER in table):
            raise ValueError(f"{PLACEHOLDER} must stand in both pattern and table, or in neither")
        before, _, after = table.partition(PLACEHOLDER)
        if PLACEHOLDER in table:
            names = {t.removeprefix(before).removesuffix(after): t for t in known if t.startswith(before)}
            self._by_name = {name: full for name, full in names.items() if f"{before}{name}{after}" == full}
        else:
            self._by_name = {"": table} if table in known else {}
        self.tables = sorted(self._by_name.values())
        self._regex = re.compile("(?:.*/)?(?P<tail>" + self._translate(pattern) + ")", re.DOTALL)

    def _translate(self, pattern: str) -> str:
        names = "|".join(sorted(map(re.escape, self._by_name), key=len, reverse=True)) or "(?!)"
        parts, seen = [], False
        for token in TOKENS.findall(pattern):
            if token == PLACEHOLDER:
                parts.append("(?P=table)" if seen else f"(?P<table>{names})")
                seen = True
            else:
                parts.append({"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}.get(token, re.escape(token)))
        return "".join(parts)

    def match(self, path: str) -> Match | None:
        """Match a path.

        Args:
            path: Path with forward slashes.

        Returns:
            The match, or None.
        """
        found = self._regex.fullmatch(path)
        if not found:
            return None
        return Match(self._by_name[found.groupdict().get("table", "")], found["tail"])
