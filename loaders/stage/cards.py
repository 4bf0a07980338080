"""Full card numbers in text: found by Luhn's rule, redacted to their last four digits, by DuckDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loaders import sql

REDACTED = "[card number ending "

# Thirteen digits or more, single blanks or dashes between them: cheap, and true for few values.
RUN = "[0-9](?:[ -]?[0-9]){12,}"
MIN_LENGTH = 13

# A run may hold more than the card number, such as a year after it. So it is cut into groups of digits, and
# the whole run, each group, and neighbouring groups of three digits or more are tried. Lists are zipped with
# themselves, not indexed: a lambda that holds a list beside its element is slow by the square of its length,
# and mixed up the rows of a vector.
MAX_LENGTH = 19
NEIGHBOURS = 6
_SHIFTS = ", ".join(f"groups[{i}:]" for i in range(1, NEIGHBOURS + 1))
_JOINED = ", ".join(
    f"case when least({', '.join(f'len(g[{j}])' for j in range(1, i + 1))}) > 2"
    f" then {' || '.join(f'g[{j}]' for j in range(1, i + 1))} end"
    for i in range(2, NEIGHBOURS + 1)
)
MACROS = (
    rf"""create or replace macro bm_luhn(digits) as
        case when len(digits) between {MIN_LENGTH} and {MAX_LENGTH} then list_sum(list_transform(
            range(1, len(digits) + 1),
            lambda i: case
                when i % 2 = 1 then cast(digits[-i] as integer)
                when digits[-i] < '5' then 2 * cast(digits[-i] as integer)
                else 2 * cast(digits[-i] as integer) - 9
            end
        )) % 10 = 0 else false end""",
    rf"""create or replace macro bm_spans(groups) as
        [array_to_string(groups, '')] || flatten(list_transform(
            list_zip({_SHIFTS}), lambda g: [g[1], {_JOINED}]
        ))""",
    r"""create or replace macro bm_card(run) as
        list_filter(bm_spans(regexp_split_to_array(run, '[ -]')), lambda d: bm_luhn(d))[1]""",
    rf"""create or replace macro bm_has_card(value) as
        len(list_filter(regexp_extract_all(value, '{RUN}'), lambda run: bm_card(run) is not null)) > 0""",
    """create or replace macro bm_holding(texts) as
        list_position(list_transform(texts, lambda t: coalesce(bm_has_card(t), false)), true)""",
    rf"""create or replace macro bm_redact_runs(pieces, runs) as
        array_to_string(list_transform(
            list_zip(pieces, runs, list_transform(runs, lambda run: bm_card(run))),
            lambda p: p[1] || coalesce(
                case when p[3] is null then p[2] else '{REDACTED}' || p[3][-4:] || ']' end, ''
            )
        ), '')""",
    rf"""create or replace macro bm_redact(value) as
        case when regexp_matches(value, '{RUN}')
            then bm_redact_runs(regexp_split_to_array(value, '{RUN}'), regexp_extract_all(value, '{RUN}'))
            else value
        end""",
)


def place(texts: Sequence[str]) -> str:
    """Write the search of a row for full card numbers.

    Args:
        texts: SQL of the texts to search.

    Returns:
        SQL of the place of the first text that holds one, null where none does; cheap tests come first.
    """
    likely = " or ".join(
        f"case when strlen({text}) >= {MIN_LENGTH} then regexp_matches({text}, '{RUN}') else false end"
        for text in texts
    )
    return f"case when {likely} then bm_holding([{', '.join(texts)}]) end"


def branch(columns: Mapping[str, str], found: str) -> str:
    """Write the branch of a row's verdict for full card numbers.

    Args:
        columns: SQL of the texts that were searched, by name of column.
        found: SQL of the place of the first that holds one.

    Returns:
        SQL `when ... then [reason, column, wanted, found]`.
    """
    name, text = f"[{sql.literals(columns)}][{found}]", f"[{', '.join(columns.values())}][{found}]"
    return f"when {found} is not null then ['card_number', {name}, 'no full card number', {text}]"
