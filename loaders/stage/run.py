"""The staging of one file: DuckDB reads text, casts, checks, and writes good and dead rows as Parquet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from loaders import sql
from loaders.errors import IncompleteFileError, InputFileError
from loaders.lake.parts import ROW_GROUP_ROWS, write_part
from loaders.stage import personal
from loaders.stage.cells import RETYPED_REASONS, Cell
from loaders.stage.drift import Fit, retyped
from loaders.stage.erased import Erased
from loaders.stage.readers import END, Rows
from loaders.stage.row_sql import CELLS, RowSql, detail

RETYPED_LEAST = 10
ROW_NUMBER = "_row_number"
STRUCTURAL = {
    "MISSING COLUMNS": "wrong_field_count",
    "TOO MANY COLUMNS": "wrong_field_count",
    "UNQUOTED VALUE": "bad_quotes",
    "INVALID ENCODING": "bad_encoding",
    "LINE SIZE OVER MAXIMUM": "too_long",
    "INVALID STATE": "bad_quotes",
}


@dataclass(frozen=True)
class Staged:
    """What staging made of a file: a part of good rows and one of dead letters, where there are any."""

    good: Path | None
    dead: Path | None
    rows_in: int
    rows_loaded: int
    rows_dead: int
    rows_erased: int = 0
    erased_mark: str = ""

    def facts(self) -> dict[str, str]:
        """Give what beside file, mapping and contract decided the parts."""
        return {"erased": self.erased_mark} if self.erased_mark else {}


class Stage:
    """Staging of one file on a connection."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        rows: Rows,
        fit: Fit,
        folder: Path,
        file_name: str,
        *,
        taken: Path | None = None,
    ) -> None:
        """Prepare the columns.

        Args:
            connection: A connection in memory with the macros of `cards`.
            rows: The file's rows.
            fit: The file's columns and the contract's.
            folder: Folder for scratch and parts.
            file_name: Name of the file for messages.
            taken: For dead letters that are read again, the keys that their file's good rows hold (Parquet).
        """
        self.taken = taken
        self.connection = connection
        self.rows = rows
        self.fit = fit
        self.folder = folder
        self.file_name = file_name
        self.cells = [Cell(plan, i, rows.may_have_nul) for i, plan in enumerate(fit.plans)]
        self.row_sql = RowSql(rows, self.cells)
        self.scratch = folder / "scratch.parquet"
        self.erased = Erased(connection, fit.contract, self.scratch)

    def run(self) -> Staged:
        """Read, check and write.

        Returns:
            The parts and the counts.

        Raises:
            InputFileError: DuckDB can't read the file, or the counts don't add up.
        """
        self._read()
        self._check_end()
        self._index_rejects()
        if self.rows.numbers is None:
            self._check_retyped()
        self.erased.find()
        self._find_duplicates()
        good = self._write("part-00000.parquet", self._good_sql())
        dead = self._write("dead-00000.parquet", self._dead_sql())
        rows_in = self._count(self._read_rows) + self._count("bm_rejects")
        self.scratch.unlink()
        if good[1] + dead[1] + self.erased.rows != rows_in:
            raise InputFileError(
                f"{self.file_name}: {rows_in} rows read, but {good[1]} good and {dead[1]} dead."
            )
        return Staged(good[0], dead[0], rows_in, good[1], dead[1], self.erased.rows, self.erased.mark)

    def _read(self) -> None:
        kept = personal.kept_values(self.cells)
        targets = ", ".join(f"{value} as {sql.name(name)}" for name, value in kept.items())
        cells = self.row_sql.redacted('"~verdict"[4]')
        statement = f"""
            copy (
                select
                    {targets},
                    "~verdict"[1] as "~reason", "~verdict"[2] as "~column",
                    case when "~verdict"[2] is not null then {detail()} end as "~detail",
                    case when "~verdict" is not null then {self.row_sql.raw_row()} end as "~raw"
                from (
                    select *, case when "~verdict" is not null then {cells} end as {CELLS}
                    from ({self.row_sql.checked()})
                )
            ) to {sql.literal(str(self.scratch))} (format parquet)
        """  # noqa: S608
        try:
            self.connection.execute(statement)
        except duckdb.InvalidInputException as error:
            raise InputFileError(
                f"{self.file_name} can't be read: {str(error).splitlines()[0]}.",
                hint="Check delimiter, quote and encoding in the mapping.",
            ) from error

    @property
    def _read_rows(self) -> str:
        scratch = f"read_parquet({sql.literal(str(self.scratch))})"
        return f'{scratch} where "~reason" is distinct from {sql.literal(END)}'

    def _check_end(self) -> None:
        # DuckDB is silent about an open quote that swallows the rest of a file it reads with one scanner.
        last = f'read_parquet({sql.literal(str(self.scratch))}) where "~reason" = {sql.literal(END)}'
        if self.rows.ends and not self._count(last):
            raise IncompleteFileError(
                f"{self.file_name} ends within quotes: it is cut off, or a quote is never closed.",
                hint="Ask the source to deliver it again.",
            )

    def _index_rejects(self) -> None:
        self.connection.execute(
            "create or replace temp table bm_rejects"
            " (row_number bigint, reason varchar, detail varchar, raw varchar)"
        )
        if self.rows.rejects is None or not self._count(self.rows.rejects):
            return
        reasons = " ".join(f"when {sql.literal(k)} then {sql.literal(v)}" for k, v in STRUCTURAL.items())
        broken_json = "'broken_json'" if self.rows.line_rows else "'wrong_field_count'"
        self.connection.execute(f"""
            insert into bm_rejects
            select
                line - {self.rows.first_line - 1},
                case
                    when bm_has_card(first(csv_line)) then 'card_number'
                    else case first(error_type order by byte_position) {reasons} else {broken_json} end
                end,
                left(bm_redact(first(error_message order by byte_position)), 200),
                bm_cut(bm_redact(ltrim(first(csv_line), chr(10) || chr(13))))
            from {self.rows.rejects}
            group by line
        """)  # noqa: S608

    def _check_retyped(self) -> None:
        failed = self.connection.execute(f"""
            select "~column", count(*) from read_parquet({sql.literal(str(self.scratch))})
            where "~reason" in ({sql.literals(RETYPED_REASONS)}) group by 1 having count(*) >= {RETYPED_LEAST}
            order by 2 desc
        """).fetchall()  # noqa: S608
        for column, count in failed:
            relation = f"read_parquet({sql.literal(str(self.scratch))}) where {sql.name(column)} is not null"
            fine = self._count(relation)
            if count > fine:
                raise retyped(self.file_name, self.fit.contract, column, count, fine)

    def _find_duplicates(self) -> None:
        self.connection.execute("create or replace temp table bm_twice (position bigint)")
        key = ", ".join(sql.name(column) for column in self.fit.contract.unique_key)
        if not key:
            return
        scratch = f"read_parquet({sql.literal(str(self.scratch))}, file_row_number = true)"
        self.connection.execute(f"""
            insert into bm_twice
            select rows.file_row_number
            from {scratch} as rows
            inner join (
                select {key}, min(file_row_number) as first_position from {scratch}
                where "~reason" is null group by {key} having count(*) > 1
            ) as twice using ({key})
            where rows."~reason" is null and rows.file_row_number > twice.first_position
        """)  # noqa: S608
        if self.taken is not None:
            self.connection.execute(f"""
                insert into bm_twice
                select file_row_number from {scratch}
                where "~reason" is null
                    and ({key}) in (select ({key}) from read_parquet({sql.literal(str(self.taken))}))
            """)  # noqa: S608
        self.connection.execute("delete from bm_twice where position in (select position from bm_gone)")

    def _positions(self) -> tuple[str, str]:
        """Give the scratch with row numbers: those of the rows that could not be split are left free."""
        scratch = f"read_parquet({sql.literal(str(self.scratch))}, file_row_number = true)"
        if self.rows.numbers is not None:
            numbered = f"""(
                select rows.*, numbers.row_number as {ROW_NUMBER} from {scratch} as rows
                inner join {self.rows.numbers} as numbers on rows.file_row_number = numbers.position
            )"""  # noqa: S608
            return numbered, f" order by {ROW_NUMBER}"
        if not self._count("bm_rejects"):
            return f"(select *, file_row_number + 1 as {ROW_NUMBER} from {scratch})", ""  # noqa: S608
        self.connection.execute("""
            create or replace temp table bm_shifts as
            select row_number - shift as position, max(shift) as shift
            from (select row_number, row_number() over (order by row_number) as shift from bm_rejects)
            group by 1
        """)
        shifted = f"""(
            select rows.*, rows.file_row_number + 1 + coalesce(shifts.shift, 0) as {ROW_NUMBER}
            from {scratch} as rows
            asof left join bm_shifts as shifts on rows.file_row_number >= shifts.position
        )"""  # noqa: S608
        return shifted, f" order by {ROW_NUMBER}"

    def _good_sql(self) -> str:
        relation, order = self._positions()
        columns = ", ".join(self.erased.kept(cell.plan.target) for cell in self.cells)
        first_only = ""
        if self._count("bm_twice"):
            first_only = " and file_row_number not in (select position from bm_twice)"
        first_only += self._not_erased()
        return f'select {columns}, {ROW_NUMBER} from {relation} where "~reason" is null{first_only}{order}'  # noqa: S608

    def _dead_sql(self) -> str:
        relation, _ = self._positions()
        columns = f'{ROW_NUMBER} as row_number, "~column" as column_name, "~reason" as reason_code'
        columns += ', "~detail" as detail, "~raw" as raw_row'
        parts = [
            f'select {columns} from {relation} where "~reason" <> {sql.literal(END)}{self._not_erased()}',  # noqa: S608
            "select row_number, null, reason, detail, raw from bm_rejects"
            " where row_number not in (select row_number from bm_gone_lines)",
        ]
        if self._count("bm_twice"):
            parts.append(self._twice_sql(relation))
        return f"select * from ({' union all '.join(parts)}) order by row_number"  # noqa: S608

    def _not_erased(self) -> str:
        return " and file_row_number not in (select position from bm_gone)" if self.erased.rows else ""

    def _twice_sql(self, relation: str) -> str:
        # The scratch holds no raw text of good rows: the file is read again for the few that are twice.
        key = ", ".join(self.fit.contract.unique_key)
        return f"""
            select
                places.{ROW_NUMBER}, {sql.literal(key)}, 'duplicate_key', 'the key is in an earlier row',
                again.raw
            from (
                select position, {self.row_sql.raw_row()} as raw
                from (
                    select *, {self.row_sql.redacted()} as {CELLS}
                    from (select *, row_number() over () - 1 as position from {self.rows.reread})
                    where position in (select position from bm_twice)
                )
            ) as again
            inner join (select file_row_number, {ROW_NUMBER} from {relation}) as places
                on again.position = places.file_row_number
        """  # noqa: S608

    def _write(self, name: str, query: str) -> tuple[Path | None, int]:
        path = self.folder / name
        count = write_part(path, self.connection.execute(query).to_arrow_reader(ROW_GROUP_ROWS))
        return (path, count) if count else (None, 0)

    def _count(self, relation: str) -> int:
        row = self.connection.execute(f"select count(*) from {relation}").fetchone()  # noqa: S608
        return int(row[0]) if row else 0
