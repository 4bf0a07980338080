"""What the proxy does with one statement of a client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from tests.redshift.standin.session import Session


@dataclass(frozen=True, slots=True)
class Forward:
    """Send the translated text on, and the answer back; the catalogue's answers have names in full length."""

    sql: str
    catalog: bool = False
    writes: tuple[str, ...] = ()
    """The name of the table that it writes to, which other writers wait for."""


@dataclass(frozen=True, slots=True)
class Special:
    """The proxy executes it itself, within the client's transaction; it answers with the command's tag."""

    run: Callable[[Session], str]
    keeps_transaction: bool = True


Plan: TypeAlias = Forward | Special
EMPTY = Forward("")
