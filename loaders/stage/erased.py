"""Rows of erased customers in a file under way: known by their tokens, left out, and counted.

A row is left out where a column of the contract that identifies something names what was erased; a column
with `erase: value` loses its value alone, since its row is about somebody else. An e-mail address or a
telephone number speaks for a row only where no customer does, for a household shares them. Rows that are
not good are searched as text too, and if they could not be split into columns, word by word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from loaders import sql
from loaders.contract import TOKEN_KINDS, Column, TableContract
from loaders.stage.personal import EMAIL, PHONE
from loaders.stage.readers import END

NO_TOKENS = "create or replace temp table bm_erased_tokens (kind varchar, token varchar)"
BETWEEN_WORDS = r"""[\s,;:|"'{}\[\]]+"""


class Erased:
    """What a file's scratch holds of the erased."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, contract: TableContract, scratch: Path) -> None:
        """Keep where to look; nothing is read yet."""
        self.connection = connection
        self.scratch = f"read_parquet({sql.literal(str(scratch))}, file_row_number = true)"
        self.columns = tuple(column for column in contract.columns if column.identifies)
        self.rows = 0
        self.mark = ""
        self._found: frozenset[str] = frozenset()

    def find(self) -> None:
        """Find the rows: bm_gone has positions in the scratch, bm_gone_lines rows of bm_rejects."""
        self.connection.execute("create or replace temp table bm_gone (position bigint)")
        self.connection.execute("create or replace temp table bm_gone_lines (row_number bigint)")
        if not self._fetch("select count(*) from bm_erased_tokens")[0][0]:
            return
        self._find_words()
        self._find_values()
        self._find_rows()
        positions = self._fetch("select position from bm_gone order by 1")
        lines = self._fetch("select row_number from bm_gone_lines order by 1")
        self.rows = len(positions) + len(lines)
        self._found = frozenset(kind for (kind,) in self._fetch("select distinct kind from bm_erased_values"))
        if self._found:
            facts = str((positions, lines, sorted(self._found)))
            self.mark = hashlib.sha256(facts.encode()).hexdigest()[:16]

    def kept(self, column: Column) -> str:
        """Write the value of a good row's column.

        Args:
            column: The column.

        Returns:
            SQL, null where the value names what was erased and the row stays.
        """
        name = sql.name(column.name)
        if column.erase != "value" or column.identifies not in self._found:
            return name
        return f"case when {_names_erased(column)} then null else {name} end as {name}"

    def _find_words(self) -> None:
        kinds = sql.literals(sorted({c.identifies for c in self.columns if c.identifies} - set(TOKEN_KINDS)))
        self.connection.execute(f"""
            create or replace temp table bm_words as
            with texts as (
                select
                    file_row_number as position, null as row_number, "~raw" as raw,
                    "~column" is not null as is_split
                from {self.scratch} where "~raw" is not null and "~reason" <> {sql.literal(END)}
                union all select null, row_number, raw, false from bm_rejects
            )
            select *, 'email' as kind, unnest(regexp_extract_all(raw, {sql.literal(EMAIL)})) as value
            from texts
            union all
            select *, 'phone', unnest(regexp_extract_all(raw, {sql.literal(PHONE)})) from texts
            union all
            select * exclude (word), unnest(cast([{kinds}] as varchar[])), word
            from (
                select *, unnest(regexp_split_to_array(raw, {sql.literal(BETWEEN_WORDS)})) as word
                from texts where not is_split
            )
        """)  # noqa: S608

    def _find_values(self) -> None:
        named = [
            f"select {sql.literal(c.identifies)} as kind, {sql.name(c.name)} as value from {self.scratch}"  # noqa: S608
            for c in self.columns
        ]
        candidates = " union ".join(["select kind, value from bm_words", *named])
        self.connection.execute(f"""
            create or replace temp table bm_erased_values as
            select distinct kind, value
            from (
                select kind, value,
                    key_id || ':' || bm_hmac(ipad, opad, bm_canonical(kind, value)) as token
                from ({candidates}) cross join bm_keys
            ) as candidates
            semi join bm_erased_tokens using (kind, token)
        """)  # noqa: S608

    def _find_rows(self) -> None:
        customers = [sql.name(c.name) for c in self.columns if c.identifies == "customer"]
        nobody = " and ".join(f"{name} is null" for name in customers) or "true"
        good = _any_of(self._hits(nobody, "row"))
        dead = _any_of(self._hits(nobody, "row", "value"))
        in_text = """file_row_number in (
            select position from bm_words semi join bm_erased_values using (kind, value)
            where position is not null
        )"""
        self.connection.execute(f"""
            insert into bm_gone
            select file_row_number from {self.scratch}
            where case
                when "~reason" is null then {good}
                else {dead} or {in_text}
            end
        """)  # noqa: S608
        self.connection.execute("""
            insert into bm_gone_lines
            select distinct row_number from bm_words semi join bm_erased_values using (kind, value)
            where row_number is not null
        """)

    def _hits(self, nobody: str, *erase: str) -> Iterable[str]:
        for column in self.columns:
            if column.erase in erase:
                alone = f" and {nobody}" if column.identifies in TOKEN_KINDS else ""
                yield f"({_names_erased(column)}{alone})"

    def _fetch(self, statement: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(statement).fetchall()


def _names_erased(column: Column) -> str:
    values = f"select value from bm_erased_values where kind = {sql.literal(column.identifies)}"  # noqa: S608
    return f"coalesce({sql.name(column.name)} in ({values}), false)"


def _any_of(conditions: Iterable[str]) -> str:
    return f"({' or '.join(conditions) or 'false'})"
