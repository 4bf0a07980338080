"""COPY's grammar."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.redshift.standin.design import Cursor
from tests.redshift.standin.errors import FEATURE_NOT_SUPPORTED, RedshiftError, syntax_error, unsupported
from tests.redshift.standin.tokens import Group, Node, Token, literal_value, name_of, split

_KEYS = frozenset({"credentials", "access_key_id", "secret_access_key", "session_token"})
_FLAGS = frozenset(
    {
        "manifest",
        "gzip",
        "zstd",
        "bzip2",
        "blanksasnull",
        "emptyasnull",
        "removequotes",
        "escape",
        "truncatecolumns",
        "fillrecord",
        "ignoreblanklines",
        "ignoreallerrors",
        "trimblanks",
        "roundec",
        "explicit_ids",
        "noload",
        "serializetojson",
        "acceptanydate",
    }
)
_TEXTS = {
    "delimiter": "delimiter",
    "quote": "quote",
    "null": "null_as",
    "region": "region",
    "dateformat": "dateformat",
    "timeformat": "timeformat",
    "encoding": "encoding",
}
_NUMBERS = {"ignoreheader": "ignoreheader", "maxerror": "maxerror"}
_UNKNOWN_HERE = frozenset({"fixedwidth", "avro", "orc", "shapefile", "lzop", "encrypted", "readratio", "ssh"})
_NOT_WITH_PARQUET = (
    "maxerror",
    "region",
    "acceptanydate",
    "ignoreheader",
    "null_as",
    "delimiter",
    "gzip",
    "zstd",
    "bzip2",
    "truncatecolumns",
    "emptyasnull",
    "blanksasnull",
    "escape",
    "dateformat",
    "timeformat",
    "compupdate",
    "noload",
    "encoding",
)
MAX_MAXERROR = 100_000


@dataclass(slots=True)
class CopyCommand:
    """What a COPY says."""

    table: list[str]
    columns: list[str]
    source: str
    format: str = ""
    json: str = ""
    role: str = ""
    given: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def has(self, flag: str) -> bool:
        """Whether an option was given."""
        return flag in self.given

    @property
    def max_errors(self) -> int:
        """How many bad rows may be skipped; none where MAXERROR is 0 or 1."""
        number = self.numbers.get("maxerror", 0)
        return number - 1 if number > 1 else 0


def parse_copy(items: list[Node], _: str = "") -> CopyCommand:
    """Read a COPY, or refuse it."""
    names, at = name_of(items, 1)
    cursor = Cursor(items, at)
    columns: list[str] = []
    if isinstance(cursor.peek(), Group):
        columns = [part[0].lower for part in split(cursor.group()) if isinstance(part[0], Token)]
    if not cursor.took("from"):
        raise RedshiftError("COPY … TO is not supported", FEATURE_NOT_SUPPORTED)
    if cursor.word() in ("stdin", "stdout"):
        raise RedshiftError("COPY from STDIN is not supported", FEATURE_NOT_SUPPORTED)
    command = CopyCommand(names, columns, _string(cursor))
    if not command.source.startswith("s3://"):
        raise RedshiftError(
            "COPY from local file is not supported"
            if ":" not in command.source
            else f"Unsupported data source {command.source}",
            FEATURE_NOT_SUPPORTED,
        )
    while not cursor.done:
        _option(cursor, command)
    _check(command)
    return command


def _string(cursor: Cursor) -> str:
    cursor.took("as")
    node = cursor.take()
    if not isinstance(node, Token) or node.kind != "string":
        raise syntax_error(node.text if isinstance(node, Token) else "(")
    return literal_value(node)


def _number(cursor: Cursor) -> int:
    cursor.took("as")
    node = cursor.take()
    if not isinstance(node, Token) or not node.text.isdigit():
        raise syntax_error(node.text if isinstance(node, Token) else "(")
    return int(node.text)


def _option(cursor: Cursor, command: CopyCommand) -> None:
    cursor.took("with")
    name = cursor.word()
    if name in _KEYS:
        raise RedshiftError(
            "the stand-in takes IAM_ROLE only: no keys in the text of a statement", FEATURE_NOT_SUPPORTED
        )
    if name in _UNKNOWN_HERE:
        raise unsupported(f"COPY {name.upper()} on the stand-in")
    cursor.take()
    if name in _FLAGS:
        command.given.add(name)
    elif name in _TEXTS:
        command.texts[_TEXTS[name]] = _string(cursor)
        command.given.add(_TEXTS[name])
    elif name in _NUMBERS:
        command.numbers[name] = _number(cursor)
        command.given.add(name)
    elif name == "iam_role":
        command.role = "default" if cursor.took("default") else _string(cursor)
    elif name == "acceptinvchars":
        command.texts[name] = _string(cursor) if _string_follows(cursor) else "?"
        command.given.add(name)
    elif name in ("compupdate", "statupdate"):
        command.given.add(name)
        if cursor.word() in ("on", "off", "true", "false", "preset"):
            cursor.take()
    else:
        _format(cursor, command, name)


def _string_follows(cursor: Cursor) -> bool:
    node = cursor.peek(1) if cursor.word() == "as" else cursor.peek()
    return isinstance(node, Token) and node.kind == "string"


def _format(cursor: Cursor, command: CopyCommand, name: str) -> None:
    if name == "format":
        cursor.took("as")
        name = cursor.word()
        if name in _UNKNOWN_HERE:
            raise unsupported(f"COPY {name.upper()} on the stand-in")
        cursor.take()
    if command.format or name not in ("csv", "parquet", "json"):
        raise syntax_error(name)
    command.format = name
    if name == "json":
        command.json = _string(cursor) if _string_follows(cursor) else "auto"


def _check(command: CopyCommand) -> None:
    if not command.role:
        raise RedshiftError("COPY needs authorization: IAM_ROLE is missing", "42601")
    if command.role != "default" and not command.role.startswith("arn:aws"):
        raise RedshiftError(f"Invalid IAM role: {command.role}", "XX000")
    if command.numbers.get("maxerror", 0) > MAX_MAXERROR:
        raise RedshiftError(f"MAXERROR must be between 0 and {MAX_MAXERROR}", "22023")
    if command.format == "parquet":
        for option in _NOT_WITH_PARQUET:
            if command.has(option):
                shown = "NULL" if option == "null_as" else option.upper()
                raise RedshiftError(
                    f"{shown} argument is not supported for PARQUET based COPY", FEATURE_NOT_SUPPORTED
                )
    if command.format == "csv" and (command.has("escape") or command.has("removequotes")):
        raise RedshiftError("CSV is not compatible with ESCAPE and REMOVEQUOTES")
    if command.has("quote") and command.format != "csv":
        raise RedshiftError("QUOTE is only supported with CSV format")
