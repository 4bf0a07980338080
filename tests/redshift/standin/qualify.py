"""QUALIFY and names of the select list used within it, in WHERE and in later columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.redshift.standin.build import call, sign
from tests.redshift.standin.catalog import columns_of
from tests.redshift.standin.errors import RedshiftError
from tests.redshift.standin.tokens import Group, Node, Token, is_op, name_of, parse, split, word_of

if TYPE_CHECKING:
    from tests.redshift.standin.session import Session

_SET_OPERATORS = frozenset({"union", "except", "intersect", "minus"})
_TAIL = frozenset({"order", "limit", "offset"})
_CLAUSES = frozenset({"where", "group", "having", "qualify", "window"}) | _TAIL | _SET_OPERATORS


def with_qualify(items: list[Node], session: Session) -> list[Node]:
    """Rewrite QUALIFY and references to aliases on every level."""
    inner: list[Node] = [
        Group(with_qualify(item.items, session)) if isinstance(item, Group) else item for item in items
    ]
    if "select" not in [word_of(item) for item in inner]:
        return inner
    out: list[Node] = []
    for part in _arms(inner):
        out.extend(_arm(part, session))
    return out


def _arms(items: list[Node]) -> list[list[Node]]:
    """A query cut before and after its set operators."""
    arms: list[list[Node]] = [[]]
    for at, item in enumerate(items):
        if word_of(item) in _SET_OPERATORS and at:
            arms += [[item], []]
        elif len(arms) > 1 and word_of(item) in ("all", "distinct") and not arms[-1]:
            arms[-2].append(item)
        else:
            arms[-1].append(item)
    return arms


def _clause(items: list[Node], name: str, start: int = 0) -> int:
    """Where a clause begins, or the end."""
    return next((at for at in range(start, len(items)) if word_of(items[at]) == name), len(items))


def _clause_end(items: list[Node], start: int) -> int:
    return next((at for at in range(start, len(items)) if word_of(items[at]) in _CLAUSES), len(items))


def _arm(items: list[Node], session: Session) -> list[Node]:
    select = max((at for at, item in enumerate(items) if word_of(item) == "select"), default=-1)
    begin = _clause(items, "from", select)
    if select < 0 or begin == len(items):
        return items
    head, chosen, rest = items[: select + 1], items[select + 1 : begin], items[begin:]
    aliases = _aliases(chosen)
    where = _clause(rest, "where")
    where_end = _clause_end(rest, where + 1)
    used = _words_in(rest[where:where_end]) | _words_in(chosen)
    if any(_mentions(chosen, rest[where:where_end], name) for name in aliases) and used:
        columns = _columns(rest, session)
        known = {
            name: value for name, value in aliases.items() if columns is not None and name not in columns
        }
        chosen = _expand_columns(chosen, known)
        rest = [*rest[:where], *_expand(rest[where:where_end], known), *rest[where_end:]]
    return _qualified(head, chosen, rest, aliases)


def _aliases(chosen: list[Node]) -> dict[str, list[Node]]:
    """Names that the select list gives to expressions."""
    found: dict[str, list[Node]] = {}
    for part in split(chosen):
        last = part[-1] if part else None
        if len(part) > 2 and word_of(part[-2]) == "as" and isinstance(last, Token):
            found[last.lower] = part[:-2]
    return found


def _words_in(items: list[Node]) -> set[str]:
    found: set[str] = set()
    for item in items:
        found |= _words_in(item.items) if isinstance(item, Group) else {item.lower}
    return found


def _mentions(chosen: list[Node], where: list[Node], name: str) -> bool:
    later = False
    for part in split(chosen):
        if later and name in _words_in(part[:-1] if len(part) > 1 and word_of(part[-2]) == "as" else part):
            return True
        later = later or (len(part) > 2 and isinstance(part[-1], Token) and part[-1].lower == name)
    return name in _words_in(where)


def _expand(items: list[Node], aliases: dict[str, list[Node]]) -> list[Node]:
    """Put the expressions in the place of their names; a subquery keeps its own names."""
    out: list[Node] = []
    for at, item in enumerate(items):
        follows = items[at + 1] if at + 1 < len(items) else None
        if isinstance(item, Group):
            query = word_of(item.items[0] if item.items else None) in ("select", "with")
            out.append(item if query else Group(_expand(item.items, aliases)))
        elif (
            item.kind in ("word", "quoted")
            and item.lower in aliases
            and not (is_op(follows, ".") or isinstance(follows, Group) or (at and is_op(items[at - 1], ".")))
        ):
            out.append(Group(list(aliases[item.lower])))
        else:
            out.append(item)
    return out


def _expand_columns(chosen: list[Node], aliases: dict[str, list[Node]]) -> list[Node]:
    out: list[Node] = []
    so_far: dict[str, list[Node]] = {}
    for position, part in enumerate(split(chosen)):
        named = len(part) > 2 and word_of(part[-2]) == "as"
        value = _expand(part[:-2] if named else part, so_far)
        if named and isinstance(part[-1], Token) and part[-1].lower in aliases:
            so_far[part[-1].lower] = value
        out += [*([sign(",")] if position else []), *value, *(part[-2:] if named else [])]
    return out


def _columns(rest: list[Node], session: Session) -> set[str] | None:
    """The columns of the tables in FROM; nothing where a table is a query."""
    found: set[str] = set()
    source = rest[: _clause_end(rest, 1)]
    for at, item in enumerate(source):
        if word_of(item) not in ("from", "join") and not is_op(item, ","):
            continue
        names, _ = name_of(source, at + 1)
        columns = columns_of(session, names) if names else None
        if not columns:
            return None
        found |= columns
    return found


def _refuse_bare(rest: list[Node], at: int) -> None:
    """A table that QUALIFY follows at once needs an alias."""
    if _clause_end(rest, 1) == at and name_of(rest, 1)[1] == at:
        raise RedshiftError('syntax error at or near "qualify": a table before QUALIFY needs an alias')


def _qualified(
    head: list[Node], chosen: list[Node], rest: list[Node], aliases: dict[str, list[Node]]
) -> list[Node]:
    """A row that QUALIFY drops yields no row of the set-returning function that joins ORDER BY."""
    at = _clause(rest, "qualify")
    if at == len(rest):
        return [*head, *chosen, *rest]
    _refuse_bare(rest, at)
    end = next((place for place in range(at, len(rest)) if word_of(rest[place]) in _TAIL), len(rest))
    condition = _expand(rest[at + 1 : end], aliases)
    kept = call(
        "generate_series", parse("1"), [*parse("case when"), Group(condition), *parse("then 1 else 0 end")]
    )
    tail = rest[end:]
    order: list[Node] = [*parse("order by")]
    if word_of(tail[0] if tail else None) == "order":
        stop = next(
            (place for place, item in enumerate(tail) if word_of(item) in ("limit", "offset")), len(tail)
        )
        order, tail = [*tail[:stop], sign(",")], tail[stop:]
    query: list[Node] = [*head, *chosen, *rest[:at], *order, *kept, *tail]
    start = max(place for place, item in enumerate(query) if word_of(item) == "select")
    return [*query[:start], Group(query[start:])] if start == 0 else query
