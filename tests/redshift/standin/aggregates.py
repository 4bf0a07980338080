"""LISTAGG, MEDIAN, PERCENTILE_CONT, RATIO_TO_REPORT and IGNORE NULLS, which PostgreSQL lacks."""

from __future__ import annotations

from tests.redshift.standin import expressions
from tests.redshift.standin.build import call, sign, word
from tests.redshift.standin.tokens import Group, Node, Token, parse, split, word_of


def _over(items: list[Node], at: int) -> list[Node] | None:
    """The window that follows at a place."""
    if at + 1 < len(items) and word_of(items[at]) == "over":
        window = items[at + 1]
        return expressions.rewrite(window.items) if isinstance(window, Group) else None
    return None


def _within_group(items: list[Node], at: int) -> tuple[list[Node], int]:
    """The order of WITHIN GROUP at a place, and how many nodes that took."""
    if [word_of(item) for item in items[at : at + 2]] == ["within", "group"]:
        inner = items[at + 2]
        return (expressions.rewrite(inner.items) if isinstance(inner, Group) else []), 3
    return [], 0


def _listagg(items: list[Node], at: int, out: list[Node]) -> int:
    group = items[at + 1]
    assert isinstance(group, Group)
    args = split(expressions.rewrite(group.items))
    distinct = word_of(args[0][0]) == "distinct"
    value: list[Node] = args[0][1:] if distinct else args[0]
    text = call("rs.nonempty", [Group(value), *parse(":: text")])
    glue = args[1] if len(args) > 1 else [Token("string", "''")]
    order, taken = _within_group(items, at + 2)
    window = _over(items, at + 2 + taken)
    if window is not None:
        frame = parse("rows between unbounded preceding and unbounded following") if order else []
        out += [*call("rs.listagg", text, glue), word("over"), Group([*window, *order, *frame])]
        return taken + 4
    if distinct:
        sort = order or [*parse("order by"), *value]
        joined = call(
            "pg$array_to_string", [word("pg$array_agg"), Group([word("distinct"), *value, *sort])], glue
        )
        out += call("rs.listagg", joined)
    else:
        out += call("rs.listagg", [word("rs.listagg"), Group([*text, sign(","), *glue, *order])])
    return taken + 2


def _percentile(items: list[Node], at: int, out: list[Node]) -> int:
    """MEDIAN and PERCENTILE_CONT over a window, which PostgreSQL does not have."""
    group = items[at + 1]
    assert isinstance(group, Group)
    name = word_of(items[at])
    inner = expressions.rewrite(group.items)
    order, taken = _within_group(items, at + 2) if name != "median" else ([*parse("order by"), *inner], 0)
    point = inner if name != "median" else parse("0.5")
    window = _over(items, at + 2 + taken)
    if window is None:
        out += [
            word("percentile_cont" if name == "median" else name),
            Group(point),
            *parse("within group"),
            Group(order),
        ]
        return taken + 2
    value = [item for item in order[2:] if word_of(item) not in ("asc", "desc")]
    kept = [*call("rs.kept", [Group(value), *parse(":: float8")]), word("over"), Group(window)]
    out += call(f"rs.{name}", kept, point)
    return taken + 4


_NULLS_FROM = {
    "lag": "rows between unbounded preceding and 1 preceding",
    "lead": "rows between 1 following and unbounded following",
}


def _ignore_nulls(items: list[Node], at: int, out: list[Node]) -> int:
    """LAG, LEAD, FIRST_VALUE, LAST_VALUE, NTH_VALUE … IGNORE NULLS; nothing taken where it does not stand."""
    group = items[at + 1]
    assert isinstance(group, Group)
    inside, taken = expressions.rewrite(group.items), 2
    if [word_of(item) for item in inside[-2:]] == ["ignore", "nulls"]:
        inside = inside[:-2]
    elif [word_of(item) for item in items[at + 2 : at + 4]] == ["ignore", "nulls"]:
        taken = 4
    else:
        return 0
    name, args = word_of(items[at]), split(inside)
    window = _over(items, at + taken) or []
    place = args[1] if len(args) > 1 else parse("1")
    place = [sign("-"), *place] if name in ("lag", "last_value") else place
    frame = parse(_NULLS_FROM[name]) if name in _NULLS_FROM else []
    kept = [*call("rs.kept", args[0]), word("over"), Group([*window, *frame])]
    out += call(f"rs.{name}", kept, place)
    return taken + 2


def _ratio_to_report(items: list[Node], at: int, out: list[Node]) -> int:
    group = items[at + 1]
    assert isinstance(group, Group)
    window = _over(items, at + 2)
    value = expressions.rewrite(group.items)
    out += call("rs.ratio_to_report", value, [*call("sum", value), word("over"), Group(window or [])])
    return 4


def rewrite_aggregate(items: list[Node], at: int, out: list[Node]) -> int:
    """Translate the call at a place if it is one of these; says how many nodes that were."""
    name = word_of(items[at])
    if name == "listagg":
        return _listagg(items, at, out)
    if name in ("median", "percentile_cont"):
        return _percentile(items, at, out)
    if name == "ratio_to_report":
        return _ratio_to_report(items, at, out)
    if name in ("lag", "lead", "first_value", "last_value", "nth_value"):
        return _ignore_nulls(items, at, out)
    return 0
