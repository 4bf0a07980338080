"""Full card numbers in text: found by Luhn's rule, redacted to their last four digits, by DuckDB."""

from __future__ import annotations

from collections.abc import Mapping

from loaders import sql

REDACTED = "[card number ending "

# Thirteen digits or more, single blanks or dashes between them: cheap, and true for few values.
RUN = "[0-9](?:[ -]?[0-9]){12,}"
MIN_LENGTH = 13

# A run may hold more than the card number, such as a year after it. So it is cut into groups of digits, and
# the whole run, each group, and neighbouring groups of three digits or more are tried.
MACROS = (
    r"""create or replace macro bm_luhn(digits) as
        len(digits) between 13 and 19 and list_sum(list_transform(
            range(1, len(digits) + 1),
            lambda i: case
                when i % 2 = 1 then cast(digits[-i] as integer)
                when digits[-i] < '5' then 2 * cast(digits[-i] as integer)
                else 2 * cast(digits[-i] as integer) - 9
            end
        )) % 10 = 0""",
    r"""create or replace macro bm_spans(groups) as
        [array_to_string(groups, '')] || flatten(list_transform(
            range(1, len(groups) + 1),
            lambda i: list_transform(
                list_filter(
                    range(i, least(i + 6, len(groups) + 1)),
                    lambda j: i = j or list_min(list_transform(groups[i:j], lambda g: len(g))) > 2
                ),
                lambda j: array_to_string(groups[i:j], '')
            )
        ))""",
    r"""create or replace macro bm_card(run) as
        list_filter(bm_spans(regexp_split_to_array(run, '[ -]')), lambda d: bm_luhn(d))[1]""",
    rf"""create or replace macro bm_has_card(value) as
        len(list_filter(regexp_extract_all(value, '{RUN}'), lambda run: bm_card(run) is not null)) > 0""",
    """create or replace macro bm_holding(texts) as
        list_position(list_transform(texts, lambda t: coalesce(bm_has_card(t), false)), true)""",
    rf"""create or replace macro bm_redact_runs(pieces, runs) as
        array_to_string(list_transform(
            range(1, len(pieces) + 1),
            lambda i: pieces[i] || coalesce(
                case
                    when bm_card(runs[i]) is null then runs[i]
                    else '{REDACTED}' || bm_card(runs[i])[-4:] || ']'
                end,
                ''
            )
        ), '')""",
    rf"""create or replace macro bm_redact(value) as
        case when regexp_matches(value, '{RUN}')
            then bm_redact_runs(regexp_split_to_array(value, '{RUN}'), regexp_extract_all(value, '{RUN}'))
            else value
        end""",
)


def branch(columns: Mapping[str, str]) -> str:
    """Write the branch of a row's verdict for full card numbers.

    Args:
        columns: SQL of the texts to search, by name of column.

    Returns:
        SQL `when ... then [reason, column, wanted, found]`; cheap tests come first.
    """
    likely = " or ".join(
        f"case when length({value}) >= {MIN_LENGTH} then regexp_matches({value}, '{RUN}') else false end"
        for value in columns.values()
    )
    texts = f"[{', '.join(columns.values())}]"
    certain = f"bm_holding({texts}) is not null"
    return f"when case when {likely} then {certain} else false end then {_found(texts, columns)}"


def _found(texts: str, columns: Mapping[str, str]) -> str:
    # One lambda, so that the place is computed once.
    found = f"['card_number', [{sql.literals(columns)}][i], 'no full card number', {texts}[i]]"
    return f"list_transform([bm_holding({texts})], lambda i: {found})[1]"
