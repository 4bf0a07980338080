"""The lake without a customer: parts are written anew without the rows, under a key of their own content."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import duckdb

from loaders import lake, sql
from loaders.contract import TableContract
from loaders.erase_subject import Subject
from loaders.lake.publish import DEAD_MANIFEST, MANIFEST
from loaders.sources.files import digest

FORMER = re.compile(r"-e[0-9a-f]{8}$")


@dataclass
class Loss:
    """What a load loses.

    Attributes:
        manifest: Key of its manifest as the ledger has it.
        rows: Numbers of its rows in the raw table.
        dead: Numbers of its dead letters.
        emptied: Numbers of dead letters that stay for the books' sake, without their text.
        blanked: Whether rows that stay lose a value.
        new_manifest: Key of its manifest from now on.
    """

    contract: TableContract
    manifest: str = ""
    rows: set[int] = field(default_factory=set)
    dead: set[int] = field(default_factory=set)
    emptied: set[int] = field(default_factory=set)
    blanked: bool = False
    new_manifest: str = ""

    @property
    def folder(self) -> str:
        """Key of the folder that holds its objects."""
        return self.manifest.rpartition("/")[0]


class Rewriter:
    """Writes the objects of loads anew."""

    def __init__(
        self,
        target: lake.Lake,
        connection: duckdb.DuckDBPyConnection,
        subject: Subject,
        scratch: Path,
        slices: int,
    ) -> None:
        """Take the lake, a connection in memory, and a folder on the lake's own disk."""
        self.lake = target
        self.connection = connection
        self.subject = subject
        self.scratch = scratch
        self.slices = slices
        self._done: dict[str, str] = {}

    def rewrite(self, loss: Loss) -> str:
        """Write a load's objects without what it loses; the old ones stay until nothing names them.

        Args:
            loss: The load.

        Returns:
            Key of the new manifest.
        """
        if loss.folder in self._done:
            return self._done[loss.folder]
        folder = self.scratch / str(len(self._done))
        folder.mkdir()
        good = self._part(loss, MANIFEST, folder / "part-00000.parquet", "_row_number", loss.rows)
        dead = self._part(
            loss, DEAD_MANIFEST, folder / "dead-00000.parquet", "row_number", loss.dead | loss.emptied
        )
        content = sha256("".join(digest(part.path) for part in (*good, *dead)).encode()).hexdigest()
        key = f"{FORMER.sub('', loss.folder)}-e{content[:8]}"
        self._done[loss.folder] = lake.publish(self.lake, key, good, dead, folder).manifest
        return self._done[loss.folder]

    def _part(
        self, loss: Loss, manifest: str, path: Path, number: str, gone: set[int]
    ) -> tuple[lake.Part, ...]:
        objects = self._objects(loss.folder, manifest, path.parent)
        if not objects:
            return ()
        self.connection.execute("create or replace temp table bm_lost (row_number bigint)")
        if gone:
            self.connection.execute("insert into bm_lost select unnest($1::bigint[])", [sorted(gone)])
        files = sql.literals(str(file) for file in objects)
        columns = self._columns(loss) if manifest == MANIFEST else "*"
        rows = self.connection.execute(
            f"select {columns} from read_parquet([{files}])"  # noqa: S608
            f" where {number} not in (select row_number from bm_lost)"
        ).to_arrow_reader(lake.ROW_GROUP_ROWS)
        count = lake.write_part(path, rows)
        return lake.parts_of(path if count else None, count, self.slices)

    def _columns(self, loss: Loss) -> str:
        blanks = []
        for name, _, values in self.subject.blanks(loss.contract):
            quoted = sql.name(name)
            named = f"{quoted} in ({sql.literals(values)})"
            blanks.append(f"case when {named} then null else {quoted} end as {quoted}")
        return f"* replace ({', '.join(blanks)})" if blanks else "*"

    def _objects(self, folder: str, manifest: str, to: Path) -> Sequence[Path]:
        key = f"{folder}/{manifest}"
        if key not in set(self.lake.keys(key)):
            return []
        entries = json.loads(self.lake.read(key))["entries"]
        names = [entry["url"].rpartition("/")[2] for entry in entries]
        return [self.lake.fetch(f"{folder}/{name}", to / f"old-{name}") for name in names]
