"""Nodes of a translation."""

from __future__ import annotations

from tests.redshift.standin.tokens import Group, Node, Token


def word(text: str) -> Token:
    """A bare word."""
    return Token("word", text)


def sign(text: str) -> Token:
    """An operator, or text that is to stand as it is."""
    return Token("op", text)


def call(name: str, *args: list[Node]) -> list[Node]:
    """A call of a function."""
    items: list[Node] = []
    for position, arg in enumerate(args):
        if position:
            items.append(sign(","))
        items.extend(arg)
    return [word(name), Group(items)]
