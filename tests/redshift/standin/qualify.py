"""QUALIFY: the query becomes a derived table, filtered from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.redshift.standin.expressions import sign, word
from tests.redshift.standin.tokens import Group, Node, word_of

if TYPE_CHECKING:
    from tests.redshift.standin.session import Session

_ENDS = frozenset({"order", "limit", "offset", "union", "except", "intersect", "minus"})


def with_qualify(items: list[Node], session: Session) -> list[Node]:
    """Rewrite QUALIFY on every level."""
    inner: list[Node] = [
        Group(with_qualify(item.items, session)) if isinstance(item, Group) else item for item in items
    ]
    for at, item in enumerate(inner):
        if word_of(item) == "qualify" and at and word_of(inner[at - 1]) != "as":
            return _rewritten(inner, at)
    return inner


def _rewritten(items: list[Node], at: int) -> list[Node]:
    start = max(place for place in range(at) if word_of(items[place]) == "select")
    end = next((place for place in range(at, len(items)) if word_of(items[place]) in _ENDS), len(items))
    begin = next(place for place in range(start, at) if word_of(items[place]) == "from")
    chosen, rest, condition = items[start + 1 : begin], items[begin:at], items[at + 1 : end]
    hidden = Group([word("select"), *chosen, sign(","), Group(condition), word("as"), word("rs_qualified"), *rest])
    # The helper column must not show: the stand-in's function names the others.
    outer: list[Node] = [word("select"), *_outer_columns(chosen), word("from"), hidden, word("as"), word("rs_source"),
                         word("where"), word("rs_qualified")]  # fmt: skip
    return [*items[:start], *outer, *with_tail(items[end:])]


def with_tail(items: list[Node]) -> list[Node]:
    """What follows QUALIFY."""
    return items


def _outer_columns(chosen: list[Node]) -> list[Node]:
    from tests.redshift.standin.tokens import Token, is_op, quoted_name, split  # noqa: PLC0415

    out: list[Node] = []
    for position, part in enumerate(split(chosen)):
        last = part[-1]
        if is_op(last, "*"):
            return [sign("*")]
        name = last.lower if isinstance(last, Token) and last.kind in ("word", "quoted") else word_of(part[0])
        out += [sign(","), Token("quoted", quoted_name(name))] if position else [Token("quoted", quoted_name(name))]
    return out
