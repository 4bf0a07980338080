"""SQL text to tokens and groups, and back: all that the translation needs to know of syntax."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from tests.redshift.standin.errors import RedshiftError, syntax_error

Kind = Literal["word", "quoted", "string", "number", "param", "op"]
MAX_NAME_BYTES = 127
POSTGRES_NAME_BYTES = 63

_SPACE = re.compile(r"\s+|--[^\n]*")
_WORD = re.compile(r"[A-Za-z_\u0080-\U0010ffff#][\w$#\u0080-\U0010ffff]*")
_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_PARAM = re.compile(r"\$\d+")
_DOLLAR = re.compile(r"\$(?:[A-Za-z_]\w*)?\$")
_STRING = re.compile(r"'(?:[^'\\]|\\.|'')*'", re.DOTALL)
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_PATTERNS: dict[Kind, re.Pattern[str]] = {"param": _PARAM, "number": _NUMBER, "word": _WORD}
_OPERATOR_CHARS = "+-*/<>=~!@#%^&|`?"
_SPECIAL_CHARS = set("~!@#%^&|`?")


@dataclass(frozen=True, slots=True)
class Token:
    """One word, literal, operator or sign; `text` is what is sent on."""

    kind: Kind
    text: str

    @property
    def lower(self) -> str:
        """The folded text of a bare word, the name within quotes, else the text itself."""
        if self.kind == "quoted":
            return self.text[1:-1].replace('""', '"')
        return self.text.lower()


@dataclass(slots=True)
class Group:
    """What stands between two parentheses."""

    items: list[Node] = field(default_factory=list)


Node: TypeAlias = Token | Group
long_names: dict[str, str] = {}
_short_names: dict[str, str] = {}


def fit_name(name: str) -> str:
    """Cut a name as Redshift does, at 127 bytes; past PostgreSQL's 63 a hash stands for the tail."""
    raw = name.encode()[:MAX_NAME_BYTES]
    cut = raw.decode(errors="ignore")
    if len(raw) <= POSTGRES_NAME_BYTES:
        return cut
    digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()[:12]
    short = raw[: POSTGRES_NAME_BYTES - 13].decode(errors="ignore") + "_" + digest
    long_names[short] = cut
    _short_names[cut] = short
    return short


def quoted_name(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal, safe with backslashes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def shortened_literals(items: list[Node]) -> list[Node]:
    """A query of the catalogue asks for long names by those that PostgreSQL holds."""
    out: list[Node] = []
    for item in items:
        if isinstance(item, Group):
            out.append(Group(shortened_literals(item.items)))
        elif item.kind == "string" and literal_value(item) in _short_names:
            out.append(Token("string", literal(_short_names[literal_value(item)])))
        else:
            out.append(item)
    return out


def literal_value(token: Token) -> str:
    """The text that a string literal stands for."""
    body = token.text
    if body.startswith("$"):
        return body[body.index("$", 1) + 1 : body.rindex("$", 0, -1)]
    body = body[body.index("'") + 1 : -1].replace("''", "'")
    return re.sub(
        r"\\(.)", lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), body, flags=re.DOTALL
    )


def _skip_comment(sql: str, start: int) -> int:
    depth, at = 0, start
    while at < len(sql):
        if sql.startswith("/*", at):
            depth, at = depth + 1, at + 2
        elif sql.startswith("*/", at):
            depth, at = depth - 1, at + 2
            if depth == 0:
                return at
        else:
            at += 1
    raise RedshiftError("unterminated /* comment")


def _operator(sql: str, start: int) -> str:
    end = start
    while end < len(sql) and sql[end] in _OPERATOR_CHARS:
        if sql.startswith(("--", "/*"), end):
            break
        end += 1
    text = sql[start:end]
    while len(text) > 1 and text[-1] in "+-" and not _SPECIAL_CHARS & set(text):
        text = text[:-1]
    return text


