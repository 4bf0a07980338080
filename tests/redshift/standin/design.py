"""The physical design of a table: DISTSTYLE, DISTKEY, SORTKEY, ENCODE, BACKUP; and a cursor over nodes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from tests.redshift.standin.build import sign
from tests.redshift.standin.errors import RedshiftError, syntax_error
from tests.redshift.standin.tokens import Group, Node, Token, split, word_of

_STYLES = frozenset({"all", "even", "key", "auto"})


@dataclass(slots=True)
class Design:
    """The physical design of a table, as its event trigger records it."""

    diststyle: str = ""
    distkey: str = ""
    sortkeys: list[str] = field(default_factory=list)
    sortstyle: str = ""
    encodings: dict[str, str] = field(default_factory=dict)
    encode: str = ""
    primary_key: list[str] = field(default_factory=list)

    def hint(self) -> Token:
        """The design as a comment that the event trigger reads."""
        text = json.dumps(asdict(self)).replace("*/", "")
        return sign(f"/*redshift:{text}*/")


class Cursor:
    """A place in a list of nodes."""

    def __init__(self, items: list[Node], at: int = 0) -> None:
        """Start at a place."""
        self.items = items
        self.at = at

    def peek(self, ahead: int = 0) -> Node | None:
        """The node here, or so many on."""
        place = self.at + ahead
        return self.items[place] if place < len(self.items) else None

    def word(self, ahead: int = 0) -> str:
        """The bare word here."""
        return word_of(self.peek(ahead))

    def take(self) -> Node:
        """The node here; moves on."""
        node = self.peek()
        if node is None:
            raise RedshiftError("syntax error at end of input")
        self.at += 1
        return node

    def took(self, *texts: str) -> bool:
        """Move on over these words if they stand here."""
        if [self.word(ahead) for ahead in range(len(texts))] == list(texts):
            self.at += len(texts)
            return True
        return False

    def group(self) -> list[Node]:
        """The inside of the parentheses here."""
        node = self.take()
        if not isinstance(node, Group):
            raise syntax_error(node.text)
        return node.items

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self.items)


def names_in(items: list[Node]) -> list[str]:
    """The names of a list."""
    return [part[0].lower for part in split(items) if part and isinstance(part[0], Token)]


def take_attribute(cursor: Cursor, design: Design) -> bool:
    """Take one attribute of a table into its design; false where none stands."""
    if cursor.took("backup"):
        if cursor.word() not in ("yes", "no"):
            raise syntax_error("backup")
        cursor.take()
    elif cursor.took("diststyle"):
        design.diststyle = cursor.word()
        if design.diststyle not in _STYLES:
            raise syntax_error(design.diststyle)
        cursor.take()
    elif cursor.took("distkey"):
        names = names_in(cursor.group()) if isinstance(cursor.peek(), Group) else names_in([cursor.take()])
        if len(names) != 1 or design.distkey:
            raise RedshiftError("Cannot specify more than one column as distribution key")
        design.distkey = names[0]
    elif cursor.took("encode"):
        if not cursor.took("auto"):
            raise syntax_error("encode")
        design.encode = "auto"
    else:
        return _take_sortkey(cursor, design)
    return True


def _take_sortkey(cursor: Cursor, design: Design) -> bool:
    style = cursor.word() if cursor.word() in ("compound", "interleaved") else ""
    if style:
        cursor.take()
    if not cursor.took("sortkey"):
        if style:
            raise syntax_error(style)
        return False
    design.sortstyle = style or "compound"
    if cursor.took("auto"):
        design.sortstyle = "auto"
        return True
    design.sortkeys = names_in(cursor.group())
    if style == "interleaved" and len(design.sortkeys) > 8:
        raise RedshiftError("Cannot have more than 8 columns in an interleaved sort key")
    if len(design.sortkeys) > 400:
        raise RedshiftError("Cannot have more than 400 columns in a sort key")
    return True
