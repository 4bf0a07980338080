"""Where a query names the relations that it reads, and their replacement by subqueries."""

from __future__ import annotations

from collections.abc import Callable

from tests.redshift.standin.build import word
from tests.redshift.standin.errors import syntax_error
from tests.redshift.standin.tokens import Group, Node, Token, is_op, name_of, quoted_name, word_of

Replace = Callable[[list[str]], list[Node] | None]

_ENDS = frozenset(
    {
        *("where", "group", "having", "order", "limit", "offset", "qualify", "window", "set", "when"),
        *("union", "except", "intersect", "minus", "select", "fetch", "for", "returning"),
    }
)
_NO_ALIAS = _ENDS | {
    *("join", "left", "right", "full", "inner", "outer", "cross", "natural", "on", "using", "as", "with"),
    *("into", "pivot", "unpivot", "tablesample", "values", "from"),
}
_NO_TABLE = frozenset({"select", "lateral", "values", "with"})


def _lists(items: list[Node]) -> bool:
    """Whether USING names tables in this statement, not columns."""
    return word_of(items[0]) in ("delete", "merge")


class Substitution:
    """One walk over a statement; names of common table expressions hide relations of the same name."""

    def __init__(self, replace: Replace) -> None:
        """`replace` gives the subquery that stands for a relation, or nothing to leave it."""
        self._replace = replace
        self._replaced: set[tuple[str, str]] = set()

    def of(self, items: list[Node]) -> list[Node]:
        """The statement, its relations replaced."""
        out = self._level(items, frozenset())
        return self._without_schemas(out) if self._replaced else out

    def _level(self, items: list[Node], hidden: frozenset[str], *, inside_from: bool = False) -> list[Node]:
        out: list[Node] = []
        reads = inside_from or word_of(items[0] if items else None) in ("delete", "merge", "update")
        expected = within = inside_from
        targeted = word_of(items[0] if items else None) == "delete"
        at = 0
        while at < len(items):
            item, name = items[at], word_of(items[at])
            if name == "with":
                end, hidden, ctes = self._ctes(items, at, hidden)
                if end > at:
                    out += ctes
                    at = end
                    continue
            if expected and not isinstance(item, Group) and item.kind in ("word", "quoted"):
                at = self._table(items, at, hidden, out)
                expected = False
                continue
            if isinstance(item, Group):
                joined = expected and word_of(item.items[0] if item.items else None) not in ("select", "with")
                out.append(Group(self._level(item.items, hidden, inside_from=joined)))
                expected = False
            else:
                out.append(item)
                reads = reads or name == "select"
                opens = (name == "from" and reads) or name == "join" or (name == "using" and _lists(items))
                if opens and name == "from" and targeted:
                    targeted = opens = False
                within = (within or opens) and name not in _ENDS
                expected = opens or (within and is_op(item, ","))
            at += 1
        return out

    def _ctes(
        self, items: list[Node], at: int, hidden: frozenset[str]
    ) -> tuple[int, frozenset[str], list[Node]]:
        """The list of a WITH: the place after it, the names hidden from then on, and its translation."""
        start, out = at, [items[at]]
        at += 1
        recursive = word_of(items[at] if at < len(items) else None) == "recursive"
        if recursive:
            out.append(items[at])
            at += 1
        while at + 2 < len(items):
            name = items[at]
            body = at + 2 + isinstance(items[at + 1], Group)
            if (
                not isinstance(name, Token)
                or word_of(items[body - 1]) != "as"
                or not isinstance(items[body] if body < len(items) else None, Group)
            ):
                return start, hidden, []
            query = items[body]
            assert isinstance(query, Group)
            inner = hidden | {name.lower} if recursive else hidden
            out += [*items[at:body], Group(self._level(query.items, inner))]
            hidden = hidden | {name.lower}
            at = body + 1
            if not is_op(items[at] if at < len(items) else None, ","):
                return at, hidden, out
            out.append(items[at])
            at += 1
        return start, hidden, []

    def _table(self, items: list[Node], at: int, hidden: frozenset[str], out: list[Node]) -> int:
        """Take what stands where a table is expected; gives the place after it."""
        if word_of(items[at]) == "only":
            raise syntax_error("only")
        names, after = name_of(items, at)
        follows = items[after] if after < len(items) else None
        left = word_of(items[at]) in _NO_TABLE or isinstance(follows, Group)
        left = left or (len(names) == 1 and names[0] in hidden)
        query = None if left else self._replace(names)
        if query is None:
            out.extend(items[at:after])
            return max(after, at + 1)
        out.append(Group(query))
        if len(names) > 1:
            self._replaced.add((names[-2], names[-1]))
        aliased = word_of(follows) == "as" or (
            isinstance(follows, Token)
            and follows.kind in ("word", "quoted")
            and (follows.kind == "quoted" or follows.lower not in _NO_ALIAS)
        )
        if not aliased:
            out += [word("as"), Token("quoted", quoted_name(names[-1]))]
        return after

    def _without_schemas(self, items: list[Node]) -> list[Node]:
        """Columns named with schema and table lose the schema, which a subquery's alias does not have."""
        out: list[Node] = []
        at = 0
        while at < len(items):
            item = items[at]
            if isinstance(item, Group):
                out.append(Group(self._without_schemas(item.items)))
                at += 1
                continue
            names, after = name_of(items, at) if item.kind in ("word", "quoted") else ([], at + 1)
            star = bool(names) and is_op(items[after] if after < len(items) else None, "*")
            parts = len(names) + star
            if parts > 2 and (names[-3 + star], names[-2 + star]) in self._replaced:
                out += items[after - (2 if star else 3) : after]
            else:
                out += items[at : max(after, at + 1)]
            at = max(after, at + 1)
        return out
