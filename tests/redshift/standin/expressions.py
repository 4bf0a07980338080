"""Redshift's expressions in PostgreSQL's words: date parts, nvl, decode, listagg, types, top, minus."""

from __future__ import annotations

from collections.abc import Callable

from tests.redshift.standin import aggregates
from tests.redshift.standin.build import call, sign, word
from tests.redshift.standin.errors import FEATURE_NOT_SUPPORTED, RedshiftError, syntax_error
from tests.redshift.standin.tokens import Group, Node, Token, is_op, literal, parse, split, word_of

Handler = Callable[[list[Node]], list[Node]]

# System relations that the stand-in answers from views of its own, in schema rs.
_SYSTEM_RELATIONS = frozenset({"pg_attribute", "pg_views", "pg_tables", "pg_user"})
_INFORMATION_SCHEMA = frozenset({"columns", "views", "tables"})
_DECIMALS = frozenset({"decimal", "numeric", "dec"})
_TYPE_NAMES = {
    "nvarchar": "varchar",
    "nchar": "char",
    "datetime": "timestamp",
    "varbinary": "bytea",
    "varbyte": "bytea",
    "float4": "real",
    "string": "varchar",
}
_WITHOUT_GROUP = frozenset(
    {"interval", "values", "in", "and", "or", "not", "on", "using", "as", "over", "by"}
)


def type_of(items: list[Node], at: int) -> tuple[list[Node], int]:
    """A type name at a place, in PostgreSQL's words, and the place after it."""
    name = word_of(items[at]) if at < len(items) else ""
    follows = items[at + 1] if at + 1 < len(items) else None
    if name in _DECIMALS:
        if isinstance(follows, Group):
            return [word("numeric"), _checked_precision(follows)], at + 2
        return [word("numeric"), Group(parse("18,0"))], at + 1
    if name in ("max",):
        raise syntax_error(name)
    if name in _TYPE_NAMES:
        return [word(_TYPE_NAMES[name])], at + 1 + (
            _TYPE_NAMES[name] == "bytea" and isinstance(follows, Group)
        )
    if isinstance(follows, Group) and name in ("varchar", "char", "character", "nvarchar", "bpchar"):
        length = word_of(follows.items[0]) if follows.items else ""
        if length == "max":
            return [word(name), Group(parse("65535"))], at + 2
    return [items[at]] if at < len(items) else [], at + 1


def _checked_precision(group: Group) -> Group:
    numbers = [int(part[0].text) for part in split(group.items) if isinstance(part[0], Token)]
    if numbers and numbers[0] > 38:
        raise RedshiftError(f"NUMERIC precision {numbers[0]} must be between 1 and 38", "22023")
    if len(numbers) > 1 and numbers[1] > 37:
        raise RedshiftError(f"NUMERIC scale {numbers[1]} must be between 0 and 37", "22023")
    return group


def _part(arg: list[Node]) -> list[Node]:
    """A date part, bare or in quotes, as a literal."""
    first = arg[0] if len(arg) == 1 else None
    if isinstance(first, Token) and first.kind in ("word", "quoted"):
        return [Token("string", literal(first.lower))]
    return arg


def _dated(name: str) -> Handler:
    def handle(items: list[Node]) -> list[Node]:
        args = split(items)
        if not args:
            raise RedshiftError(f"function {name}() does not exist", "42883")
        return call(name, _part(args[0]), *args[1:])

    return handle


def _nvl(items: list[Node]) -> list[Node]:
    return call("coalesce", *split(items))


def _nvl2(items: list[Node]) -> list[Node]:
    tested, there, missing = split(items)
    return [
        Group(
            [
                *parse("case when"),
                Group(tested),
                *parse("is not null then"),
                Group(there),
                word("else"),
                Group(missing),
                word("end"),
            ]
        )
    ]


def _decode(items: list[Node]) -> list[Node]:
    args = split(items)
    branches: list[Node] = []
    pairs = args[1:]
    while len(pairs) > 1:
        branches += [word("when"), Group(args[0]), *parse("is not distinct from"), Group(pairs[0])]
        branches += [word("then"), Group(pairs[1])]
        pairs = pairs[2:]
    if pairs:
        branches += [word("else"), Group(pairs[0])]
    return [Group([word("case"), *branches, word("end")])]


def _concat(items: list[Node]) -> list[Node]:
    args = split(items)
    if len(args) != 2:
        raise RedshiftError("function concat does not exist with this number of arguments", "42883")
    return [Group([Group(args[0]), *parse(":: text ||"), Group(args[1]), *parse(":: text")])]


def _cast(items: list[Node]) -> list[Node]:
    for at in range(len(items) - 1, 0, -1):
        if word_of(items[at]) == "as":
            kind, after = type_of(items, at + 1)
            return [word("cast"), Group([*_rounded(items[:at], kind), items[at], *kind, *items[after:]])]
    return [word("cast"), Group(items)]


def _rounded(value: list[Node], kind: list[Node]) -> list[Node]:
    """A literal is rounded where it is cast to a DECIMAL; what comes from a table is cut."""
    literal_number = isinstance(value[-1], Token) and value[-1].kind == "number" and len(value) <= 2
    precision = kind[-1] if kind and word_of(kind[0]) == "numeric" else None
    if not literal_number or not isinstance(precision, Group):
        return value
    parts = split(precision.items)
    return call("round", value, parts[1] if len(parts) > 1 else parse("0"))