def _literal_at(sql: str, at: int) -> Token | None:
    lead = 1 if sql[at] in "eExXbBnN" and sql[at + 1 : at + 2] == "'" else 0
    if sql[at + lead] == "'":
        match = _STRING.match(sql, at + lead)
        if not match:
            raise RedshiftError("unterminated quoted string")
        return Token("string", sql[at : match.end()])
    opening = _DOLLAR.match(sql, at)
    if opening:
        end = sql.find(opening[0], opening.end())
        if end < 0:
            raise RedshiftError("unterminated dollar-quoted string")
        return Token("string", sql[at : end + len(opening[0])])
    return None


def _word_at(sql: str, at: int) -> tuple[Token, int] | None:
    """A name, a number or a parameter."""
    quoted = _QUOTED.match(sql, at)
    if quoted:
        name = fit_name(quoted[0][1:-1].replace('""', '"').lower())
        return Token("quoted", quoted_name(name)), quoted.end()
    for kind, pattern in _PATTERNS.items():
        match = pattern.match(sql, at)
        if match:
            word = match[0]
            if kind == "word" and len(word.encode()) > POSTGRES_NAME_BYTES:
                word = fit_name(word.lower())
            token = Token("quoted", quoted_name(word.lower())) if "#" in word else Token(kind, word)
            return token, match.end()
    return None


def _token_at(sql: str, at: int) -> tuple[Token, int]:
    text = _literal_at(sql, at)
    if text:
        return text, at + len(text.text)
    found = _word_at(sql, at)
    if found:
        return found
    if sql.startswith(("::", ":="), at):
        return Token("op", sql[at : at + 2]), at + 2
    sign = _operator(sql, at) if sql[at] in _OPERATOR_CHARS else sql[at]
    return Token("op", sign), at + len(sign)


def tokenize(sql: str) -> Iterator[Token]:
    """The tokens of a text, without blanks and comments."""
    at = 0
    while at < len(sql):
        space = _SPACE.match(sql, at)
        if space:
            at = space.end()
        elif sql.startswith("/*", at):
            at = _skip_comment(sql, at)
        else:
            token, at = _token_at(sql, at)
            yield token


def parse(sql: str) -> list[Node]:
    """The tokens of a text, parentheses made groups."""
    stack: list[list[Node]] = [[]]
    for token in tokenize(sql):
        if token.kind == "op" and token.text == "(":
            stack.append([])
        elif token.kind == "op" and token.text == ")":
            if len(stack) == 1:
                raise syntax_error(")")
            items = stack.pop()
            stack[-1].append(Group(items))
        else:
            stack[-1].append(token)
    if len(stack) > 1:
        raise RedshiftError("syntax error at end of input")
    return stack[0]


def render(items: Iterable[Node]) -> str:
    """Tokens and groups as SQL text."""
    parts: list[str] = []
    for item in items:
        if isinstance(item, Group):
            parts.append(f"({render(item.items)})")
        elif item.text in (".", ",") or (
            parts and parts[-1].endswith(".") and item.kind in ("word", "quoted")
        ):
            if parts and item.text != ",":
                parts[-1] += item.text
            else:
                parts.append(item.text)
        else:
            parts.append(item.text)
    return " ".join(parts)


def word_of(node: Node | None) -> str:
    """The folded text of a bare word, else nothing."""
    return node.text.lower() if isinstance(node, Token) and node.kind == "word" else ""


def words(items: list[Node], count: int = 6) -> list[str]:
    """The first words of a statement, an empty text for what is no bare word."""
    return [word_of(item) for item in items[:count]]


def is_op(node: Node | None, *texts: str) -> bool:
    """Whether the node is one of these signs."""
    return isinstance(node, Token) and node.kind == "op" and node.text in texts


def split(items: list[Node], sign: str = ",") -> list[list[Node]]:
    """Cut at a sign of this level."""
    parts: list[list[Node]] = [[]]
    for item in items:
        if is_op(item, sign):
            parts.append([])
        else:
            parts[-1].append(item)
    return parts if parts != [[]] else []


def name_of(items: list[Node], at: int) -> tuple[list[str], int]:
    """The dotted name that starts at a place, and the place after it."""
    parts: list[str] = []
    while at < len(items):
        node = items[at]
        if not isinstance(node, Token) or node.kind not in ("word", "quoted"):
            break
        parts.append(node.lower)
        if not is_op(items[at + 1] if at + 1 < len(items) else None, "."):
            return parts, at + 1
        at += 2
    return parts, at
