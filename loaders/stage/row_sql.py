"""SQL for whole rows: the steps of all columns, the verdict on a row, and the row as it came."""

from __future__ import annotations

from collections.abc import Sequence

from loaders import sql
from loaders.stage import cards
from loaders.stage.cells import Cell
from loaders.stage.readers import END, LINE, PROBLEM, Rows

CARD = '"~card"'
CELLS = '"~cells"'
DETAIL_LENGTH = 200
CUT = " … [cut]"
RAW_ROW_BYTES = 65_535
RAW_ROW_KEPT = 16_000  # characters of a longer row; each has four bytes at most
CUT_MACRO = f"""create or replace macro bm_cut(t) as
    case when strlen(t) > {RAW_ROW_BYTES} then left(t, {RAW_ROW_KEPT}) || '{CUT}' else t end"""


class RowSql:
    """SQL over the rows of one file."""

    def __init__(self, rows: Rows, cells: Sequence[Cell]) -> None:
        """Keep the rows and their columns."""
        self.rows = rows
        self.cells = cells

    def checked(self) -> str:
        """Write the rows with the steps of each column and the verdict, which is null for a good row."""
        text = ", ".join(f"{cell.text()} as {cell.text_name}" for cell in self.cells)
        steps = f"select *, {text} from {self.rows.relation}"  # noqa: S608
        for names in (
            [(cell.mapped(), cell.mapped_name) for cell in self.cells],
            [(cell.typed(), cell.typed_name) for cell in self.cells],
        ):
            if step := ", ".join(f"{value} as {name}" for value, name in names if value):
                steps = f"select *, {step} from ({steps})"  # noqa: S608
        branches = "\n".join(cell.verdict() for cell in self.cells)
        searched = {cell.plan.target.name: cell.text_name for cell in self.cells if cell.may_hold_card}
        if searched:
            steps = f"select *, {cards.place(list(searched.values()))} as {CARD} from ({steps})"  # noqa: S608
            branches = f"{cards.branch(searched, CARD)}\n{branches}"
        if self.rows.line_rows:
            problem = f"when {PROBLEM} is not null then [{self._line_reason()}, null, null, null]"
            branches = f"{problem}\n{branches}"
        if self.rows.ends:
            end = sql.literal(END)
            branches = (
                f"when {sql.name(self.rows.names[0])} = {end} then [{end}, null, null, null]\n{branches}"
            )
        verdict = f"case {branches} end" if branches.strip() else "cast(null as varchar[])"
        return f'select *, {verdict} as "~verdict" from ({steps})'  # noqa: S608

    def _line_reason(self) -> str:
        return f"case when bm_has_card({LINE}) then 'card_number' else {PROBLEM} end"

    def _exempt(self) -> set[str]:
        return {
            reference.lower()
            for cell in self.cells
            for reference in cell.plan.references
            if not cell.plan.target.card_number_check or cell.plan.spec.card_number_check is False
        }

    def _searched(self) -> list[str]:
        exempt = self._exempt()
        return [name for name in self.rows.names if name.lower() not in exempt]

    def redacted(self, *more: str) -> str:
        """Write the list of a row's texts with card numbers redacted, which `raw_row` reads as `CELLS`.

        Args:
            more: SQL of texts to redact beside them; they come last.
        """
        # One expression redacts them all: DuckDB would plan a macro for each column anew.
        listed = ", ".join([*map(sql.name, self._searched()), *more])
        return f"list_transform(cast([{listed}] as varchar[]), lambda v: bm_redact(v))"

    def raw_row(self) -> str:
        """Write the row as it came, as JSON with card numbers redacted."""
        places = {name: place for place, name in enumerate(self._searched(), start=1)}
        pairs = ", ".join(
            f"{sql.literal(name)}, {f'{CELLS}[{places[name]}]' if name in places else sql.name(name)}"
            for name in self.rows.names
        )
        row = f"bm_cut(cast(json_object({pairs}) as varchar))"
        if self.rows.line_rows:
            return f"case when {PROBLEM} is not null then bm_cut(bm_redact({LINE})) else {row} end"
        return row


def detail() -> str:
    """Write what was found, redacted as the last of a row's cells, and what its verdict wanted."""
    # Redacted first: a cut might leave a card number that is no longer recognised.
    found = f"coalesce('found ''' || left({CELLS}[-1], {DETAIL_LENGTH}) || '''', 'found nothing')"
    return f"{found} || ', wanted ' || \"~verdict\"[3]"
