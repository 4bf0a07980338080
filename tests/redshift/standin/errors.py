"""Errors as Redshift words them, and the translation of PostgreSQL's own."""

from __future__ import annotations

import re

SYNTAX_ERROR = "42601"
FEATURE_NOT_SUPPORTED = "0A000"
UNDEFINED_OBJECT = "42704"
INTERNAL_ERROR = "XX000"
ACTIVE_TRANSACTION = "25001"


class RedshiftError(Exception):
    """A refusal in Redshift's words."""

    def __init__(self, message: str, sqlstate: str = SYNTAX_ERROR, detail: str = "", hint: str = "") -> None:
        """Keep the fields of an ErrorResponse."""
        super().__init__(message)
        self.message = message
        self.sqlstate = sqlstate
        self.detail = detail
        self.hint = hint

    def fields(self) -> dict[str, str]:
        """The fields of the wire's ErrorResponse."""
        fields = {"S": "ERROR", "C": self.sqlstate, "M": self.message}
        if self.detail:
            fields["D"] = self.detail
        if self.hint:
            fields["H"] = self.hint
        return fields


def unsupported(what: str) -> RedshiftError:
    """Redshift knows the clause and does not support it."""
    return RedshiftError(f"{what} is not supported", FEATURE_NOT_SUPPORTED)


def syntax_error(near: str) -> RedshiftError:
    """Redshift's parser does not know the clause."""
    return RedshiftError(f'syntax error at or near "{near}"', SYNTAX_ERROR)


# PostgreSQL's words, and what Redshift says in their place.
_WORDS = (
    (
        re.compile(r"^MERGE command cannot affect row a second time$"),
        "Found multiple matches to update the same tuple",
    ),
    (
        re.compile(r'^null value in column "(\w+)" of relation "\w+" violates not-null constraint$'),
        r"Cannot insert a NULL value into column \1",
    ),
    (
        re.compile(r"^permission denied for (?:table|view|materialized view) (.+)$"),
        r"permission denied for relation \1",
    ),
    (
        re.compile(r'^role "(.+)" cannot be dropped because some objects depend on it$'),
        r"""user "\1" can't be dropped because the user has a privilege on some object""",
    ),
    (re.compile(r"^invalid input syntax for type integer: (.+)$"), r"invalid input syntax for integer: \1"),
    (re.compile(r"^canceling statement due to user request$"), "Query cancelled on user's request"),
    (re.compile(r"^canceling statement due to statement timeout$"), "Query (0) cancelled on user's request"),
    (re.compile(r'^database "(.+)" does not exist$'), r'database "\1" does not exist'),
)
_DROPPED_FIELDS = frozenset("PpqFLRVW")


def _conflict(fields: dict[str, str], *, serializable: bool) -> dict[str, str]:
    if serializable or "read/write dependencies" in fields["M"]:
        detail = f"Serializable isolation violation on table, transactions forming the cycle: {fields['M']}"
        return {"S": "ERROR", "C": INTERNAL_ERROR, "M": "1023", "D": detail}
    return {
        "S": "ERROR",
        "C": INTERNAL_ERROR,
        "M": "could not complete because of conflict with concurrent transaction",
    }


def in_redshifts_words(fields: dict[str, str], *, serializable: bool = False) -> dict[str, str]:
    """Translate the fields of PostgreSQL's ErrorResponse."""
    if fields.get("C") == "40001":
        return _conflict(fields, serializable=serializable)
    kept = {key: value for key, value in fields.items() if key not in _DROPPED_FIELDS}
    if kept.get("C") == "42P07" or kept.get("C") == "42809":
        kept["M"] = kept["M"].replace("materialized view", "relation")
    for pattern, words in _WORDS:
        if pattern.match(kept.get("M", "")):
            kept["M"] = pattern.sub(words, kept["M"])
    return kept