def _convert(items: list[Node]) -> list[Node]:
    kind, value = split(items)[0], split(items)[1]
    return [word("cast"), Group([*value, word("as"), *type_of(kind, 0)[0], *kind[type_of(kind, 0)[1] :]])]


def _json_path(items: list[Node]) -> list[Node]:
    args = split(items)
    null_if_invalid = word_of(args[-1][0]) if args and len(args[-1]) == 1 else ""
    if null_if_invalid in ("true", "false"):
        return call("rs.json_extract_path_text", [word(null_if_invalid)], *args[:-1])
    return call("rs.json_extract_path_text", [word("false")], *args)


def _super_array(items: list[Node]) -> list[Node]:
    return [*call('rs."array"', *split(items)), *parse(":: super")]


def _super_object(items: list[Node]) -> list[Node]:
    return [*call('rs."object"', *split(items)), *parse(":: super")]


_HANDLERS: dict[str, Handler] = {
    "dateadd": _dated("date_add"),
    "date_add": _dated("date_add"),
    "datediff": _dated("date_diff"),
    "date_diff": _dated("date_diff"),
    "date_part": _dated("pgdate_part"),
    "pgdate_part": _dated("pgdate_part"),
    "date_trunc": _dated("date_trunc"),
    "nvl": _nvl,
    "nvl2": _nvl2,
    "decode": _decode,
    "concat": _concat,
    "cast": _cast,
    "convert": _convert,
    "json_extract_path_text": _json_path,
    "array": _super_array,
    "object": _super_object,
    "try_cast": _cast,
}


def rewrite(items: list[Node]) -> list[Node]:
    """Translate one level and all below it."""
    out: list[Node] = []
    at = 0
    while at < len(items):
        taken = _rewrite_at(items, at, out)
        at += taken
    return _with_top(out)


def _rewrite_at(items: list[Node], at: int, out: list[Node]) -> int:
    """Translate what stands at a place; says how many nodes that were."""
    node = items[at]
    if isinstance(node, Group):
        out.append(Group(rewrite(node.items)))
        return 1
    if node.kind != "word":
        out.append(node)
        if node.text == "::":
            kind, after = type_of(items, at + 1)
            if len(out) > 1 and isinstance(out[-2], Token) and out[-2].kind == "number":
                out[-2:-1] = _rounded(out[-2:-1], kind)
            out.extend(kind)
            return after - at
        return 1
    dotted = is_op(out[-1] if out else None, ".")
    follows = items[at + 1] if at + 1 < len(items) else None
    if not dotted and isinstance(follows, Group):
        return _rewrite_call(items, at, out)
    return _rewrite_word(items, at, out, dotted=dotted)


def _rewrite_call(items: list[Node], at: int, out: list[Node]) -> int:
    name = word_of(items[at])
    group = items[at + 1]
    assert isinstance(group, Group)
    taken = aggregates.rewrite_aggregate(items, at, out)
    if taken:
        return taken
    handler = _HANDLERS.get(name)
    if handler:
        out.extend(handler(rewrite(group.items)))
    elif name == "extract":
        out.extend(_extract(rewrite(group.items)))
    else:
        out.extend([items[at], Group(rewrite(group.items))])
    return 2


def _extract(items: list[Node]) -> list[Node]:
    """EXTRACT(part FROM value) gives an integer and is called date_part."""
    if len(items) < 3 or word_of(items[1]) != "from":
        return [word("extract"), Group(items)]
    return call("rs.date_part", _part(items[:1]), items[2:])


def _rewrite_word(items: list[Node], at: int, out: list[Node], *, dotted: bool) -> int:
    name = word_of(items[at])
    previous = word_of(out[-1]) if out else ""
    follows = items[at + 1] if at + 1 < len(items) else None
    if dotted:
        owner = word_of(out[-2]) if len(out) > 1 else ""
        if (owner == "information_schema" and name in _INFORMATION_SCHEMA) or (
            owner == "pg_catalog" and name in _SYSTEM_RELATIONS
        ):
            out[-2] = word("rs")
        out.append(items[at])
    elif name == "sysdate" and previous != "as":
        out.extend(call("rs.sysdate"))
    elif name == "minus" and previous != "as" and word_of(follows) in ("select", ""):
        out.append(word("except"))
    elif name == "approximate" and word_of(follows) in ("count", "percentile_disc"):
        return 1
    elif name in _SYSTEM_RELATIONS and not is_op(follows, ".") and previous != "as":
        out.extend([word("rs"), sign("."), items[at]])
    elif name == "respect" and word_of(follows) == "nulls":
        return 2
    else:
        out.append(items[at])
    return 1


def _with_top(items: list[Node]) -> list[Node]:
    """`select top n` as `limit n` at the end of its query."""
    for at, item in enumerate(items[:-1]):
        if word_of(item) == "top" and word_of(items[at - 1]) in ("select", "distinct") and at:
            count = items[at + 1]
            if isinstance(count, Token) and count.kind not in ("number", "param"):
                continue
            if any(word_of(later) == "limit" for later in items[at:]):
                raise RedshiftError("cannot use both TOP and LIMIT clauses", FEATURE_NOT_SUPPORTED)
            end = len(items)
            return [*items[:at], *items[at + 2 : end], word("limit"), count]
    return items
