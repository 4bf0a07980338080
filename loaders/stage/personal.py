"""Personal data in the columns of a file: tokens are made, e-mail addresses in other columns taken out."""

from __future__ import annotations

from collections.abc import Sequence

from loaders import sql
from loaders.stage.cells import Cell

# Whatever stands around an at sign; a mark of CSV, JSON or prose ends it.
_WORD = r"""[^\s@<>()\[\]{},;:"'|/\\=]+"""
EMAIL = rf"{_WORD}@{_WORD}\.{_WORD}"
PHONE = r"\+?[0-9(][0-9 ()./-]{5,24}[0-9]"
REMOVED = "[mail]"  # as long as the shortest address, so that no value outgrows its column

WITHOUT_EMAIL = f"""create or replace macro bm_without_email(value) as
    case
        when contains(value, '@') then regexp_replace(value, {sql.literal(EMAIL)}, '{REMOVED}', 'g')
        else value
    end"""


def kept_values(cells: Sequence[Cell]) -> dict[str, str]:
    """Write for each column of the contract the value to keep.

    Args:
        cells: The columns.

    Returns:
        SQL over the typed values, by name of column. An e-mail address stays only where its column is classed
        as a direct identifier: a merchant's name or a note is read by people who must not see it.
    """
    by_name = {cell.plan.target.name: cell for cell in cells}
    return {name: _kept(cell, by_name.get(cell.plan.target.token_of or "")) for name, cell in by_name.items()}


def _kept(cell: Cell, token_of: Cell | None) -> str:
    if token_of is not None:
        return f"bm_token({sql.literal(token_of.plan.target.identifies)}, {token_of.typed_name})"
    from_file = cell.plan.spec.value is None and bool(cell.plan.references)
    if cell.is_text and from_file and cell.plan.target.pii != "direct":
        return f"bm_without_email({cell.typed_name})"
    return cell.typed_name
